"""What is no bounce: automatic replies, receipts, complaints, challenges."""

from __future__ import annotations

from datetime import date

import pytest

from triage.bounces import automatic, parse
from triage.model import Bounce, Kind


def reply(
    text: str, subject: str = "Automatische Antwort: Protokoll", head: str = "Auto-Submitted: auto-replied\n"
) -> Bounce:
    return parse(
        (
            f"From: Karl Maier <k.maier@bau.example>\nTo: support@iprot.example\nSubject: {subject}\n"
            f"Date: Mon, 16 Nov 2026 08:00:00 +0100\nIn-Reply-To: <d-1@iprot.example>\n{head}"
            f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"
        ).encode()
    )


def test_an_out_of_office_reply_tells_when_and_whom_else_to_ask() -> None:
    bounce = reply(
        "Guten Tag,\n\n"
        "ich bin bis einschließlich 20.11.2026 nicht im Büro. In dringenden Fällen wenden Sie sich bitte\n"
        "an meine Vertretung Frau Anna Klein (a.klein@bau.example)."
    )
    assert bounce.kind is Kind.AUTO_REPLY
    assert bounce.auto_reply is not None
    assert bounce.auto_reply.returns_on == date(2026, 11, 21)
    assert bounce.auto_reply.deputy == "a.klein@bau.example"
    assert not bounce.auto_reply.gone
    assert bounce.related_ids == ("<d-1@iprot.example>",)
    assert bounce.failures == ()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Ich bin ab dem 3.12. wieder erreichbar.", date(2026, 12, 3)),
        ("Ich bin vom 10.11.2026 bis 18.11.2026 im Urlaub.", date(2026, 11, 19)),
        ("Ich bin bis zum 7. Januar nicht im Haus.", date(2027, 1, 8)),
        ("I am out of the office until December 4th.", date(2026, 12, 4)),
        ("I will be back on 2026-12-01.", date(2026, 12, 1)),
        ("I am away and will return Monday, 30 November 2026.", date(2026, 11, 30)),
        ("Ich bin bis auf weiteres nicht im Büro.", None),
        ("Ich bin bis zum 99.99. nicht im Büro.", None),
    ],
)
def test_the_day_of_return_is_read(text: str, day: date | None) -> None:
    bounce = reply(text)
    assert bounce.auto_reply is not None
    assert bounce.auto_reply.returns_on == day


def test_somebody_who_has_left_is_gone_and_a_successor_is_named() -> None:
    bounce = reply("Herr Maier ist nicht mehr für unser Unternehmen tätig. Bitte wenden Sie sich an info@bau.example.")
    assert bounce.auto_reply is not None
    assert bounce.auto_reply.gone
    assert bounce.auto_reply.deputy == "info@bau.example"


def test_a_new_address_is_told_apart_from_a_deputys() -> None:
    bounce = reply("Meine neue E-Mail-Adresse lautet karl@neu.example. Diese wird nicht mehr verwendet.")
    assert bounce.auto_reply is not None
    assert (bounce.auto_reply.new_address, bounce.auto_reply.deputy) == ("karl@neu.example", "")


@pytest.mark.parametrize("subject", ["Out of Office: Minutes", "Abwesenheitsnotiz", "Automatic reply: Minutes"])
def test_a_subject_tells_an_automatic_reply_where_no_header_does(subject: str) -> None:
    assert reply("I am away.", subject, head="").kind is Kind.AUTO_REPLY


def test_an_automatic_reply_that_quotes_an_error_is_none() -> None:
    assert reply("550 5.1.1 user unknown <a@b.example>").kind is Kind.AUTO_REPLY


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (
            "message/disposition-notification\n\nFinal-Recipient: rfc822; a@b.example\nDisposition: x; displayed",
            Kind.RECEIPT,
        ),
        (
            "message/disposition-notification\n\nFinal-Recipient: rfc822; a@b.example\nDisposition: x; denied",
            Kind.RECEIPT,
        ),
        ("message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: a@b.example", Kind.FEEDBACK),
    ],
)
def test_receipts_and_complaints_are_no_bounces(part: str, kind: Kind) -> None:
    bounce = reply("x", "Gelesen: Protokoll", head="")
    assert bounce.kind is Kind.RECEIPT
    raw = f"Subject: x\nContent-Type: multipart/report; boundary=B\n\n--B\n\nHello\n--B\nContent-Type: {part}\n--B--\n"
    assert (parse(raw.encode()).kind, parse(raw.encode()).failures) == (kind, ())


def test_a_mail_that_a_filter_refuses_as_a_receipt_has_failed() -> None:
    raw = (
        "Subject: Automatically rejected mail\nAuto-Submitted: auto-replied (rejected)\n"
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=B\n\n--B\n\n"
        "Your message to <a@b.example> was automatically rejected:\nQuota exceeded\n--B\n"
        "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; a@b.example\n"
        "Original-Message-ID: <d-1@iprot.example>\n"
        "Disposition: automatic-action/MDN-sent-automatically; deleted\n--B--\n"
    )
    bounce = parse(raw.encode())
    assert [(f.address.written, f.kind) for f in bounce.failures] == [("a@b.example", Kind.MAILBOX_FULL)]
    assert bounce.original_message_id == "<d-1@iprot.example>"


