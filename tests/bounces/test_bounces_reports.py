"""Delivery reports for machines, RFC 3464 and RFC 6533, as they are meant and as they come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.bounces import parse, returned
from triage.bounces.addresses import typed_address, unwrapped
from triage.bounces.reports import read
from triage.model import AddressFault, Bounce, Kind


def report(status: str, *, prose: str = "Sorry.", kind: str = "message/delivery-status", extra: str = "") -> Bounce:
    text = (
        "From: MAILER-DAEMON@mx.example\nTo: support@iprot.example\nSubject: Undelivered Mail Returned to Sender\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n--B\n'
        f"Content-Type: text/plain; charset=utf-8\n\n{prose}\n\n--B\nContent-Type: {kind}\n\n{status}\n{extra}--B--\n"
    )
    return parse(text.encode())


def written(bounce: Bounce) -> list[str]:
    return [failure.address.written for failure in bounce.failures]


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("rfc822; a@b.example", "a@b.example"),
        ("RFC822;<a@b.example>", "a@b.example"),
        ("rfc822; smtp:a@b.example", "a@b.example"),
        ("a@b.example", "a@b.example"),
        ("utf-8; jürgen@b.example", "jürgen@b.example"),
        (r"utf-8; j\x{FC}rgen@b.example", "jürgen@b.example"),
        ("rfc822; a@b.example (Anna)", "a@b.example"),
        ('rfc822; "Anna Klein" <a@b.example>', "a@b.example"),
        ("rfc822; p.weber@firma,de", "p.weber@firma,de"),
        ("rfc822; p weber@firma.example", "p weber@firma.example"),
        ('rfc822;"p.weber@firma,de"', "p.weber@firma,de"),
        ("rfc822; SRS0=HHH=TT=b.example=a@relay.example", "a@b.example"),
        ("rfc822; prvs=1234567890=a@b.example", "a@b.example"),
        ("rfc822; ", ""),
        ("rfc822; @b.example", ""),
        ("rfc822; a@", ""),
        ("", ""),
    ],
)
def test_an_address_field_gives_the_address_as_written(value: str, address: str) -> None:
    assert typed_address(value) == address


def test_what_forwarders_wrapped_round_an_address_is_taken_off() -> None:
    assert unwrapped("SRS1=HHH=first.example==HHH=TT=b.example=a@second.example") == "a@b.example"
    assert unwrapped("srs.fan@b.example") == "srs.fan@b.example"


@given(st.text(max_size=80))
def test_no_value_makes_the_address_reader_raise(value: str) -> None:
    typed_address(value).encode("utf-8", "surrogatepass")


def test_a_mistyped_address_is_kept_with_its_fault() -> None:
    (failure,) = report("Final-Recipient: rfc822; p.weber@firma,de\nAction: failed\nStatus: 5.1.3\n").failures
    assert failure.address.written == "p.weber@firma,de"
    assert failure.address.fault is AddressFault.BAD_DOMAIN


def test_the_original_recipient_counts_and_the_final_one_is_kept() -> None:
    (failure,) = report(
        "Original-Recipient: rfc822; team@b.example\nFinal-Recipient: rfc822; k@c.example\n"
        "Action: failed\nStatus: 5.1.1\n"
    ).failures
    assert (failure.address.written, failure.final_recipient) == ("team@b.example", "k@c.example")


def test_an_alias_that_only_the_prose_names_is_what_the_sender_wrote() -> None:
    (failure,) = report(
        "Final-Recipient: rfc822; k@c.example\nOriginal-Recipient: rfc822; k@c.example\n"
        "Action: failed\nStatus: 5.1.1\n",
        prose="could not be delivered to one or more recipients.\n\n"
        "<k@c.example> (expanded from <team@b.example>): unknown user",
    ).failures
    assert (failure.address.written, failure.final_recipient) == ("team@b.example", "k@c.example")


def test_an_original_recipient_that_is_no_address_gives_way() -> None:
    bounce = report("Original-Recipient: rfc822; \nFinal-Recipient: rfc822; k@c.example\nAction: failed\n")
    assert written(bounce) == ["k@c.example"]


def test_fields_may_come_in_any_order_and_unfolded() -> None:
    (failure,) = report(
        "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 the mailbox\nis unknown: no such user\n"
        "Final-Recipient: rfc822; a@b.example\n"
    ).failures
    assert failure.diagnostic == "550 5.1.1 the mailbox is unknown: no such user"
    assert (failure.status, failure.reply) == ("5.0.0", "550")


def test_recipients_without_an_empty_line_between_them_are_told_apart() -> None:
    block = "Final-Recipient: rfc822; {}@b.example\nAction: failed\nStatus: 5.{}\n"
    bounce = report(block.format("a", "1.1") + block.format("b", "2.2"))
    assert [(f.address.local, f.kind) for f in bounce.failures] == [
        ("a", Kind.WRONG_MAILBOX),
        ("b", Kind.MAILBOX_FULL),
    ]


def test_an_empty_line_inside_a_recipients_fields_ends_nothing() -> None:
    (failure,) = report("Final-Recipient: rfc822; a@b.example\n\nAction: failed\nStatus: 5.1.1\n").failures
    assert (failure.action, failure.status) == ("failed", "5.1.1")


def test_delivered_recipients_are_left_out_and_a_report_of_success_is_no_bounce() -> None:
    block = "Final-Recipient: rfc822; {}@b.example\nAction: {}\nStatus: {}\n\n"
    mixed = report(block.format("a", "relayed", "2.0.0") + block.format("b", "failed", "5.1.1"))
    assert written(mixed) == ["b@b.example"]
    assert report(block.format("a", "delivered", "2.0.0")).kind is Kind.DELIVERED


def test_a_recipient_that_is_reported_twice_failed_once() -> None:
    block = "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n\n"
    assert written(report(block * 2)) == ["a@b.example"]


def test_a_success_without_an_action_is_no_failure() -> None:
    assert report("Final-Recipient: rfc822; a@b.example\nStatus: 2.1.5\n").kind is Kind.DELIVERED


def test_the_comment_of_a_status_serves_where_no_diagnostic_stands() -> None:
    (failure,) = report(
        "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0 (recipient reached disk quota)\n"
    ).failures
    assert failure.kind is Kind.MAILBOX_FULL


def test_the_prose_serves_where_the_report_says_nothing() -> None:
    (failure,) = report(
        "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\n", prose="<a@b.example>:\nUser unknown"
    ).failures
    assert failure.kind is Kind.WRONG_MAILBOX


def test_a_report_under_a_wrong_type_is_read() -> None:
    assert written(report("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.example\n", kind="text/plain")) == [
        "a@b.example"
    ]


def test_several_reports_in_one_mail_are_all_read() -> None:
    second = "--B\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; b@b.example\nAction: failed\n\n"
    assert written(report("Final-Recipient: rfc822; a@b.example\nAction: failed\n", extra=second)) == [
        "a@b.example",
        "b@b.example",
    ]


def test_a_report_that_somebody_passed_on_as_an_attachment_is_read() -> None:
    inner = (
        "From: MAILER-DAEMON@mx.example\nContent-Type: message/delivery-status\n\n"
        "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"
    )
    raw = (
        "From: Sabine <s@kunde.example>\nSubject: Fwd: Mail\n"
        "Content-Type: multipart/mixed; boundary=B\n\n--B\n\nBitte.\n"
        f"--B\nContent-Type: message/rfc822\n\n{inner}\n--B--\n"
    )
    assert written(parse(raw.encode())) == ["a@b.example"]


def test_the_bounce_of_a_bounce_concerns_the_outer_recipient() -> None:
    inner = "From: MAILER-DAEMON@x.example\nSubject: failure notice\n\n<inner@b.example>:\nno such user\n"
    bounce = report(
        "Final-Recipient: rfc822; outer@b.example\nAction: failed\nStatus: 5.1.1\n",
        extra=f"--B\nContent-Type: message/rfc822\n\n{inner}\n",
    )
    assert written(bounce) == ["outer@b.example"]


def test_message_ids_that_may_be_ours_are_gathered() -> None:
    returned = (
        "--B\nContent-Type: text/rfc822-headers\n\nMessage-ID: <new@exchange.example>\n"
        "X-MS-Exchange-Parent-Message-Id: <d-1@iprot.example>\nFrom: iprot@iprot.example\n\n"
    )
    bounce = report("Final-Recipient: rfc822; a@b.example\nAction: failed\n", extra=returned)
    assert bounce.original_message_id == "<new@exchange.example>"
    assert bounce.related_ids == ("<d-1@iprot.example>",)


@pytest.mark.parametrize(
    ("original", "final", "address"),
    [
        ("rfc822; anna+40b.example", "rfc822; x@c.example", "anna@b.example"),
        ("rfc822; anna+2Bshop@b.example", "rfc822; anna+shop@b.example", "anna+shop@b.example"),
        ("rfc822; anna+2Bshop@b.example", "rfc822; x@c.example", "anna+2Bshop@b.example"),  # who knows
        ("rfc822; anna+shop@b.example", "rfc822; x@c.example", "anna+shop@b.example"),
        (r"utf-8; j\x{FC}rgen@b.example", "rfc822; x@c.example", "jürgen@b.example"),
        ("rfc822; ??ller@b.example", "rfc822; x@c.example", "??ller@b.example"),
        ("rfc822; @relay.example,@b.example:anna@b.example", "", "anna@b.example"),
        ("rfc822; <@relay.example:anna@b.example>", "", "anna@b.example"),
        ("rfc822; undisclosed-recipients:;", "rfc822; x@c.example", "x@c.example"),
        ("rfc822; Team: anna@b.example;", "", "anna@b.example"),
    ],
)
def test_an_original_recipient_in_any_dress_is_told_as_written(original: str, final: str, address: str) -> None:
    (failure,) = report(
        f"Original-Recipient: {original}\nFinal-Recipient: {final}\nAction: failed\nStatus: 5.1.1\n"
    ).failures
    assert failure.address.written == address


@pytest.mark.parametrize("code", ["D800", "DFFF", "110000", "FFFFFF"])
def test_an_escape_that_is_no_character_gives_storable_text(code: str) -> None:
    field = rf"utf-8; a\x{{{code}}}@b.example"
    for failure in report(f"Original-Recipient: {field}\nFinal-Recipient: {field}\nAction: failed\n").failures:
        f"{failure.address.written}{failure.final_recipient}".encode()


def test_all_recipients_of_one_block_share_its_fields() -> None:
    named = "".join(f"Final-Recipient: rfc822; {name}@b.example\n" for name in "abc")
    bounce = report(f"{named}Action: failed\nStatus: 5.2.2\n")
    assert [(f.address.local, f.status) for f in bounce.failures] == [("a", "5.2.2"), ("b", "5.2.2"), ("c", "5.2.2")]


def test_a_warning_gives_way_to_the_failure_of_the_same_recipient() -> None:
    block = "Final-Recipient: rfc822; {}@b.example\nAction: {}\nStatus: {}\n\n"
    bounce = report(block.format("a", "delayed", "4.4.1") + block.format("A", "failed", "5.1.1"))
    assert [(f.address.key, f.kind) for f in bounce.failures] == [("a@b.example", Kind.WRONG_MAILBOX)]


def test_a_recipient_reported_with_and_without_where_it_went_failed_once() -> None:
    original = "Original-Recipient: rfc822; team@b.example\n"
    first = "Final-Recipient: rfc822; k@c.example\nAction: failed\nStatus: 5.1.1\n\n"
    second = "Final-Recipient: rfc822; TEAM@b.example\nAction: failed\nStatus: 5.1.1\n\n"
    assert written(report(original + first + second)) == ["team@b.example"]
    assert written(report(second + original + first)) == ["TEAM@b.example"]


def test_an_alias_that_two_fail_behind_is_told_with_both() -> None:
    block = (
        "Original-Recipient: rfc822; team@b.example\nFinal-Recipient: rfc822; {}@c.example\n"
        "Action: failed\nStatus: {}\n\n"
    )
    bounce = report(block.format("k", "5.1.1") + block.format("l", "5.2.2"))
    assert [(f.address.local, f.final_recipient, f.kind) for f in bounce.failures] == [
        ("team", "k@c.example", Kind.WRONG_MAILBOX),
        ("team", "l@c.example", Kind.MAILBOX_FULL),
    ]


def test_a_report_without_fields_of_the_message_is_read() -> None:
    bounce = report("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n")
    assert (written(bounce), bounce.reporting_mta) == (["a@b.example"], "")


def test_a_field_that_names_several_recipients_gives_each_of_them() -> None:
    bounce = report(
        "Final-Recipient: rfc822; a@b.example, c@d.example,e@f.example\nAction: failed\nStatus: 5.1.1\n\n"
        "Final-Recipient: rfc822; g@h.example\nAction: failed\nStatus: 5.2.2\n"
    )
    assert [(f.address.written, f.kind) for f in bounce.failures] == [
        ("a@b.example", Kind.WRONG_MAILBOX),
        ("c@d.example", Kind.WRONG_MAILBOX),
        ("e@f.example", Kind.WRONG_MAILBOX),
        ("g@h.example", Kind.MAILBOX_FULL),
    ]


def test_a_bare_mailbox_name_is_the_address_that_the_returned_mail_was_sent_to() -> None:
    status = "Final-Recipient: rfc822; anna\nAction: failed\nStatus: 5.1.1\n"
    returned = "--B\nContent-Type: message/rfc822\n\n\nFrom: support@iprot.example\nTo: {}\nSubject: 7\n\nHello\n"
    one = report(status, extra=returned.format("Anna Klein <anna@b.example>"))
    assert [(f.address.written, f.final_recipient) for f in one.failures] == [("anna@b.example", "anna")]
    assert written(report(status, extra=returned.format("kurt@b.example"))) == ["anna"]
    assert written(report(status, extra=returned.format("anna@b.example, anna@c.example"))) == ["anna"]


def test_relayed_and_expanded_recipients_are_none_of_the_failed_ones() -> None:
    block = "Final-Recipient: rfc822; {}@b.example\nAction: {}\nStatus: {}\n\n"
    actions = [
        ("a", "relayed", "2.0.0"),
        ("b", "failed", "5.1.1"),
        ("c", "expanded", "2.0.0"),
        ("d", "failed", "5.2.2"),
    ]
    bounce = report("".join(block.format(*action) for action in actions))
    assert [f.address.local for f in bounce.failures] == ["b", "d"]
    assert bounce.kind is Kind.WRONG_MAILBOX


@given(st.text(max_size=400))
def test_no_text_makes_the_report_reader_raise(text: str) -> None:
    read(text)


@pytest.mark.parametrize(("year", "is_believed"), [(1989, False), (1990, True), (2099, True), (9999, False)])
def test_a_date_of_another_century_is_none(year: int, is_believed: bool) -> None:
    for written in (f"Mon, 31 Dec {year} 23:30:00 -1200", f"31-Dec-{year} 23:30:00 -1200"):
        assert (returned.moment(written) is not None) is is_believed
