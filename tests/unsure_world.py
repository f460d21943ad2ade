"""An office whose bin holds what nobody can tell for sure: bounces that several protocols fit, or none."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

from office import MONDAY, Office

from triage import clock

KURZ = "t.kurz@bau-huber.example"
"""Was mailed three protocols lately."""
SLIPPED = "t.kurtz@bau-huber.example"
"""Was mailed nothing; differs from KURZ by one letter."""
MUELLER = "müller@bau-huber.example"
GARBLED = "m??ller@bau-huber.example"
FORWARDED_TO = "beck.privat@freemail.example"

_NO_MAIL = """\
Received: from mx.elsewhere.example by mail.iprot.example; {date}
Date: {date}
From: Mail Delivery System <MAILER-DAEMON@mx.elsewhere.example>
Subject: Undelivered Mail Returned to Sender
To: iprot@iprot.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="n"
Message-Id: <{name}@mx.elsewhere.example>

--n
Content-Type: text/plain; charset=utf-8

This is the mail system at host mx.elsewhere.example.

--n
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.elsewhere.example

{original}Final-Recipient: rfc822; {to}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

{returned}--n--
"""
_RETURNED = """\
--n
Content-Type: text/rfc822-headers

From: iprot <iprot@iprot.example>
Subject: Protokoll
Message-ID: <{message_id}>

"""
_GONE = """\
Received: from mx.elsewhere.example by mail.iprot.example; {date}
Date: {date}
From: Thea Kurz <t.kurz@bau-huber.example>
Subject: Automatische Antwort: Protokoll 2026-0877
To: iprot@iprot.example
Auto-Submitted: auto-replied
Message-Id: <gone@mx.elsewhere.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Guten Tag,

Frau Kurz ist nicht mehr in unserem Unternehmen tätig.
Bitte wenden Sie sich künftig an n.neu@bau-huber.example.
"""


def extend(office: Office) -> None:
    """Four protocols; Kurz was mailed three of them."""
    folder = office.folder / "directory"
    with (folder / "protocols.csv").open("a", encoding="utf-8") as file:
        file.write("2026-0879,Rohbau 3,Rathaus,2026-10-30,A1,https://iprot.example/p/ghi789\n")
        file.write("2026-0880,Dachstuhl,Schule,2026-10-31,A2,https://iprot.example/p/jkl012\n")
    with (folder / "deliveries.csv").open("a", encoding="utf-8") as file:
        for days, number in ((1, "2026-0878"), (2, "2026-0879"), (4, "2026-0880")):
            sent = (MONDAY - timedelta(days=days)).isoformat()
            file.write(f"{number},R-kurz,{KURZ},<kurz.{number}@iprot.example>,{sent}\n")
        file.write(f"2026-0880,R-mueller,{MUELLER},<mueller@iprot.example>,{MONDAY.isoformat()}\n")


def bounce(office: Office, to: str, original: str = "", message_id: str = "") -> None:
    """A bounce of which hardly anything tells what it is about; with a Message-ID it returns our headers."""
    name = f"n{len(list(office.mail.iterdir()))}"
    returned = _RETURNED.format(message_id=message_id) if message_id else ""
    first = f"Original-Recipient: rfc822;{original}\n" if original else ""
    mail = _NO_MAIL.format(date=_date(), name=name, original=first, to=to, returned=returned)
    (office.mail / f"{name}.eml").write_text(mail, "utf-8")


def gone(office: Office) -> None:
    """An automatic reply: Kurz has left the company, and who is there instead."""
    (office.mail / "gone.eml").write_text(_GONE.format(date=_date()), "utf-8")


def _date() -> str:
    return format_datetime(clock.now() - timedelta(minutes=10))
