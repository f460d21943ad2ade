"""Real reports of Postfix 3.7 and Exim 4.96: whom, why, and which of our mails."""

from __future__ import annotations

from pathlib import Path

import pytest

from triage.bounces import parse
from triage.model import Kind

MAILS = Path(__file__).parents[1] / "mails" / "real"

# file: (kind, recipients as the sender wrote them, status of the first)
EXPECTED: dict[str, tuple[str, list[str], str]] = {
    "exim-defer450": ("delayed", ["defer-1@peer.test"], "4.0.0"),
    "exim-defer450.2": ("delayed", ["defer-1@peer.test"], "4.0.0"),
    "exim-defer450.3": ("delayed", ["defer-1@peer.test"], "4.0.0"),
    "exim-full552": ("mailbox_full", ["full-1@peer.test"], "5.0.0"),
    "exim-localunknown": ("wrong_mailbox", ["nobody-here@local.test"], "5.0.0"),
    "exim-moved551": ("wrong_mailbox", ["gone-1@peer.test"], "5.0.0"),
    "exim-multi": ("wrong_mailbox", ["unknown-2@peer.test", "full-2@peer.test"], "5.0.0"),
    "exim-nocode550": ("wrong_mailbox", ["nocode-1@peer.test"], "5.0.0"),
    "exim-nodomain": ("wrong_domain", ["someone@nonexistent-domain.invalid"], "5.0.0"),
    "exim-spam554": ("spam_or_policy", ["spam-1@peer.test"], "5.0.0"),
    "exim-unknown550": ("wrong_mailbox", ["unknown-1@peer.test"], "5.0.0"),
    "postfix-defer450": ("delayed", ["defer-1@peer.test"], "4.2.1"),
    "postfix-defer450.2": ("mailbox_disabled", ["defer-1@peer.test"], "4.2.1"),
    "postfix-eai": ("wrong_mailbox", ["unknown-jürgen@peer.test"], "5.1.1"),
    "postfix-full552": ("mailbox_full", ["full-1@peer.test"], "5.2.2"),
    "postfix-localunknown": ("wrong_mailbox", ["nobody-here@local.test"], "5.1.1"),
    "postfix-moved551": ("wrong_mailbox", ["gone-1@peer.test"], "5.0.0"),
    "postfix-multi": ("wrong_mailbox", ["full-2@peer.test", "unknown-2@peer.test"], "5.2.2"),
    "postfix-nocode550": ("wrong_mailbox", ["nocode-1@peer.test"], "5.0.0"),
    "postfix-nodomain": ("wrong_domain", ["someone@nonexistent-domain.invalid"], "5.4.4"),
    "postfix-refused": ("delayed", ["x@closed.test"], "4.4.1"),
    "postfix-refused.2": ("delivery_problem", ["x@closed.test"], "4.4.1"),
    "postfix-rethdrs": ("wrong_mailbox", ["original+addr@peer.test"], "5.1.1"),
    "postfix-spam554": ("spam_or_policy", ["spam-1@peer.test"], "5.7.1"),
    "postfix-success": ("delivered", [], ""),
    "postfix-toobig": ("too_large", ["x@small.test"], "5.3.4"),
    "postfix-unknown550": ("wrong_mailbox", ["unknown-1@peer.test"], "5.1.1"),
}


def test_every_real_report_is_expected() -> None:
    assert {path.stem for path in MAILS.glob("*.eml")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_report_tells_whom_and_why(name: str) -> None:
    kind, recipients, status = EXPECTED[name]
    bounce = parse((MAILS / f"{name}.eml").read_bytes())
    assert bounce.kind == Kind(kind)
    assert [failure.address.written for failure in bounce.failures] == recipients
    assert [failure.status for failure in bounce.failures[:1]] == [status][: len(recipients)]
    assert bounce.reason.rule
    assert bounce.faults == ()


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_report_names_our_mail(name: str) -> None:
    bounce = parse((MAILS / f"{name}.eml").read_bytes())
    what = name.removeprefix("postfix-").partition(".")[0]
    assert bounce.original_message_id.startswith((f"<{name.partition('.')[0]}.", f"<extra-{what}@"))
    assert bounce.original_message_id.endswith("@app.support.test>")
    assert bounce.returned is not None
    assert bounce.returned.message_id == bounce.original_message_id
    assert "support@support.test" in bounce.returned.from_
    assert bounce.returned.date is not None
    assert bounce.returned.date.tzinfo is not None


def test_several_recipients_of_one_report_fail_each_for_its_own_reason() -> None:
    bounce = parse((MAILS / "postfix-multi.eml").read_bytes())
    assert [failure.kind for failure in bounce.failures] == [Kind.MAILBOX_FULL, Kind.WRONG_MAILBOX]
    assert bounce.kind is Kind.WRONG_MAILBOX
    assert [failure.reply for failure in bounce.failures] == ["552", "550"]


def test_the_original_recipient_is_told_before_the_final_one() -> None:
    (failure,) = parse((MAILS / "postfix-rethdrs.eml").read_bytes()).failures
    assert failure.address.written == "original+addr@peer.test"
    assert failure.final_recipient == "unknown-3@peer.test"


def test_the_head_of_a_report_is_read() -> None:
    bounce = parse((MAILS / "postfix-unknown550.eml").read_bytes())
    assert bounce.sender == "Mail Delivery System <MAILER-DAEMON@mx.postfix.test>"
    assert bounce.to == ("support@support.test",)
    assert bounce.subject == "Undelivered Mail Returned to Sender"
    assert bounce.reporting_mta == "mx.postfix.test"
    assert bounce.date is not None
    assert bounce.date.isoformat() == "2026-11-23T03:07:48+00:00"
    assert bounce.returned is not None
    assert "Grüße" in bounce.returned.text
    assert ("to", "unknown-1@peer.test") in bounce.returned.headers
