"""Reports about a delivery that are no bounces, and bounces that are not, or not surely, ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from demo_world import lots
from demo_world.cast import moment
from demo_world.directory import Mail, Protocol
from demo_world.ours import (
    SENDER,
    Dated,
    Failed,
    Returned,
    arrival,
    header,
    hexes,
    ip_of,
    mailbox,
    our_headers,
    stamp,
    uuid,
)
from demo_world.replies import REPLIES
from demo_world.reports_unix import sendmail
from demo_world.strays import mail_to, message


def all_of(protocols: list[Protocol]) -> Iterator[Dated]:
    yield _read(*mail_to(protocols, "gotthard", 1, 3))
    yield _read(*mail_to(protocols, "deich", 0, 0))
    yield _relayed(*mail_to(protocols, "campus", 2, 1))
    yield _complaint(*mail_to(protocols, "depot", 3, 2))
    yield _challenge(*mail_to(protocols, "galerie", 0, 2))
    yield _forged("geschaeftsleitung@bau-huber.example", moment(9, 3, 3, 12), "Rechnung 88213")
    yield _forged("max.moritz@freemail.example", moment(6, 5, 4, 40), "Ihr Konto wurde gesperrt")
    yield _under_another_name(*mail_to(protocols, "schule", 8, 3))


def _read(mail: Mail, protocol: Protocol) -> Dated:
    """A read receipt (RFC 8098)."""
    lot = lots("read", mail.message_id)
    at, person = mail.sent_at + timedelta(minutes=lot.randint(20, 200)), mail.to[0].person
    host, boundary = f"mail.{person.address.rpartition('@')[2]}", f"--_{uuid(lot)}"
    return (
        at,
        f"""{arrival(host, ip_of(host), at, lot)}From: {mailbox(person.name, person.address)}
To: {SENDER}
Subject: {header(f"Gelesen: {protocol.subject}")}
Date: {stamp(at)}
Message-ID: <{uuid(lot)}@{host}>
References: <{mail.message_id}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 8bit

Ihre Nachricht an {person.address} wurde am {stamp(at, "G")} gelesen.

--{boundary}
Content-Type: message/disposition-notification

Reporting-UA: {host}; Mail 16.0
Final-Recipient: rfc822;{person.address}
Original-Message-ID: <{mail.message_id}>
Disposition: manual-action/MDN-sent-manually; displayed

--{boundary}--
""",
    )


def _relayed(mail: Mail, protocol: Protocol) -> Dated:
    """A report of success: the mail was handed on to a server that reports none itself."""
    lot = lots("relayed", mail.message_id)
    at, person = mail.sent_at + timedelta(seconds=4), mail.to[0].person
    host, boundary = f"mx1.{person.address.rpartition('@')[2]}", f"{hexes(lot, 10)}/relay"
    return (
        at,
        f"""{arrival(host, ip_of(host), at, lot)}Date: {stamp(at)}
From: Mail Delivery System <MAILER-DAEMON@{host}>
Subject: Successful Mail Delivery Report
To: {SENDER}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"
Message-Id: <{hexes(lot, 12)}@{host}>

--{boundary}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host {host}.

Your message was successfully delivered to the destination(s)
listed below. If the message was delivered to mailbox you will
receive no further notifications.

<{person.address}>: delivery via mbox.{host}[10.0.4.12]:25: 250 2.0.0 Ok

--{boundary}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}
Arrival-Date: {stamp(mail.sent_at)}

Final-Recipient: rfc822; {person.address}
Original-Recipient: rfc822;{person.address}
Action: relayed
Status: 2.0.0
Diagnostic-Code: smtp; 250 2.0.0 Ok

--{boundary}
Content-Type: text/rfc822-headers

{_headers(mail, protocol, lot)}
--{boundary}--
""",
    )


def _complaint(mail: Mail, protocol: Protocol) -> Dated:
    """Somebody pressed "this is spam" (RFC 5965)."""
    lot = lots("complaint", mail.message_id)
    at, boundary = mail.sent_at + timedelta(hours=5), f"{hexes(lot, 16)}"
    return (
        at,
        f"""{arrival("fbl.freemail.example", "198.51.100.80", at, lot)}From: <feedback@freemail.example>
