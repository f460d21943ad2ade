"""A support team with real servers: settings, directory and store in a folder, the mailbox on a Dovecot."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from servers.dovecot import PASSWORD, TestMailbox
from servers.mta import DOMAIN, HOUSE, Mta

from triage import cli, clock, config
from triage.desk import Desk, directory, drafting, open_desk, queue
from triage.model import Case, Refusal

REAL = Path(__file__).parents[1] / "mails" / "real"
DAY_ONE = (datetime.now(UTC) - timedelta(days=60)).replace(microsecond=0)
"""The calendar of the journeys lies behind the servers' clocks: a mail counts as arrived on the day that is fixed."""

WEBER = "unknown-weber@planung-sued.example"
HUBER = "unknown-huber@bau-huber.example"
ROTH = "k.roth@planwerk.example"
FALK = "unknown-falk@bauleitung.example"
LANG = "i.lang@bauleitung.example"
LATER = "later-vogt@bau-vogt.example"
STRANGER = f"niemand-hier@{HOUSE}"
NOWHERE = "p.weber@nowhere.invalid"

_ROUNDS = range(1, 5)
"""How often each address is mailed: once for each notice, and once more."""

_SETTINGS = """\
[mailbox]
host = "{host}"
port = {port}
user = "{user}"
password_command = "{python} {script}"
{ca_file}
folders = ["{folder}"]
[post]
{post}
[sender]
addresses = ["iprot@{domain}", "support@support.test"]
domains = ["{domain}"]
letters_from = "{user}@{domain}"
name = "iprot Support"
[directory]
path = "directory/"
[staff]
name = "Karin"
"""


