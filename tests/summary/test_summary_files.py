"""The week's files, as they come out: tests/summary/*.md and the tables below."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage import lang
from triage.model import Kind, WeekNumbers
from triage.summary import as_json, csv_text, markdown

HERE = Path(__file__).parent
MONDAY = date(2026, 11, 16)
WEEK = WeekNumbers(
    first=MONDAY,
    last=MONDAY + timedelta(days=6),
    messages=20,
    bounces=15,
    strays=5,
    new_cases=4,
    notices=(3, 2, 1),
    closed=2,
    open_now=7,
    blocked_now=1,
    by_kind=((Kind.WRONG_MAILBOX, 9), (Kind.MAILBOX_FULL, 6)),
    by_day=tuple((MONDAY + timedelta(days=n), count) for n, count in enumerate((4, 0, 8, 1, 2, 0, 0))),
    by_domain=(("bau-huber.example", 14), ("=cmd|x.example", 1)),
    by_author=(("Eva Lang", 14), ("[x](http://evil.example)", 1)),
    days_to_fix=3.5,
    letters=((MONDAY, "p.weber@firma,example", "lang@plan.example", 1),),
    blocked=("in\u200bvisible@firma.example",),
)
EMPTY = WeekNumbers(first=MONDAY, last=MONDAY)


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_week_in_markdown_reads_as_it_was_approved(language: str) -> None:
    assert markdown(WEEK, language) == (HERE / f"{language}_week.md").read_text("utf-8")


def test_days_that_are_no_calendar_week_are_named_by_their_dates() -> None:
    assert markdown(EMPTY, "en").startswith("# Bounces from 2026-11-16 to 2026-11-16\n\n| Figure | Number |")
    shifted = replace(WEEK, first=WEEK.first + timedelta(days=1), last=WEEK.last + timedelta(days=1))
    assert markdown(shifted, "de").startswith("# Rückläufer vom 2026-11-17 bis 2026-11-23\n")


def test_the_week_of_the_turn_of_the_year_belongs_to_the_year_of_its_thursday() -> None:
    turn = replace(EMPTY, first=date(2026, 12, 28), last=date(2027, 1, 3))
    assert "2026-W53" in markdown(turn, "en")


def test_a_quiet_week_has_totals_and_nothing_else() -> None:
    report = markdown(replace(EMPTY, by_day=((MONDAY, 0),)), "en")
    assert "##" not in report
    assert "| Bounces | 0 |" in report


def test_a_single_bounce_still_shows_a_bar() -> None:
    days = ((MONDAY, 1000), (MONDAY + timedelta(days=1), 1))
    assert "| 2026-11-17 | 1 | █ |" in markdown(replace(EMPTY, by_day=days), "en")


def test_the_week_as_csv_is_made_for_a_german_spreadsheet() -> None:
    assert csv_text(WEEK, "de").split("\r\n") == [
        "\ufeffBereich;Tag;Name;An;Wert",
        "Summe;;Erster Tag;;2026-11-16",
        "Summe;;Letzter Tag;;2026-11-22",
        "Summe;;Nachrichten;;20",
        "Summe;;Rückläufer;;15",
        "Summe;;Andere Nachrichten;;5",
        "Summe;;Neue Fälle;;4",
        "Summe;;Erste Hinweise;;3",
        "Summe;;Zweite Hinweise;;2",
        "Summe;;Dritte Hinweise;;1",
        "Summe;;Erledigte Fälle;;2",
        "Summe;;Tage bis zur Berichtigung;;3,5",
        "Summe;;Derzeit offen;;7",
        "Summe;;Derzeit gesperrt;;1",
        "Tag;2026-11-16;Rückläufer;;4",
        "Tag;2026-11-17;Rückläufer;;0",
        "Tag;2026-11-18;Rückläufer;;8",
        "Tag;2026-11-19;Rückläufer;;1",
        "Tag;2026-11-20;Rückläufer;;2",
        "Tag;2026-11-21;Rückläufer;;0",
        "Tag;2026-11-22;Rückläufer;;0",
        "Ursache;;Dieses Postfach gibt es bei der Domain nicht;;9",
        "Ursache;;Das Postfach ist voll;;6",
        "Domain;;bau-huber.example;;14",
        "Domain;;'=cmd|x.example;;1",
        "Autor;;Eva Lang;;14",
        "Autor;;[x](http://evil.example);;1",
        "Hinweis;2026-11-16;p.weber@firma,example;lang@plan.example;1",
        "Gesperrt;;in⟨U+200B⟩visible@firma.example;;",
        "",
    ]


def test_the_week_as_csv_is_made_for_an_english_spreadsheet() -> None:
    lines = csv_text(WEEK, "en").split("\r\n")
    assert lines[0] == "\ufeffSection,Day,Name,To,Value"
    assert "Total,,Days until corrected,,3.5" in lines
    assert 'Notice,2026-11-16,"p.weber@firma,example",lang@plan.example,1' in lines


def test_the_files_language_is_not_that_of_the_interface() -> None:
    lang.use("en")
    in_english = markdown(WEEK, "de"), csv_text(WEEK, "de")
    lang.use("de")
    assert (markdown(WEEK, "de"), csv_text(WEEK, "de")) == in_english
    lang.use("en")


def test_the_week_as_json_has_the_models_names_and_values() -> None:
    week = as_json(WEEK)
    assert json.loads(json.dumps(week)) == week
    assert (week["week"], week["first"], week["last"]) == ("2026-W47", "2026-11-16", "2026-11-22")
    assert week["notices"] == [3, 2, 1]
    assert week["by_kind"] == {"wrong_mailbox": 9, "mailbox_full": 6}
    assert week["by_day"]["2026-11-18"] == 8
    assert week["letters"] == [
        {"day": "2026-11-16", "address": "p.weber@firma,example", "to": "lang@plan.example", "number": 1}
    ]
    assert as_json(EMPTY)["week"] is None


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=40))
def test_foreign_text_is_no_markup_formula_or_control_character(foreign: str) -> None:
    week = replace(EMPTY, by_domain=((foreign, 1),), blocked=(foreign,))
    report = markdown(week, "en")
    assert report.count("\n") == markdown(replace(week, by_domain=(("x", 1),), blocked=("x",)), "en").count("\n")
    assert all(character.isprintable() or character == "\n" for character in report)
    rows = list(csv.reader(io.StringIO(csv_text(week, "en").removeprefix("\ufeff"), newline="")))
    assert all(len(row) == 5 for row in rows)
    assert not any(value[:1] in ("=", "+", "-", "@", "\t", "\r") for row in rows for value in row if value)
