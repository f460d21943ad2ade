"""Automatic replies, letters of people and newsletters (strays.toml): no bounces, and nothing about a delivery."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from demo_world import lots
from demo_world.cast import moment
from demo_world.directory import Mail, Protocol
from demo_world.ours import SUPPORT, Dated, arrival, header, hexes, ip_of, mailbox, stamp, uuid

_WRITTEN = tomllib.loads(Path(__file__).with_name("strays.toml").read_text("utf-8"))


def all_of(protocols: list[Protocol]) -> Iterator[Dated]:
    yield from (_away(protocols, **row) for row in _WRITTEN["away"])
    yield from (_letter(**row) for row in _WRITTEN["letter"])
    yield from (_letter(**row, newsletter=True) for row in _WRITTEN["newsletter"])


def mail_to(protocols: list[Protocol], project: str, index: int, place: int) -> tuple[Mail, Protocol]:
    """The mail of one protocol to the recipient at `place` of its list."""
    protocol = next(p for p in protocols if (p.project.key, p.index) == (project, index))
    return protocol.mails[place], protocol


def message(
    name: str, sender: str, subject: str, text: str, at: datetime, lot: Random, message_id: str, extra: str = ""
) -> str:
    """An ordinary message to support, with `extra` headers."""
    host = f"mail.{sender.rpartition('@')[2]}"
    return f"""{arrival(host, ip_of(host), at, lot)}From: {mailbox(name, sender)}
To: {SUPPORT}
Subject: {header(subject)}
Date: {stamp(at - timedelta(seconds=2))}
Message-ID: <{message_id}>
{extra}MIME-Version: 1.0
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 8bit

{text.strip()}
"""


def _away(protocols: list[Protocol], to: tuple[str, int, int], subject: str, text: str) -> Dated:
    """An automatic reply (RFC 3834), some seconds after the mail."""
    mail, protocol = mail_to(protocols, *to)
    person = mail.to[0].person
    domain = person.address.rpartition("@")[2]
    lot = lots("away", mail.message_id)
    at = mail.sent_at + timedelta(seconds=lot.randint(3, 40))
    back = stamp(mail.sent_at + timedelta(days=7), "E" if protocol.author.language == "en" else "T")
    said = text.format(back=back, name=person.name, domain=domain)
    return at, message(
        person.name,
        person.address,
        f"{subject}: {protocol.subject}",
        f"{said}\n\n{person.name}\n{person.company}",
        at,
        lot,
        f"{uuid(lot)}@mail.{domain}",
        f"In-Reply-To: <{mail.message_id}>\nReferences: <{mail.message_id}>\n"
        "Auto-Submitted: auto-replied\nX-Auto-Response-Suppress: All\n",
    )


def _letter(
    *, at: tuple[int, int, int], name: str, subject: str, text: str, newsletter: bool = False, **row: Any
) -> Dated:
    sender: str = row["from"]
    lot = lots("letter", sender)
    domain = sender.rpartition("@")[2]
    extra = ""
    if newsletter:
        extra = f"List-Unsubscribe: <https://{domain}/abmelden>\nList-Id: <news.{domain}>\nPrecedence: bulk\n"
        text += f"\n\nAbmelden: https://{domain}/abmelden"
    came = moment(*at, minute=lot.randint(0, 59))
    return came, message(name, sender, subject, text, came, lot, f"{hexes(lot, 20)}@{domain}", extra)
