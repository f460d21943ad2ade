"""Every text of the interface has its German, with the same fields, and no German is left over."""

from __future__ import annotations

import ast
import string
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from triage import lang, model, resources
from triage.linking import Doubt
from triage.model import Kind

ROOT = Path(__file__).parents[2] / "triage"


def texts() -> Iterator[tuple[str, str]]:
    """(where, text) of every literal handed to `_()`."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                first = node.args[0]
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                assert isinstance(first, ast.Constant), f"{where}: not a literal"
                yield where, str(first.value)


def german() -> dict[str, str]:
    table: dict[str, str] = {}
    for path in sorted(resources.data("lang", "de").glob("*.toml")):
        for key, value in tomllib.loads(path.read_text("utf-8")).items():
            assert table.get(key, value) == value, f"{path.name}: two translations of {key!r}"
            table[key] = value
    return table


def fields(text: str) -> set[str]:
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


def test_every_text_has_its_german_with_the_same_fields() -> None:
    table = german()
    missing = [f"{where}: {text!r}" for where, text in texts() if text not in table]
    assert not missing, "\n".join(missing)
    for text, translated in table.items():
        assert fields(text) == fields(translated), text


def test_no_german_is_left_over() -> None:
    used = {text for _where, text in texts()}
    assert not set(german()) - used


def test_every_word_of_an_enum_that_is_shown_has_both_languages() -> None:
    shown = (
        model.Kind,
        model.Section,
        model.Strength,
        model.Evidence,
        model.LetterState,
        model.Purpose,
        model.Refusal,
        model.AddressFault,
        Doubt,
    )
    for enum in shown:
        for member in enum:
            for language in lang.LANGUAGES:
                assert _has_label(member, language), f"{enum.__name__}.{member.name} in {language}"


def _has_label(member: StrEnum, language: str) -> bool:
    table = tomllib.loads(resources.data("words.toml").read_text("utf-8"))
    return bool(table[type(member).__name__.lower()].get(member.value, {}).get(language))


@pytest.mark.parametrize("language", lang.LANGUAGES)
def test_kinds_fit_their_column_and_have_a_sentence(language: str) -> None:
    labels = [lang.label(kind, into=language) for kind in Kind]
    assert all(len(label) <= 9 for label in labels), labels
    assert len(set(labels)) == len(labels)
    assert all(lang.label(kind, "sentence", into=language) for kind in Kind)


def test_values_are_never_parsed_as_fields() -> None:
    lang.use("en")
    assert lang._("{file} is gone", file="{0.__class__}") == "{0.__class__} is gone"


def test_a_moment_of_this_week_shows_its_weekday_and_an_older_one_its_date() -> None:
    from datetime import datetime, timedelta

    now = datetime(2026, 11, 23, 9, 0).astimezone()
    lang.use("de")
    try:
        assert lang.when(now.replace(hour=8, minute=12), now) == "Mo 08:12"
        assert lang.when(now - timedelta(days=7), now) == "16.11.26"
    finally:
        lang.use("en")