class Team:
    """The team's folder and mailbox; it works at the desk, or by commands."""

    def __init__(self, folder: Path, mailbox: TestMailbox, capsys: pytest.CaptureFixture[str], post: str) -> None:
        self.mailbox = mailbox
        self.config = folder / "triage.toml"
        self.store = folder / "first.db"
        self.out = self.err = ""
        self._folder = folder
        self._capsys = capsys
        self._post = post
        (folder / "directory").mkdir()
        self._write_directory()
        self.set_up()

    # --- settings and days ---

    def set_up(self, **changes: Any) -> None:
        """Write the settings, with what a test wants otherwise; `prints` is what the password command prints."""
        server = self.mailbox.server
        script = self._folder / "password.py"
        printed = str(changes.pop("prints", PASSWORD)).encode()
        script.write_text(f"import sys\nsys.stdout.buffer.write({printed!r})\n", "utf-8")
        usual = {
            "host": "localhost",
            "port": server.tls_port,
            "user": self.mailbox.user,
            "python": sys.executable,
            "script": script,
            "ca_file": f'ca_file = "{server.certificate}"',
            "folder": "INBOX",
            "post": self._post,
            "domain": DOMAIN,
        }
        self.config.write_text(_SETTINGS.format(**(usual | changes)), "utf-8")

    def day(self, number: float) -> None:
        """Stand at a day of the journeys' calendar."""
        clock.fix(DAY_ONE + timedelta(days=number))

    # --- at the desk ---

    def desk(self, store: Path | None = None) -> Desk:
        """The desk with its directory imported."""
        desk = open_desk(config.load(self.config), store or self.store)
        directory.import_directory(desk)
        return desk

    def case(self, desk: Desk, address: str = WEBER) -> Case:
        return queue.find(desk, address)

    def refusal(self, desk: Desk, address: str = WEBER) -> Refusal | None:
        """Why no letter about this address may be drafted now; nothing may come of trying."""
        drafted = drafting.draft(desk, [self.case(desk, address).id])
        assert drafted.letters == ()
        [left] = drafted.left_out
        return left.refused.reason if left.refused else None

    # --- by commands ---

    def triage(self, *arguments: str) -> int:
        """Run a command; what it printed is in `out` and `err`."""
        self._capsys.readouterr()
        code = cli.run(["--config", str(self.config), "--store", str(self.store), "--lang", "en", *arguments])
        self.out, self.err = self._capsys.readouterr()
        return code

    def listed(self) -> dict[str, dict[str, Any]]:
        """All cases, by address, as `triage cases` lists them."""
        assert self.triage("cases", "--json") == 0
        return {case["address"]: case for case in map(json.loads, self.out.splitlines())}

    # --- the mailbox ---

    def bounce(self, number: int, address: str = WEBER) -> None:
        """A report that a real Postfix once wrote, now about our mail of this round, arrives in the mailbox."""
        report = (REAL / "postfix-unknown550.eml").read_text("utf-8")
        named = {
            "unknown-1@peer.test": address,
            "postfix-unknown550.a77c5f901232e73c@app.support.test": message_id(address, number),
            "20261123030748.B2720248082@mx.postfix.test": f"report{number}@mx.{DOMAIN}",
            "support@support.test": f"iprot@{DOMAIN}",
        }
        for old, new in named.items():
            assert old in report
            report = report.replace(old, new)
        self.mailbox.put(report.encode().replace(b"\n", b"\r\n"))

    def snapshot(self, folder: str = "INBOX") -> dict[int, Any]:
        """UID, flags, time and size of every message, seen without changing any."""
        with self.mailbox.client() as client:
            client.select_folder(folder, readonly=True)
            told = client.fetch(client.search(), ["FLAGS", "INTERNALDATE", "RFC822.SIZE"])
        return {uid: {name: value for name, value in one.items() if name != b"SEQ"} for uid, one in told.items()}

    def contents(self, folder: str) -> list[bytes]:
        with self.mailbox.client() as client:
            client.select_folder(folder, readonly=True)
            told = client.fetch(client.search(), ["BODY.PEEK[]"])
        return [one[b"BODY[]"] for _uid, one in sorted(told.items())]

    def send_drafts(self) -> None:
        """A person opens the Drafts and sends what lies there, as a mail program does it."""
        with self.mailbox.client() as client:
            client.select_folder("Drafts")
            uids = client.search()
            client.remove_flags(uids, ["\\Draft"])
            client.add_flags(uids, ["\\Seen"])
            client.move(uids, "Sent")

    # --- the directory ---

    def _write_directory(self) -> None:
        """Two authors, and a deputy of the second; a protocol of each, and the wrong addresses on it."""
        folder = self._folder / "directory"
        (folder / "authors.csv").write_text(
            "id,name,email,language,salutation,title,company,deputy\n"
            f"A1,Karin Roth,{ROTH},de,Frau,,Planwerk,\n"
            f"A2,Ute Falk,{FALK},de,Frau,,Bauleitung,A3\n"
            f"A3,Ingo Lang,{LANG},de,Herr,Dr.,Bauleitung,\n",
            "utf-8",
        )
        (folder / "protocols.csv").write_text(
            "number,title,project,date,author,url\n"
            "2026-0877,Jour fixe 14,Rathaus,2026-10-28,A1,\n"
            "2026-0878,Abnahme,Schule,2026-10-29,A2,\n",
            "utf-8",
        )
        (folder / "recipients.csv").write_text(
            "id,name,company,email,protocol,entered_by,entered_at\n"
            f"R1,Paul Weber,,{WEBER},2026-0877,A1,\n"
            f"R2,Max Huber,,{HUBER},2026-0878,A2,\n"
            f"R3,Eva Vogt,,{LATER},2026-0877,A1,\n"
            f"R4,Jan Haas,,{STRANGER},2026-0877,A1,\n"
            f"R5,Pia Weber,,{NOWHERE},2026-0877,A1,\n",
            "utf-8",
        )
        rows = [
            f"{protocol},{recipient},{address},<{message_id(address, number)}>,{DAY_ONE.isoformat()}"
            for protocol, recipient, address in (
                ("2026-0877", "R1", WEBER),
                ("2026-0878", "R2", HUBER),
                ("2026-0877", "R3", LATER),
                ("2026-0877", "R4", STRANGER),
                ("2026-0877", "R5", NOWHERE),
            )
            for number in _ROUNDS
        ]
        header = "protocol,recipient,address,message_id,sent_at"
        (folder / "deliveries.csv").write_text("\n".join([header, *rows]) + "\n", "utf-8")


def smtp_to(port: int) -> str:
    """[post] of the settings: letters leave by SMTP on this machine."""
    return f'outlet = "smtp"\nhost = "127.0.0.1"\nport = {port}\ntls = "none"'


def message_id(address: str, number: int) -> str:
    """The Message-ID under which our service mailed to this address for the n-th time."""
    return f"m{number}.{address.partition('@')[0]}@{DOMAIN}"


def mailed(mta: Mta, team: Team, address: str, number: int) -> None:
    """Our service mails the protocol to a wrong address, and what the mail server has to say lies in the mailbox."""
    mail = EmailMessage()
    mail["From"] = f"iprot@{DOMAIN}"
    mail["To"] = address
    mail["Subject"] = "Protokoll Jour fixe"
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = f"<{message_id(address, number)}>"
    mail.set_content("Ihr Protokoll liegt bereit.\n")
    before = team.mailbox.count()
    mta.submit(mail, f"{team.mailbox.user}@{DOMAIN}", address)
    wait_for_mail(mta, team, before + 1)


def wait_for_mail(mta: Mta, team: Team, count: int) -> None:
    """Until so many messages lie in the mailbox; a mail server needs some tenths of a second for each."""
    deadline = time.monotonic() + 20
    while team.mailbox.count() < count:
        assert time.monotonic() < deadline, mta.log()
        time.sleep(0.05)