def test_a_challenge_is_told_from_a_bounce() -> None:
    bounce = reply("Please click the link.", "Please confirm your message", head="")
    assert bounce.kind is Kind.CHALLENGE


@pytest.mark.parametrize(
    ("text", "returns_on"),
    [
        ("Ich bin erst am 30.11.2026 wieder erreichbar.", date(2026, 11, 30)),
        ("Rückkehr: 30.11.2026", date(2026, 11, 30)),
        ("Ich bin ab 30.11. wieder am Platz.", date(2026, 11, 30)),
        ("Ich bin vom 16.11.2026 bis zum 27.11.2026 im Urlaub.", date(2026, 11, 28)),
        ("Vom 16.11. - 27.11.2026 bin ich nicht im Büro.", date(2026, 11, 28)),
        ("Wir sind ab Montag, den 11.01.2027 wieder für Sie da.", date(2027, 1, 11)),
        ("I am on annual leave, returning Monday 30th November.", date(2026, 11, 30)),
        ("I'm away until 11/30/2026.", date(2026, 11, 30)),
        ("Ich bin heute nicht im Büro.", None),
    ],
)
def test_the_day_of_return_is_read_however_it_is_said(text: str, returns_on: date | None) -> None:
    assert automatic.reply(text, date(2026, 11, 16)).returns_on == returns_on


def test_a_new_address_is_found_where_the_old_one_is_given_up() -> None:
    said = automatic.reply("Wir sind umgezogen. Sie erreichen mich jetzt unter r.kern@kern-bau.example.", None)
    assert said.new_address == "r.kern@kern-bau.example"


THANKS = "Vielen Dank für Ihre Nachricht. Ihr Anliegen wird geprüft."


@pytest.mark.parametrize(
    "head",
    ["Return-Path: <>\n", "Auto-Submitted: auto-generated\n", "X-Auto-Response-Suppress: OOF\n"],
)
def test_a_ticket_systems_word_that_our_mail_came_in_is_an_automatic_reply(head: str) -> None:
    assert reply(THANKS, "Vorgang 4711", head).kind is Kind.AUTO_REPLY


def test_a_persons_thanks_are_ordinary_mail() -> None:
    assert reply(THANKS, "AW: Protokoll", "Return-Path: <k.maier@bau.example>\n").kind is Kind.NOT_BOUNCE


def test_a_challenge_in_the_form_of_a_report_is_no_bounce() -> None:
    report = (
        "From: Wache <noreply@wache.example>\nTo: support@iprot.example\nSubject: Re: Protokoll (Action Required)\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\n\n--B\n\n'
        "Your mail has been waitlisted. Please add yourself to my Guest List.\n--B\n"
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; wache.example\n\n"
        "Final-Recipient: rfc822; anna@bau.example\nAction: failed\nStatus: 4.7.0\n\n--B--\n"
    )
    assert parse(report.encode()).kind is Kind.CHALLENGE
    refused = report.replace("waitlisted. Please add yourself to my Guest List", "refused")
    assert parse(refused.encode()).is_bounce


@pytest.mark.parametrize(
    ("head", "body", "kind"),
    [
        ('Content-Type: multipart/report; report-type=tlsrpt; boundary="B"\n', "--B\n\nTLS\n--B--\n", Kind.NOT_BOUNCE),
        ("X-Ricevuta: avvenuta-consegna\n", "Il messaggio è stato consegnato.\n", Kind.DELIVERED),
    ],
)
def test_reports_about_tls_and_certified_mail_are_no_bounces(head: str, body: str, kind: Kind) -> None:
    mail = f"From: MAILER-DAEMON@mx.example\nTo: support@iprot.example\nSubject: Report\n{head}\n{body}"
    assert parse(mail.encode()).kind is kind


def test_who_only_calls_himself_a_mailer_daemon_and_names_nobody_is_not_believed() -> None:
    mail = (
        "Return-Path: <{}>\nFrom: Mail Delivery System <admin@koeder.example>\nTo: support@iprot.example\n"
        "Subject: Mail Delivery Failed for support@iprot.example\n\n"
        "Messages could not be delivered. Retrieve: http://koeder.example/?u=support@iprot.example\n"
    )
    assert parse(mail.format("admin@koeder.example").encode()).kind is Kind.NOT_BOUNCE
    assert parse(mail.format("").encode()).kind is Kind.UNCLEAR  # a server might write so


def test_the_mailer_daemon_named_above_a_report_that_was_passed_on_is_not_whom_it_is_about() -> None:
    mail = (
        "From: Karl Maier <k.maier@bau.example>\nTo: support@iprot.example\nSubject: Fwd: Undelivered Mail\n\n"
        "-------- Weitergeleitete Nachricht --------\nVon: mailer-daemon@bau.example\n"
        "Ihre Nachricht konnte nicht zugestellt werden. Delivery has failed, user unknown.\n"
    )
    assert all(failure.address.local != "mailer-daemon" for failure in parse(mail.encode()).failures)
