"""Real reports, damaged at random: nothing raises, and all text that comes out may be stored."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from triage.bounces import kept, parse

MAILS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "mails").glob("*/*.eml"))]
SMALL = [raw for raw in MAILS if len(raw) < 4_000]
PIECES = [
    b"\n",
    b"\n\n",
    b"\r",
    b"\0",
    b"\xff",
    b"--B",
    b"=?",
    b";",
    b":",
    b"<",
    b"@",
    b'"',
    b"\xed\xa0\x80",
    b"Content-Type:",
]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    raw = draw(st.sampled_from(SMALL))
    for _ in range(draw(st.integers(1, 6))):
        begin = draw(st.integers(0, len(raw)))
        end = min(len(raw), begin + draw(st.integers(0, 40)))
        raw = raw[:begin] + draw(st.sampled_from(PIECES) | st.binary(max_size=8)) + raw[end:]
    return raw


def texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for item in value for text in texts(item)]
    if is_dataclass(value):
        return [text for field in fields(value) for text in texts(getattr(value, field.name))]
    return []


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_a_damaged_report_never_raises_and_gives_valid_text(raw: bytes) -> None:
    bounce = parse(raw)
    assert "unreadable" not in bounce.faults
    for text in texts(bounce):
        text.encode("utf-8")
    for failure in bounce.failures:
        assert failure.address.written
        assert failure.kind.is_bounce
    kept(raw)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    for text in texts(parse(raw)):
        text.encode("utf-8")
    kept(raw)
