"""Phrases are found as if each were looked for in turn, however many there are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from triage.bounces.kinds import tables
from triage.bounces.tables import MOST_GRAMS, Phrases, comparable

PIECE = st.text(alphabet="ab ü退.", min_size=1, max_size=7)
PHRASE = st.lists(PIECE, min_size=1, max_size=3).map(tuple)


def in_turn(phrases: list[tuple[str, ...]], text: str) -> list[tuple[int, str]]:
    found = []
    for number, pieces in enumerate(phrases):
        at, first = 0, -1
        for piece in pieces:
            at = text.find(piece, at)
            if at < 0:
                break
            first = at if first < 0 else first
            at += len(piece)
        else:
            found.append((number, text[first : min(at, first + 200)]))
    return found


@given(st.lists(PHRASE, min_size=40, max_size=80) | st.lists(PHRASE, max_size=4), st.text("ab ü退.", max_size=60))
def test_a_filed_phrase_is_found_like_one_that_is_looked_for(phrases: list[tuple[str, ...]], text: str) -> None:
    expected = in_turn(phrases, text)
    assert list(Phrases(phrases).all_in(text)) == expected
    assert [words for _, words in Phrases(phrases).narrowed(text).all_in(text)] == [words for _, words in expected]


def test_every_phrase_of_the_tables_is_found_in_itself() -> None:
    for rules in (tables().clear, tables().hints):
        for rule in rules:
            for pieces in rule.words.phrases:
                assert rule.words.found_in(" - ".join(pieces)), (rule.name, pieces)


def test_a_text_of_any_length_is_asked() -> None:
    many = Phrases([(f"phrase {number}",) for number in range(100)])
    for length in (10, MOST_GRAMS + 10):
        assert many.found_in(" " * length + "phrase 77") == "phrase 7"


@given(st.text(max_size=200))
def test_comparable_text_has_single_spaces(text: str) -> None:
    plain = comparable(text)
    assert "  " not in plain
    assert plain == plain.strip()
