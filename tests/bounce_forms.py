"""Reports as mail servers write them, for `bounce_world`: Postfix, Exim, Exchange, Gmail, qmail, and plain words."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from random import Random

SUPPORT = "support@iprot.example"


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says, whoever writes it."""

    reported: tuple[str, ...]
    """Final recipients; of the first, `original` is what the sender wrote."""
    at: datetime
    to: str
    """The return path that it is delivered to."""
    back: str = ""
    """What comes back of the mail: all of it, or its headers."""
    original: str = ""
    status: str = "5.1.1"
    reply: str = "550 5.1.1 User unknown"
    subject: str = ""
    """Where the form quotes the subject of the mail."""
    head: str = ""
    """Further header lines of the report itself."""
    number: int = 0

    @property
    def final(self) -> str:
        return self.reported[0]

    @property
    def host(self) -> str:
        return f"mx{self.number % 7}.relay.example"

    @property
    def is_headers(self) -> bool:
        return bool(self.back) and "\n\n" not in self.back.rstrip("\n")


Form = Callable[[Report], str]


def written(report: Report, form: Form, lot: Random) -> bytes:
    """The message as it lies in the mailbox, with the line ends of half the world's servers."""
    octets = form(report).encode()
    return octets.replace(b"\n", b"\r\n") if lot.random() < 0.5 else octets


def encoded(text: str) -> str:
    """A header's value (RFC 2047)."""
    return text if text.isascii() else Header(text, "utf-8", maxlinelen=72).encode()


def _top(report: Report, sender: str, subject: str) -> str:
    date = format_datetime(report.at)
    return (
        f"Return-Path: <>\nX-Original-To: {report.to}\nDelivered-To: {SUPPORT}\n"
        f"Received: from {report.host} ({report.host} [192.0.2.{report.number % 250}])\n"
        f"\tby mail.iprot.example (Postfix) with ESMTPS id 4B{report.number:06}\n\tfor <{report.to}>; {date}\n"
        f"Date: {date}\nFrom: {sender}\nTo: {report.to}\nSubject: {subject}\n"
        f"Message-ID: <{report.number}.bounce@{report.host}>\nAuto-Submitted: auto-replied\n{report.head}"
        "MIME-Version: 1.0\n"
    )


def _returned(report: Report, boundary: str, whole: str = "message/rfc822", head: str = "text/rfc822-headers") -> str:
    if not report.back:
        return ""
    return f"--{boundary}\nContent-Type: {head if report.is_headers else whole}\n\n{report.back}\n"


def _status(report: Report, per_recipient: Callable[[str, str], str]) -> str:
    originals = (report.original, *("" for _ in report.reported[1:]))
    return "\n\n".join(
        per_recipient(final, original) for final, original in zip(report.reported, originals, strict=True)
    )


def postfix(report: Report) -> str:
    boundary = f"4B{report.number:06}.1790000000/{report.host}"
    is_unicode = not all(final.isascii() for final in report.reported)
    kind, family, part = ("global-", "utf-8", "global") if is_unicode else ("", "rfc822", "rfc822")
    fields = _status(
        report,
        lambda final, original: (
            f"Final-Recipient: {family}; {final}\n"
            + (f"Original-Recipient: rfc822;{original}\n" if original else "")
            + f"Action: failed\nStatus: {report.status}\nRemote-MTA: dns; mx.there.example\n"
            f"Diagnostic-Code: smtp; {report.reply}"
        ),
    )
    said = "\n\n".join(
        f"<{final}>: host mx.there.example[198.51.100.9] said:\n    {report.reply} (in reply to RCPT TO command)"
        for final in report.reported
    )
    return (
        _top(
            report,
            f"Mail Delivery System <MAILER-DAEMON@{report.host}>",
            "Undelivered Mail Returned to Sender",
        )
        + f'Content-Type: multipart/report; report-type={kind}delivery-status;\n\tboundary="{boundary}"\n\n'
        "This is a MIME-encapsulated message.\n\n"
        f"--{boundary}\nContent-Description: Notification\nContent-Type: text/plain; charset=utf-8\n\n"
        f"This is the mail system at host {report.host}.\n\nI'm sorry to have to inform you that your message\n"
        "could not be delivered to one or more recipients. It's attached below.\n\n"
        f"                   The mail system\n\n{said}\n\n"
        f"--{boundary}\nContent-Description: Delivery report\nContent-Type: message/{kind}delivery-status\n\n"
        f"Reporting-MTA: dns; {report.host}\nX-Postfix-Queue-ID: 4B{report.number:06}\n"
        f"X-Postfix-Sender: rfc822; {report.to}\n\n{fields}\n\n"
        f"{_returned(report, boundary, f'message/{part}')}--{boundary}--\n"
    )


