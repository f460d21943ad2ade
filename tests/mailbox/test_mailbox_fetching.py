"""Answers to FETCH are read quickly where they look as they should, and by imapclient where they do not: alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from imapclient.exceptions import ProtocolError
from imapclient.response_parser import parse_fetch_response

from triage.login import fetching

SIZES = b'1 (UID 7 RFC822.SIZE 2850 INTERNALDATE "23-Nov-2026 08:00:00 +0100")'
CONTENT = b"Subject: a) b {3}\r\n\r\n"
WHOLE = (b"1 (UID 7 BODY[] {%d}" % len(CONTENT), CONTENT)

_NUMBERS = st.sampled_from([b"0", b"1", b"7", b"42", b"007", b"4294967295", b"-1", b"x", b"NIL"])
_MOMENTS = st.sampled_from(
    [
        b'"23-Nov-2026 08:00:00 +0100"', b'" 3-Nov-2026 08:00:00 -0530"', b'"31-Feb-2026 08:00:00 +0000"',
        b'"23-nov-2026 08:00:00 +0100"', b'"23-Nov-2026 25:00:00 +0000"', b'"23-Xyz-2026 08:00:00 +0100"', b'""',
        b"NIL", b'"yesterday"', b'"23-Nov-2026"',
    ]
)  # fmt: skip
_ITEMS = st.one_of(
    st.builds(b"UID %b".__mod__, _NUMBERS),
    st.builds(b"RFC822.SIZE %b".__mod__, _NUMBERS),
    st.builds(b"INTERNALDATE %b".__mod__, _MOMENTS),
    st.sampled_from([b"FLAGS (\\Seen)", b"uid 3", b"MODSEQ (12)", b"", b"BODY[] NIL", b'BODY[] ""', b")", b"("]),
)
_LISTS = st.lists(_ITEMS, max_size=4).map(b" ".join)
_LINES = st.builds(lambda items: b"1 (%b)" % items, _LISTS)
_LITERALS = st.binary(max_size=6)


@st.composite
def _with_literal(draw: st.DrawFn) -> list[Any]:
    before, after, literal = draw(_LISTS), draw(_LISTS), draw(_LITERALS)
    size = len(literal) + draw(st.sampled_from([0, 0, 0, 1, -1]))
    section = draw(st.sampled_from([b"BODY[]", b"BODY[]<0>", b"BODY[HEADER.FIELDS (FROM)]", b"body[]", b"X"]))
    head = b"1 (" + b" ".join(part for part in (before, section) if part) + b" {%d}" % size
    return [(head, literal), (b" " + after if after else b"") + b")"]


_ANSWERS = st.lists(st.one_of(_LINES.map(lambda line: [line]), _with_literal()), max_size=4).map(
    lambda pieces: [part for piece in pieces for part in piece]
)


def outcome(read: Any, pieces: list[Any]) -> Any:
    try:
        return {uid: {k: v for k, v in items.items() if k != b"SEQ"} for uid, items in read(pieces).items()}
    except (ProtocolError, ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError) as error:
        return type(error)


@given(_ANSWERS)
def test_every_answer_is_read_as_imapclient_reads_it(pieces: list[Any]) -> None:
    theirs = outcome(lambda answer: parse_fetch_response(answer, normalise_times=False), list(pieces))
    assert outcome(fetching.told, list(pieces)) == theirs


@pytest.mark.parametrize(
    "pieces", [[SIZES], [WHOLE, b")"], [(b"1 (BODY[] {1}", b"x"), b" UID 7)"], [SIZES, WHOLE, b")"]]
)
def test_what_servers_write_nearly_always_does_without_imapclient(
    pieces: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imapclient.response_parser.parse_fetch_response", None)
    [(uid, told)] = fetching.told(pieces).items()
    assert uid == 7
    assert set(told) <= {b"RFC822.SIZE", b"INTERNALDATE", b"BODY[]"}


@pytest.mark.parametrize(
    "pieces",
    [
        [(b"1 (UID 7 BODY[] {99}", CONTENT), b")"],
        [(b"1 (UID 7 BODY[] {1}", CONTENT), b")"],
        [WHOLE],
        [WHOLE, b""],
    ],
)
def test_a_literal_of_another_length_than_announced_or_without_an_end_is_refused(pieces: list[Any]) -> None:
    with pytest.raises(ProtocolError):
        fetching.told(pieces)


def test_a_time_is_told_with_its_zone() -> None:
    told = fetching.moment(b"23-Nov-2026 08:00:00 +0100")
    assert told == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert fetching.moment(b" 3-Nov-2026 08:00:00 -0530") == datetime(2026, 11, 3, 13, 30, tzinfo=UTC)
    assert fetching.moment(b"23-Nov-2026 08:00:00 +9900") is None
