"""Whatever a stranger sends takes little time and memory, and what was left out is named."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
import tracemalloc
from collections.abc import Iterator

import pytest

import triage.bounces
from triage.bounces import kept, parse
from triage.model import Bounce, Kind

DAEMON = b"From: MAILER-DAEMON@mx.test\nSubject: Undelivered Mail Returned to Sender\nTo: support@support.test\n"
MOST = 10_000_000
SECONDS = 3.0
"""A second on a calm machine; room for a busy one."""


def spent(raw: bytes) -> float:
    begin = time.process_time()
    parse(raw)
    kept(raw)
    return time.process_time() - begin


def of(unit: bytes, size: int = MOST) -> bytes:
    return unit * (size // len(unit))


def report(status: bytes) -> Bounce:
    return parse(DAEMON + b"Content-Type: message/delivery-status\n\n" + status)


def boxes(depth: int) -> bytes:
    mail = b"x\n"
    for number in range(depth):
        mail = b'Content-Type: multipart/mixed; boundary="-%d"\n\n---%d\n%s' % (number, number, mail)
    return DAEMON + mail


LARGE = {
    "semicolons in one header": b"Content-Type: " + of(b";") + b"\n" + DAEMON + b"\nx",
    "one folded header": b"X: " + of(b"a\n b") + b"\n" + DAEMON + b"\nx",
    "a million header fields": of(b"a: b\n") + DAEMON + b"\nx",
    "broken header lines": DAEMON + of(b"x;\ny;\n", 19_000) + b"\n\n" + of(b"x"),
    "a head that never ends": DAEMON + of(b"X-Y: z\n"),
    "lines that begin like a delimiter": DAEMON + b'Content-Type: multipart/mixed; boundary="-"\n\n' + of(b"---x\n"),
    "delimiters only": DAEMON + b'Content-Type: multipart/mixed; boundary="-"\n\n' + of(b"---\n"),
    "delimiters in nested parts": boxes(30) + of(b"---x\n"),
    "no boundary": DAEMON + b"Content-Type: multipart/mixed\n\n" + of(b"--abcdefgh\n"),
    "parts with many fields": DAEMON
    + b"Content-Type: multipart/mixed; boundary=B\n\n"
    + of(b"--B\n" + b"a:\n" * 30_000 + b"\n"),
    "100,000 recipients": DAEMON
    + b"Content-Type: message/delivery-status\n\n"
    + of(b"Final-Recipient: rfc822; somebody@b.example\nAction: failed\nStatus: 5.1.1\n\n"),
    "100,000 recipients in prose": DAEMON
    + b"\nYour message could not be delivered to the following recipients:\n\n"
    + of(b"<somebody@b.example>: user unknown\n\n"),
    "messages in base64": DAEMON
    + b"Content-Type: multipart/mixed; boundary=B\n\n"
    + of(
        b"--B\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        + b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY3ODkw\n" * 2_000
        + b"\n"
    ),
    "texts with wide letters": DAEMON
    + b"Content-Type: multipart/mixed; boundary=B\n\n"
    + of(b"--B\nContent-Type: text/plain\n\n" + "Grüße \U0001f600 hallo\n".encode() * 4_000 + b"\n"),
}


@pytest.mark.parametrize("what", LARGE)
def test_ten_megabytes_take_no_time(what: str) -> None:
    assert spent(LARGE[what]) < SECONDS


@pytest.mark.parametrize("what", LARGE)
def test_ten_megabytes_need_less_than_a_hundred_megabytes(what: str) -> None:
    raw = LARGE[what]
    parse(DAEMON)
    tracemalloc.start()
    try:
        parse(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 100_000_000


UNITS = [
    b"a", b"1", b".", b"@", b"a@b ", b"<", b"<a@b>\n", b'"a@', b"(", b"; ", b"=?utf-8?q?a?= ", b" \n", b"a:\n", b"> ",
    b">From: a\n> To: b\n", b"--B\n", b"RCPT TO:<a@b>\n", b"550-5.1.1 ", b"<!--", b"<a ", b"a-", b"x-a_", b"\\x{41}",
    b"SRS0=", b"user unknown ", b"delivery to ", b'{"', b"bis 1.", b"said: ", b"\xff", b"generated from ", b"[a]:",
]  # fmt: skip
PLACES = {
    "text": DAEMON + b"\n%b",
    "a list": DAEMON + b"\nYour message could not be delivered to one or more recipients:\n\n%b",
    "html": DAEMON + b"Content-Type: text/html\n\n%b",
    "subject": b"Subject: %b\n" + DAEMON + b"\nx",
    "the head": b"%b\n" + DAEMON + b"\nx",
    "address": b"To: %b\nX-Failed-Recipients: %b\nDate: %b\nMessage-ID: %b\n" + DAEMON + b"\nx",
    "type": b"Content-Type: multipart/report; boundary=%b\n" + DAEMON + b"\nx",
    "status": DAEMON + b"Content-Type: message/delivery-status\n\n%b",
    "recipient": DAEMON + b"Content-Type: message/delivery-status\n\nFinal-Recipient: %b\nRemote-MTA: %b\nStatus: %b\n",
    "diagnostic": DAEMON + b"Content-Type: message/delivery-status\n\nFinal-Recipient: a@b\nDiagnostic-Code: %b",
    "reply": b"From: a@b.example\nAuto-Submitted: auto-replied\nDate: Mon, 1 Jan 2024 10:00:00 +0100\n\n%b",
}


@pytest.mark.parametrize("place", PLACES)
def test_nothing_repeated_makes_any_place_slow(place: str) -> None:
    for unit in UNITS:
        bomb = of(unit, 200_000)
        assert spent(PLACES[place].replace(b"%b", bomb)) < SECONDS, unit


def patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    for module in pkgutil.iter_modules(triage.bounces.__path__):
        for name, value in vars(importlib.import_module(f"triage.bounces.{module.name}")).items():
            for number, one in enumerate(value if isinstance(value, (tuple, list)) else [value]):
                if isinstance(one, re.Pattern):
                    yield f"{module.name}.{name}.{number}", one


PATTERNS = dict(patterns())
PUMPS = [
    *UNITS,
    b"a-a",
    b"-_",
    b" a",
    b"a.",
    b"=a=",
    b"+0",
    b"a=b=",
    b"1.",
    b"12",
    b"\n ",
    b"\t",
    b"::",
    b"a b: ",
    b"--",
]


@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_explodes(name: str) -> None:
    """Twice the length may take four times as long, not for ever. Short ones first: to fail, not to hang."""
    pattern = PATTERNS[name]
    for length in (40, 2_000):
        for pump in PUMPS:
            bomb = of(pump, length)
            subject = bomb if isinstance(pattern.pattern, bytes) else bomb.decode("latin-1")
            begin = time.process_time()
            pattern.search(subject)  # type: ignore[arg-type]
            pattern.match(subject)  # type: ignore[arg-type]
            assert time.process_time() - begin < 0.5, pump


def test_more_recipients_than_are_read_are_named_as_a_fault() -> None:
    block = b"Final-Recipient: rfc822; a%d@x.test\nAction: failed\nStatus: 5.1.1\n\n"
    bounce = report(b"".join(block % number for number in range(501)))
    assert len(bounce.failures) == 500
    assert bounce.faults == ("too many recipients",)
    assert report(b"".join(block % number for number in range(500))).faults == ()


def test_recipients_that_were_reached_take_no_room_from_those_that_failed() -> None:
    reached = b"".join(b"Final-Recipient: rfc822; a%d@x.test\nAction: delivered\n\n" % number for number in range(600))
    bounce = report(reached + b"Final-Recipient: rfc822; b@x.test\nAction: failed\nStatus: 5.1.1\n")
    assert [failure.address.written for failure in bounce.failures] == ["b@x.test"]
    assert bounce.faults == ()


def test_a_head_with_too_many_fields_says_so() -> None:
    assert parse(of(b"a: b\n", 6_000) + DAEMON + b"\nx").faults == ("long header",)


def test_a_report_beyond_what_is_read_says_so() -> None:
    bounce = report(b"Final-Recipient: rfc822; a@x.test\nAction: failed\nStatus: 5.1.1\n" + of(b"X-Pad: x\n", 300_000))
    assert bounce.kind is Kind.WRONG_MAILBOX
    assert bounce.faults == ("cut",)
