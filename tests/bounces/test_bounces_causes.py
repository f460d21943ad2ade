"""Every rule that can decide has a plain sentence and an advice, in both languages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import triage.bounces
from triage import resources
from triage.bounces.tables import table

FORMS = {f"{language}_{form}" for language in ("en", "de") for form in ("sentence", "advice")}


def slug(rule: str) -> str:
    """The key of a rule's words: [cause.<slug>] in data/words.toml."""
    return re.sub(r"[^a-z0-9]+", "_", rule.lower()).strip("_")


def rules_in_tables() -> set[str]:
    return {entry["name"] for strength in ("clear", "hint") for entry in table("phrases")[strength]}


def rules_in_code() -> set[str]:
    folder = Path(triage.bounces.__file__).parent
    source = "".join(path.read_text("utf-8") for path in folder.glob("*.py"))
    return set(re.findall(r'Reason\("([^"]+)"', source)) | {"status", "enhanced code"}


def causes() -> dict[str, dict[str, str]]:
    words: dict[str, dict[str, dict[str, str]]] = tomllib.loads(resources.data("words.toml").read_text("utf-8"))
    return words["cause"]


def test_every_rule_has_a_sentence_and_an_advice_in_both_languages() -> None:
    known = causes()
    for rule in rules_in_tables() | rules_in_code():
        assert set(known.get(slug(rule), {})) == FORMS, rule
        assert all(known[slug(rule)].values()), rule


def test_no_sentence_stands_for_a_rule_that_is_gone() -> None:
    assert set(causes()) <= {slug(rule) for rule in rules_in_tables() | rules_in_code()}


def test_each_rule_has_a_name_of_its_own_and_says_whose_words_it_knows() -> None:
    entries = [entry for strength in ("clear", "hint") for entry in table("phrases")[strength]]
    assert len({slug(entry["name"]) for entry in entries}) == len(entries)
    assert all(entry["origin"] for entry in entries)


def test_the_registry_of_codes_is_complete_and_every_failing_code_has_a_kind() -> None:
    codes = table("codes")
    registry = set(codes["registry"])
    for subject, last in {1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30}.items():
        assert {f"x.{subject}.{detail}" for detail in range(last + 1)} <= registry
    undecided = {"x.0.0"}
    for code in registry - undecided:
        whole = {code, "4" + code[1:], "5" + code[1:]}
        assert whole & (set(codes["status"]) | set(codes["vague"])), code
