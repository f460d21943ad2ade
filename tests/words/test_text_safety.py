"""Text from mail, on its way to eyes: terminal, letter, report, file."""

from __future__ import annotations

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage import text

anything = st.text(alphabet=st.characters(exclude_categories=()), max_size=300)
nasty = st.lists(
    st.sampled_from(
        [
            "\x1b]52;c;AAAA\x07",
            "\x9b31m",
            "\u202e",
            "\u200b",
            "\U000e0041",
            "\ud800",
            "\r\n",
            "a\u0301" * 9,
            "ü",
            "=1+1",
            "|",
            "x",
        ]
    ),
    max_size=20,
).map("".join)


@given(anything | nasty)
def test_a_line_commands_no_terminal_hides_nothing_and_turns_nothing(raw: str) -> None:
    shown = text.line(raw)
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for c in shown)
    assert len(shown.encode("utf-8")) >= len(shown)
    assert len(shown) <= text.CAP


@given(anything | nasty)
def test_a_block_is_safe_lines(raw: str) -> None:
    shown = text.block(raw)
    assert all(part == text.line(part) for part in shown.split("\n"))


@given(st.text(alphabet="abcäöüß@.ÄÖÜ€ łß–„“…ñçé 日本кир", max_size=80))
def test_ordinary_text_in_any_language_stays_as_it_is(raw: str) -> None:
    assert text.line(raw) == raw


@given(anything | nasty)
def test_no_run_of_combining_marks_climbs_over_other_lines(raw: str) -> None:
    run = 0
    for character in text.line(raw):
        run = run + 1 if unicodedata.combining(character) else 0
        assert run <= 3


def test_what_cannot_be_seen_in_an_address_is_spelled_out() -> None:
    assert text.address("p\u200bweber@x.example") == "p⟨U+200B⟩weber@x.example"
    assert text.address("p.weber@\u202eelpmaxe") == "p.weber@⟨U+202E⟩elpmaxe"
    assert text.address("a\xa0b@x.example") == "a⟨U+00A0⟩b@x.example"
    assert text.address("müller@straße.example") == "müller@straße.example"


@given(anything | nasty)
def test_an_address_for_eyes_is_one_safe_line(raw: str) -> None:
    shown = text.address(raw)
    assert shown == text.line(shown)
    assert len(shown) <= 320


@pytest.mark.parametrize("raw", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=cmd"])
def test_a_cell_is_never_a_formula(raw: str) -> None:
    written = io.StringIO()
    csv.writer(written).writerow([text.cell(raw)])
    [[read]] = csv.reader(io.StringIO(written.getvalue()))
    assert read.startswith("'") or read[0] not in "=+-@\t\r\n"
    assert not read.strip().startswith(("=", "+", "-", "@"))


def test_a_line_for_markdown_is_no_link_table_or_html() -> None:
    shown = text.markdown("[x](http://y) | <img src=z> `code` *bold*")
    for sign in "[]()|<>`*":
        assert f"\\{sign}" in shown
        assert shown.count(sign) == shown.count(f"\\{sign}")


@given(anything)
def test_a_valid_text_has_no_surrogates_and_is_its_own_valid_form(raw: str) -> None:
    shown = text.valid(raw)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert text.valid(shown) == shown


def test_a_text_too_long_is_cut_and_shown_as_cut() -> None:
    assert text.line("x" * 9_999, 10) == "xxxxxxxxx…"
    assert text.block("x\n" * 9_999, 11) == "x\nx\nx\nx\nx\nx…"
