"""A small office for tests: a directory, a mailbox of files, settings, and bounces that come when a test says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from triage import clock, config
from triage.desk import Desk, directory, open_desk, reading

MONDAY = datetime(2026, 11, 2, 8, 0).astimezone()

_REPLIES = {
    "unknown": ("5.1.1", "smtp; 550 5.1.1 <{to}>: Recipient address rejected: User unknown"),
    "domain": ("5.1.2", "X-Postfix; Host or domain name not found. Name service error for name={domain}"),
    "full": ("5.2.2", "smtp; 552 5.2.2 <{to}>: Mailbox is full / quota exceeded"),
    "spam": ("5.7.1", "smtp; 554 5.7.1 Message rejected as spam by content filter (score 17.3)"),
}

_BOUNCE = """\
Received: from mx.iprot.example by mail.iprot.example; {date}
Date: {date}
From: Mail Delivery System <MAILER-DAEMON@mx.iprot.example>
Subject: Undelivered Mail Returned to Sender
To: iprot@iprot.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b{number}"
Message-Id: <bounce{number}@mx.iprot.example>

--b{number}
Content-Type: text/plain; charset=utf-8

This is the mail system at host mx.iprot.example.

--b{number}
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.iprot.example

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: failed
Status: {status}
Diagnostic-Code: {diagnostic}

--b{number}
Content-Type: message/rfc822

From: iprot <{sender}>
To: {to}
Subject: Protokoll 2026-0877 Jour fixe 14
Date: {date}
Message-ID: <{message_id}>

Ihr Protokoll: https://iprot.example/p/abc123

--b{number}--
"""

_SETTINGS = """\
[mailbox]
path = "mail/"
[post]
outlet = "folder"
path = "letters"
[sender]
addresses = ["iprot@iprot.example"]
domains = ["iprot.example"]
letters_from = "support@iprot.example"
name = "iprot Support"
[linking]
protocol_url = "https://iprot.example/p/{token}"
[directory]
path = "directory/"
fallback = "service@help.example"
[staff]
name = "Karin"
"""

PEOPLE = {
    "weber": "p.weber@planung-sued.exmaple",
    "beck": "info@tragwerk-beck.example",
    "huber": "max.musterman@bau-huber.example",
    "roth": "k.roth@planwerk.example",
}
"""Recipients of protocol 2026-0877, by a short name. Its author is Karin Roth, the last of them."""


class Office:
    """Everything under one folder; `triage --config FILE --store FILE` works on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / "triage.toml"
        self.store = folder / "triage.db"
        self.mail = folder / "mail"
        self.letters = folder / "letters"
        self._bounces = 0
        self.mail.mkdir()
        (folder / "directory").mkdir()
        self.config.write_text(_SETTINGS)
        self._write_directory()

    def at(self, days: float = 0) -> datetime:
        """Stand at a moment: so many days after the first Monday."""
        clock.fix(MONDAY + timedelta(days=days))
        return clock.now()

    def bounce(
        self, who: str = "weber", why: str = "unknown", ago: timedelta = timedelta(0), forged: bool = False
    ) -> None:
        """A bounce arrives for one of the people, returning our mail; a forged one returns a mail we never sent."""
        self._bounces += 1
        to = PEOPLE.get(who, who)
        status, diagnostic = _REPLIES[why]
        (self.mail / f"{self._bounces:04}.eml").write_text(
            _BOUNCE.format(
                number=self._bounces,
                date=format_datetime(clock.now() - ago),
                to=to,
                status=status,
                diagnostic=diagnostic.format(to=to, domain=to.rpartition("@")[2]),
                sender="iprot@iprot.example" if not forged else "ceo@elsewhere.example",
                message_id=f"m.{who}@iprot.example" if not forged else "never@elsewhere.example",
            ),
            "utf-8",
        )

    def desk(self) -> Desk:
        """The desk, its directory imported."""
        desk = open_desk(config.load(self.config), self.store)
        directory.import_directory(desk)
        return desk

    def synced(self) -> Desk:
        """The desk after a sync."""
        desk = self.desk()
        reading.sync(desk)
        return desk

    def _write_directory(self) -> None:
        folder = self.folder / "directory"
        (folder / "authors.csv").write_text(
            "id,name,email,language,salutation,title,company,deputy\n"
            f"A1,Karin Roth,{PEOPLE['roth']},de,Frau,,Planwerk,A2\n"
            "A2,Ingo Lang,i.lang@planwerk.example,de,Herr,Dr.,Planwerk,\n",
            "utf-8",
        )
        (folder / "protocols.csv").write_text(
            "number,title,project,date,author,url\n"
            "2026-0877,Jour fixe 14,Rathaus,2026-10-28,A1,https://iprot.example/p/abc123\n"
            "2026-0878,Abnahme,Schule,2026-10-29,A2,https://iprot.example/p/def456\n",
            "utf-8",
        )
        sent = (MONDAY - timedelta(days=3)).isoformat()
        recipients = ["id,name,company,email,protocol,entered_by,entered_at"]
        deliveries = ["protocol,recipient,address,message_id,sent_at"]
        for name, address in PEOPLE.items():
            recipients.append(f"R-{name},{name.title()},,{address},2026-0877,A1,")
            deliveries.append(f"2026-0877,R-{name},{address},<m.{name}@iprot.example>,{sent}")
        (folder / "recipients.csv").write_text("\n".join(recipients) + "\n", "utf-8")
        (folder / "deliveries.csv").write_text("\n".join(deliveries) + "\n", "utf-8")
