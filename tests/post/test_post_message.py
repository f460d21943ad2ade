"""A letter as a mail: what stands in it, and that nothing in it can break out."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage import post
from triage.claims import format_claims, parse_claims
from triage.config import Sender
from triage.errors import OutletError
from triage.mailbox.letters import found_letter
from triage.model import Letter, LetterItem, LetterState, Purpose
from triage.post.outlet import octets

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SENDER = Sender(name="Björn Support, IPROT")
FROM = "support@iprot.example"


def item(key: str, number: int = 1) -> LetterItem:
    return LetterItem(case=1, key=key, written=key, number=number)


def letter(**changes: object) -> Letter:
    usual: dict[str, object] = {
        "id": 1,
        "purpose": Purpose.CORRECTION,
        "state": LetterState.CLAIMED,
        "to": "i.lang@planung.example",
        "to_name": "Ina Lang",
        "subject": "Rückläufer: p.weber@planung.example",
        "body": "Guten Tag,\n\n.ein Punkt am Anfang – und ein „Gedankenstrich“.\nFrom hier\n",
        "language": "de",
        "items": (item("p.weber@planung.example"), item("max@bau.example", 2)),
        "reference": "T-7K3Q",
        "message_id": "<T-7K3Q.4f1c2@iprot.example>",
    }
    return Letter(**(usual | changes))  # type: ignore[arg-type]


def mail(**changes: object) -> EmailMessage:
    return post.message(letter(**changes), SENDER, FROM, NOW)


def test_a_letter_carries_its_marks_and_its_text() -> None:
    wire = octets(mail())
    assert wire.isascii()
    read = email.message_from_bytes(wire, policy=email.policy.default)
    assert read["From"] == '"Björn Support, IPROT" <support@iprot.example>'
    assert read["To"] == "Ina Lang <i.lang@planung.example>"
    assert read["Subject"] == "Rückläufer: p.weber@planung.example"
    assert read["Date"] == "Mon, 23 Nov 2026 08:00:00 +0000"
    assert read["Message-ID"] == "<T-7K3Q.4f1c2@iprot.example>"
    assert read["X-Triage-Ref"] == "T-7K3Q"
    assert read["X-Triage-Claims"] == "1 p.weber%40planung.example, 2 max%40bau.example"
    assert read["Auto-Submitted"] is None
    assert read["Content-Type"] == 'text/plain; charset="utf-8"'
    assert read.get_content() == letter().body.replace("\n", "\r\n")


def test_a_letter_that_is_no_notice_claims_nothing() -> None:
    read = mail(purpose=Purpose.POSTMASTER, items=(item("p.weber@planung.example", 0),))
    assert read["X-Triage-Claims"] is None
    assert read["X-Triage-Ref"] == "T-7K3Q"


def test_a_domain_beyond_ascii_is_written_in_idna_and_the_local_part_as_it_was() -> None:
    assert mail(to="P.Weber@Straße.example")["To"].addresses[0].addr_spec == "P.Weber@xn--strae-oqa.example"


def test_a_local_part_beyond_ascii_stays_readable_to_servers_that_know_it() -> None:
    assert "To: Ina Lang <jürgen@planung.example>" in octets(mail(to="jürgen@planung.example")).decode()


@pytest.mark.parametrize(
    "hostile",
    ["x\r\nBcc: all@firma.example", "x\nBcc: all@firma.example", "x\rBcc: y", "x\0\x1b]0;y\x07", "x\u2028Bcc: y"],
)
def test_no_name_and_no_subject_can_become_a_header(hostile: str) -> None:
    read = email.message_from_bytes(octets(mail(to_name=hostile, subject=hostile)))
    assert read["Bcc"] is None
    assert len(read.keys()) == 10
    assert "\x1b" not in str(read)


@pytest.mark.parametrize("field", ["message_id", "reference"])
def test_a_line_end_in_a_mark_is_refused(field: str) -> None:
    with pytest.raises(OutletError, match="cannot be written"):
        mail(**{field: "<x@y>\r\nBcc: all@firma.example"})


@pytest.mark.parametrize(
    "to", ["p.weber@firma,de", "bau huber.example", "", "a..b@x.example", 'a"\r\nBcc: x"@y.example']
)
def test_nothing_is_written_to_an_address_that_is_none(to: str) -> None:
    with pytest.raises(OutletError, match="no address that mail can go to"):
        mail(to=to)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=400), st.text(max_size=30))
def test_any_text_makes_a_mail_or_an_outlet_error(name: str, subject: str, body: str, reference: str) -> None:
    try:
        wire = octets(mail(to_name=name, subject=subject, body=body, reference=reference))
    except OutletError:
        return
    head, _empty, _body = wire.partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in wire.split(b"\r\n"))
    assert b"\r" not in wire.replace(b"\r\n", b"")
    assert head.count(b"\r\nFrom: ") + head.startswith(b"From: ") == 1


@given(st.lists(st.tuples(st.text(min_size=1, max_size=400), st.integers(1, 3)), max_size=6))
def test_claims_come_back_from_the_header_as_they_went_in(claims: list[tuple[str, int]]) -> None:
    claims = [(key.encode("utf-8", "replace").decode(), number) for key, number in claims]
    items = tuple(item(key, number) for key, number in claims)
    assert parse_claims(format_claims(items)) == tuple(claims)
    read = found_letter(octets(mail(items=items)), in_sent=True)
    assert read is not None
    assert read.claims == tuple(claims)


@given(st.text(max_size=200) | st.from_regex(r"[0-9 ,%a-f@]{0,80}"))
def test_a_hostile_header_claims_nothing_impossible(header: str) -> None:
    claims = parse_claims(header)
    assert all(1 <= number <= 3 and key for key, number in claims)