def exim(report: Report) -> str:
    boundary = f"1790000000-eximdsn-{report.number}"
    fields = _status(
        report,
        lambda final, _original: (
            f"Action: failed\nFinal-Recipient: rfc822;{final}\nStatus: 5.0.0\n"
            f"Remote-MTA: dns; mx.there.example\nDiagnostic-Code: smtp; {report.reply}"
        ),
    )
    said = "\n".join(
        f"  {final}\n    host mx.there.example [198.51.100.9]\n"
        f"    SMTP error from remote mail server after RCPT TO:<{final}>:\n    {report.reply}"
        for final in report.reported
    )
    return (
        _top(
            report,
            f"Mail Delivery System <Mailer-Daemon@{report.host}>",
            "Mail delivery failed: returning message to sender",
        )
        + f"X-Failed-Recipients: {', '.join(report.reported)}\n"
        f"Content-Type: multipart/report; report-type=delivery-status; boundary={boundary}\n\n"
        f"--{boundary}\nContent-type: text/plain; charset=us-ascii\n\n"
        "This message was created automatically by mail delivery software.\n\n"
        "A message that you sent could not be delivered to one or more of its\n"
        "recipients. This is a permanent error. The following address(es) failed:\n\n"
        f"{said}\n\n--{boundary}\nContent-type: message/delivery-status\n\nReporting-MTA: dns; {report.host}\n\n"
        f"{fields}\n\n{_returned(report, boundary)}--{boundary}--\n"
    )


def exchange_de(report: Report) -> str:
    text = (
        "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\n"
        f"{report.final} ({report.final})<mailto:{report.final}>\n"
        "Die eingegebene E-Mail-Adresse konnte nicht gefunden werden. Überprüfen Sie die E-Mail-Adresse des\n"
        "Empfängers, und versuchen Sie, die Nachricht erneut zu senden.\n\n\n"
        "Diagnoseinformationen für Administratoren:\n\n"
        f"Generierender Server: {report.host}\n\n{report.final}\nRemote Server returned '{report.reply}'\n"
    )
    return _exchange(report, "Unzustellbar", text)


def exchange_en(report: Report) -> str:
    text = (
        "Delivery has failed to these recipients or groups:\n\n"
        f"{report.final} ({report.final})<mailto:{report.final}>\n"
        "The email address you entered couldn't be found. Please check the recipient's email address and try to\n"
        "resend the message.\n\n\nDiagnostic information for administrators:\n\n"
        f"Generating server: {report.host}\n\n{report.final}\nRemote Server returned '{report.reply}'\n"
    )
    return _exchange(report, "Undeliverable", text)


def _exchange(report: Report, word: str, text: str) -> str:
    boundary = f"{report.number:08}-1e4b-4b61-9a4e-iprot"
    fields = _status(
        report,
        lambda final, original: (
            f"Original-Recipient: rfc822;{original or final}\nFinal-Recipient: rfc822;{final}\nAction: failed\n"
            f"Status: {report.status}\nDiagnostic-Code: smtp;{report.reply}"
        ),
    )
    prose = base64.encodebytes(text.encode()).decode()
    return (
        _top(report, f"<postmaster@{report.host}>", encoded(f"{word}: {report.subject}"))
        + f'Content-Type: multipart/report; report-type=delivery-status;\n\tboundary="{boundary}"\n'
        "X-MS-Exchange-Message-Is-Ndr:\n\n"
        f'--{boundary}\nContent-Type: text/plain; charset="utf-8"\nContent-Transfer-Encoding: base64\n\n{prose}\n'
        f"--{boundary}\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;{report.host}\n\n{fields}\n\n"
        f"{_returned(report, boundary)}--{boundary}--\n"
    )


