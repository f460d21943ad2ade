"""Mails that make naive parsers raise, stall or lie: what comes out of them here."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from triage.bounces import kept, parse
from triage.model import Bounce, Kind

MAILS = Path(__file__).parents[1] / "mails" / "hostile"
DAEMON = b"From: MAILER-DAEMON@mx.test\nSubject: Undelivered Mail Returned to Sender\nTo: support@support.test\n"


def understood(name: str) -> Bounce:
    return parse((MAILS / f"{name}.eml").read_bytes())


def written(bounce: Bounce) -> list[str]:
    return [failure.address.written for failure in bounce.failures]


REPORTS: dict[str, list[str]] = {
    "13-multipart-no-closing": ["user@x.test"],
    "61-report-type-2231": ["user@x.test"],
    "67-dsn-base64": ["user@x.test"],
    "68-dsn-global-eai": ["jürgen@x.test"],
    "71-dsn-no-type": ["user@x.test"],
    "76-dsn-forged-no-token": ["user@x.test"],
    "78-dsn-two-final-recipients": ["a@x.test", "b@x.test"],
    "79-dsn-recipient-header-injection": ["victim@x.test"],
    "80-dsn-recipient-formula": ["=cmd|'/C_calc'!A0@x.test"],
    "81-dsn-nfd-address": ["ju\u0308rgen@x.test"],
    "83-dsn-zero-width-address": ["us\u200ber@x.test"],
    "84-dsn-diag-1MB-line": ["user@x.test"],
    "flufl-crash-4-AttributeError-dsn": ["user@x.test"],
}
OTHERS = {
    "01-empty": Kind.NOT_BOUNCE,
    "03-headers-without-end": Kind.NOT_BOUNCE,
    "07-empty-from": Kind.NOT_BOUNCE,  # a subject alone makes no bounce
    "40-ew-in-address": Kind.NOT_BOUNCE,
    "41-from-two-addresses-CVE-2023-27043": Kind.NOT_BOUNCE,
    "86-mdn-not-bounce": Kind.RECEIPT,
    "87-arf-complaint": Kind.FEEDBACK,
    "88-vacation-mentions-550": Kind.AUTO_REPLY,
    "106-loop-own-notice": Kind.AUTO_REPLY,
    "flufl-crash-3-UnicodeError-qmail": Kind.SPAM_OR_POLICY,
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_damaged_report_still_names_whom_it_concerns(name: str) -> None:
    bounce = understood(name)
    assert written(bounce) == REPORTS[name]
    assert bounce.kind is Kind.WRONG_MAILBOX


@pytest.mark.parametrize("name", sorted(path.stem for path in MAILS.glob("*.eml")))
def test_a_hostile_mail_gets_a_kind_and_no_recipient_it_does_not_name(name: str) -> None:
    bounce = understood(name)
    if name in REPORTS:
        return
    assert bounce.kind is OTHERS.get(name, Kind.UNCLEAR)
    assert written(bounce) == (["spam-1@peer.test"] if name.startswith("flufl-crash-3") else [])
    assert "unreadable" not in bounce.faults


def test_both_recipients_of_one_block_share_its_fields() -> None:
    assert [failure.status for failure in understood("78-dsn-two-final-recipients").failures] == ["5.1.1", "5.1.1"]


def test_an_address_that_looks_like_a_formula_is_kept_as_text() -> None:
    (failure,) = understood("80-dsn-recipient-formula").failures
    assert failure.diagnostic == '=HYPERLINK("http://evil.test","x")'


def test_a_decomposed_umlaut_has_the_key_of_the_composed_one() -> None:
    (failure,) = understood("81-dsn-nfd-address").failures
    assert failure.address.key == "jürgen@x.test"


def test_a_folded_header_line_inside_an_address_is_no_part_of_it() -> None:
    (failure,) = understood("79-dsn-recipient-header-injection").failures
    assert "evil" not in failure.address.written


def test_a_diagnostic_of_a_megabyte_is_cut() -> None:
    (failure,) = understood("84-dsn-diag-1MB-line").failures
    assert len(failure.diagnostic) <= 4_000


def test_nesting_beyond_reason_is_named() -> None:
    assert understood("16-nested-multipart-600").faults == ("too deep",)


@pytest.mark.parametrize("name", ["09-subject-raw-8bit", "38-ew-bad-bytes", "39-ew-crlf-injection", "98-bidi-override"])
def test_a_subject_is_one_line_of_valid_text(name: str) -> None:
    subject = understood(name).subject
    assert subject
    subject.encode("utf-8")
    assert name.startswith("39") or "\n" not in subject


@pytest.mark.parametrize("name", ["43-date-garbage", "45-date-tz-9999", "46-date-missing", "47-date-empty"])
def test_a_date_that_is_none_is_none(name: str) -> None:
    assert understood(name).date is None


def test_one_report_names_at_most_five_hundred_recipients() -> None:
    block = b"Final-Recipient: rfc822; a%d@x.test\nAction: failed\n\n"
    blocks = b"".join(block % number for number in range(900))
    bounce = parse(DAEMON + b"Content-Type: message/delivery-status\n\n" + blocks)
    assert len(bounce.failures) == 500


@pytest.mark.parametrize("unit", [b"a@", b"\n", b"<style>", b"<a@b>\n", b"RCPT TO:<a@b>\n", b"--B\n", b"=?", b"550 "])
@pytest.mark.parametrize("head", [b"", b"Content-Type: text/html\n", b"Content-Transfer-Encoding: base64\n"])
def test_ten_megabytes_of_one_thing_take_no_time(unit: bytes, head: bytes) -> None:
    raw = DAEMON + head + b"\n" + unit * (10_000_000 // len(unit))
    begin = time.process_time()
    bounce = parse(raw)
    kept(raw)
    assert time.process_time() - begin < 4  # well below a second each; room for a busy machine
    assert len(bounce.failures) <= 1


def test_a_mail_beyond_ten_megabytes_is_cut_and_says_so() -> None:
    assert "cut" in parse(DAEMON + b"\n" + b"x\n" * 5_100_000).faults
