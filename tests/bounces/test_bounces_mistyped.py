"""Addresses as people mistype them: kept as written, with the fault named; the comma is the very mistake."""

from __future__ import annotations

from triage.bounces import parse
from triage.model import AddressFault, Bounce, Kind


def exim(text: str, head: str = "") -> Bounce:
    return parse(
        (
            "From: Mail Delivery System <Mailer-Daemon@mx1.planwerk.example>\nTo: protokolle@planwerk.example\n"
            f"Subject: Mail failure - malformed recipient address\n{head}\n{text}"
        ).encode()
    )


def test_a_comma_in_the_domain_is_a_wrong_domain() -> None:
    [failure] = exim(
        "A message that you sent contained a recipient address that was incorrectly\nconstructed:\n\n"
        "  info@holzbau-egger,example: malformed address: ,example may not follow info@holzbau-egger\n"
    ).failures
    assert (failure.address.written, failure.kind) == ("info@holzbau-egger,example", Kind.WRONG_DOMAIN)
    assert failure.address.fault is AddressFault.BAD_DOMAIN


def test_a_comma_in_the_header_that_names_failed_recipients_parts_only_addresses() -> None:
    bounce = exim(
        "The following address(es) failed:\n\n  bau@huber.example\n    Unrouteable address\n",
        "X-Failed-Recipients: info@egger,example, bau@huber.example\n",
    )
    assert [failure.address.written for failure in bounce.failures] == ["info@egger,example", "bau@huber.example"]


def test_a_mailbox_that_microsoft_refuses_at_its_edge_does_not_exist() -> None:
    bounce = parse(
        b"From: MAILER-DAEMON@mx1.planwerk.example\nSubject: Undelivered Mail Returned to Sender\n\n"
        b"<s.adler@adler-bau.example>: host adlerbau.mail.protection.outlook.com[192.0.2.200] said:\n"
        b"    550 5.4.1 Recipient address rejected: Access denied. (in reply to RCPT TO command)\n"
    )
    assert bounce.kind is Kind.WRONG_MAILBOX
