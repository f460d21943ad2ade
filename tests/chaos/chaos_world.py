"""The world of the chaos: addresses that fail, the mailbox they bounce into, and a peer that takes letters badly."""

from __future__ import annotations

import email
import itertools
import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from servers import free_port
from servers.dovecot import TestMailbox

from triage import clock
from triage.claims import parse_claims
from triage.config import Mailbox, Post, Sender, Settings
from triage.model import Author, Delivery, DirectoryRows, Protocol

DAYS_A_SECOND = 4
_DAYS_BACK = timedelta(days=5_000)
"""The calendar of the chaos begins so long ago: a server dates no mail into its own future."""
_AUTHORS = 20
_REPORT = (Path(__file__).parents[1] / "mails" / "real" / "postfix-unknown550.eml").read_bytes()
_ITS_MESSAGE_ID = b"postfix-unknown550.a77c5f901232e73c@app.support.test"


@dataclass(frozen=True, slots=True)
class World:
    """Where everything is; every process of the chaos is given one."""

    folder: Path
    imap_port: int
    smtp_port: int
    user: str
    addresses: int
    began: float

    @property
    def store(self) -> Path:
        return self.folder / "triage.db"

    def settings(self) -> Settings:
        imap = Mailbox(host="127.0.0.1", port=self.imap_port, user=self.user, tls="none")
        return Settings(
            mailbox=imap,
            post=Post(outlet="smtp", host="127.0.0.1", port=self.smtp_port, tls="none"),
            sender=Sender(addresses=("iprot@iprot.example",), letters_from="support@iprot.example", name="iprot"),
        )

    @property
    def first_day(self) -> datetime:
        return datetime.fromtimestamp(self.began, UTC) - _DAYS_BACK

    def set_clock(self) -> None:
        """Days pass in every process alike."""
        clock.fix(self.first_day + timedelta(days=DAYS_A_SECOND * (time.time() - self.began)))

    def directory(self) -> DirectoryRows:
        """Each address was mailed one protocol; twenty authors share the protocols."""
        numbers = range(self.addresses)
        return DirectoryRows(
            authors=tuple(Author(f"A{a}", f"Karin Roth {a}", f"k.roth{a}@planwerk.example") for a in range(_AUTHORS)),
            protocols=tuple(Protocol(f"2026-{n:04}", f"Jour fixe {n}", author=f"A{n % _AUTHORS}") for n in numbers),
            deliveries=tuple(
                Delivery(f"2026-{n:04}", address(n), f"m{n}@iprot.example", self.first_day, f"R{n}", address(n))
                for n in numbers
            ),
        )


def address(number: int) -> str:
    return f"p{number}@firma{number}.example"


@dataclass(frozen=True, slots=True)
class Bounces:
    """Puts reports into the INBOX behind the server's back: many a second, dated by the clock of the chaos."""

    mailbox: TestMailbox
    name: str
    _serial: Iterator[int] = field(default_factory=itertools.count)

    def arrive(self, number: int) -> None:
        serial = f"{self.name}-{next(self._serial):07}"
        report = _REPORT.replace(b"unknown-1@peer.test", address(number).encode())
        report = report.replace(_ITS_MESSAGE_ID, b"m%d@iprot.example" % number).replace(b"B2720248082", serial.encode())
        maildir = self.mailbox.server.base / "home" / self.mailbox.user / "Maildir"
        draft = maildir / "tmp" / f"{serial}.chaos"
        draft.write_bytes(report.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        at = clock.now().timestamp()
        os.utime(draft, (at, at))  # a Maildir's mark of arrival
        if os.geteuid() == 0:
            owner = maildir.stat()
            os.chown(draft, owner.st_uid, owner.st_gid)
        draft.rename(maildir / "new" / draft.name)


class Peer:
    """Accepts letters, slowly, and at times refuses one, or hangs up before or after it took one."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.port = free_port()
        self.accepted: list[tuple[str, tuple[tuple[str, int], ...]]] = []
        """(Message-ID, claims), in the order in which they were taken."""

    @property
    def message_ids(self) -> set[str]:
        return {message_id for message_id, _claims in self.accepted}

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]) -> str:
        if self._chance.random() < 0.05:
            return "450 4.2.0 later"
        envelope.rcpt_tos.append(to)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fate = self._chance.random()
        if fate < 0.05:
            return "554 5.7.1 no"
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content)
        self.accepted.append((str(mail["Message-ID"]), parse_claims(str(mail["X-Triage-Claims"]))))
        if fate < 0.10:
            assert server.transport is not None
            server.transport.close()
        return "250 ok"

    @contextmanager
    def listening(self) -> Iterator[None]:
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield
        finally:
            controller.stop()


def put_back(copy: Path, store: Path) -> None:
    """Restore an older copy of the store; its key stays where it is."""
    for side in ("-wal", "-shm"):
        store.with_name(store.name + side).unlink(missing_ok=True)
    shutil.copyfile(copy, store)