def gmail(report: Report) -> str:
    boundary = f"000000000000{report.number:08}"
    fields = _status(
        report,
        lambda final, _original: (
            f"Final-Recipient: rfc822; {final}\nAction: failed\nStatus: {report.status}\n"
            f"Diagnostic-Code: smtp; {report.reply}"
        ),
    )
    return (
        _top(
            report,
            "Mail Delivery Subsystem <mailer-daemon@freemail.example>",
            "Delivery Status Notification (Failure)",
        )
        + f'X-Failed-Recipients: {report.final}\nContent-Type: multipart/report; boundary="{boundary}";'
        " report-type=delivery-status\n\n"
        f'--{boundary}\nContent-Type: text/plain; charset="UTF-8"\n\n** Address not found **\n\n'
        f"Your message wasn't delivered to {report.final} because the address couldn't be found, or is unable to\n"
        f"receive mail.\n\nThe response was:\n\n{report.reply}\n\n"
        f"--{boundary}\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; freemail.example\n\n{fields}\n\n"
        f"{_returned(report, boundary)}--{boundary}--\n"
    )


def qmail(report: Report) -> str:
    copy = f"\n--- Below this line is a copy of the message.\n\n{report.back}" if report.back else ""
    return (
        _top(report, f"MAILER-DAEMON@{report.host}", "failure notice")
        + f"\nHi. This is the qmail-send program at {report.host}.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        + "\n".join(f"<{final}>:\n{report.reply}\n" for final in report.reported)
        + copy
    )


def domino_de(report: Report) -> str:
    return _plain_words(
        report,
        "Zustellungsfehler: Benutzer nicht im Domino-Verzeichnis aufgeführt",
        f"Ihre Nachricht\n\n  Betreff: {report.subject}\n\nwurde nicht zugestellt an:\n\n  {report.final}\n\n"
        "Grund:\n\n  Benutzer nicht im Domino-Verzeichnis aufgeführt\n",
    )


def domino(report: Report) -> str:
    return _plain_words(
        report,
        f"DELIVERY FAILURE: User {report.final} not listed in Domino Directory",
        f"Your message\n\n  Subject: {report.subject}\n\nwas not delivered to:\n\n  {report.final}\n\n"
        "because:\n\n  User not listed in Domino Directory\n",
    )


def _plain_words(report: Report, subject: str, text: str) -> str:
    return (
        _top(report, f"Postmaster@{report.host}", encoded(subject))
        + f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}"
    )


def forwarded_by_hand(report: Report) -> str:
    """Somebody passes on a bounce as an attachment."""
    inner = postfix(report)
    return (
        _top(report, "Petra Klein <p.klein@planwerk.example>", encoded("WG: Undelivered Mail Returned to Sender"))
        .replace("Return-Path: <>", "Return-Path: <p.klein@planwerk.example>")
        .replace("Auto-Submitted: auto-replied\n", "")
        + f'Content-Type: multipart/mixed; boundary="fw{report.number}"\n\n'
        f"--fw{report.number}\nContent-Type: text/plain; charset=utf-8\n\nKam bei mir an, bitte prüfen.\n\n"
        f"--fw{report.number}\nContent-Type: message/rfc822\n\n{inner}\n--fw{report.number}--\n"
    )


WITH_REPORT: tuple[Form, ...] = (postfix, postfix, exim, exchange_de, exchange_en, gmail)
WITH_RETURNED: tuple[Form, ...] = (*WITH_REPORT, qmail)
"""They bring back the mail, or its headers."""
IN_WORDS: tuple[Form, ...] = (qmail, domino, domino_de)
"""They bring back nothing."""