To: {SENDER}
Subject: Email Feedback Report for IP 203.0.113.25
Date: {stamp(at)}
Message-ID: <{uuid(lot)}@fbl.freemail.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset="us-ascii"

This is an email abuse report for an email message received from IP 203.0.113.25.

--{boundary}
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Freemail-FBL/1.0
Version: 1
Original-Mail-From: <{SENDER}>
Arrival-Date: {stamp(mail.sent_at)}
Source-IP: 203.0.113.25
Reported-Domain: iprot.example

--{boundary}
Content-Type: text/rfc822-headers

{_headers(mail, protocol, lot)}
--{boundary}--
""",
    )


def _challenge(mail: Mail, protocol: Protocol) -> Dated:
    """A spam filter that wants the sender to prove that it is human."""
    lot = lots("challenge", mail.message_id)
    at, person = mail.sent_at + timedelta(seconds=9), mail.to[0].person
    host = f"mail.{person.address.rpartition('@')[2]}"
    return at, message(
        "",
        person.address,
        f"Bitte bestätigen Sie Ihre Nachricht: {protocol.subject}",
        "Dies ist eine automatische Nachricht des Spamschutzes.\n\nIhre Nachricht wird zurückgehalten, bis Sie sie mit"
        f" einem Klick bestätigen:\n\n  https://{host}/confirm/{hexes(lot, 24).lower()}\n\nSie müssen dies nur einmal"
        " tun.\n",
        at,
        lot,
        f"{uuid(lot)}@{host}",
        f"In-Reply-To: <{mail.message_id}>\nAuto-Submitted: auto-replied\n",
    )


def _forged(address: str, at: datetime, subject: str) -> Dated:
    """Spam in our name came back: neither the mail nor the address was ever ours."""
    lot = lots("forged", address)
    host, boundary = "mx7.postbox.invalid", hexes(lot, 16)
    reply = REPLIES["virtual"].filled(address=address).line
    return (
        at,
        f"""{arrival(host, "192.0.2.66", at, lot)}Date: {stamp(at)}
From: Mail Delivery System <MAILER-DAEMON@{host}>
Subject: Undelivered Mail Returned to Sender
To: {SENDER}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"
Message-Id: <{hexes(lot, 12)}@{host}>

--{boundary}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host {host}.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{address}>: {reply}

--{boundary}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}
Arrival-Date: {stamp(at - timedelta(seconds=5))}

Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; {reply}

--{boundary}
Content-Description: Undelivered Message
Content-Type: message/rfc822

Received: from dsl-77.pool.invalid (unknown [192.0.2.77])
	by {host} (Postfix) with SMTP id {hexes(lot, 11)};
	{stamp(at - timedelta(seconds=6))}
From: "iprot" <{SENDER}>
To: {address}
Subject: {header(subject)}
Date: {stamp(at - timedelta(seconds=7))}
Message-ID: <{hexes(lot, 24).lower()}@dsl-77.pool.invalid>
MIME-Version: 1.0
Content-Type: text/plain; charset="us-ascii"

Klicken Sie hier: https://postbox.invalid/x

--{boundary}--
""",
    )


def _under_another_name(mail: Mail, protocol: Protocol) -> Dated:
    """The report names an inner address of the firm that we never wrote to."""
    lot = lots("alias", mail.message_id)
    one = mail.to[0]
    local, _, domain = one.person.address.rpartition("@")
    inner = type(one)(
        one.id, type(one.person)(one.person.name, one.person.company, f"{local}@exch01.{domain}"), one.entered_at
    )
    reply = REPLIES["user_unknown"].filled(address=inner.person.address)
    at = mail.sent_at + timedelta(seconds=31)
    return at, sendmail(Returned(protocol, mail, (Failed(inner, reply),), at, lot))


def _headers(mail: Mail, protocol: Protocol, lot: Random) -> str:
    reply = REPLIES["virtual"]
    return our_headers(Returned(protocol, mail, (Failed(mail.to[0], reply),), mail.sent_at, lot))
