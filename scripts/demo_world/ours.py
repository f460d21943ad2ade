"""Pieces that every report needs: our mails as they come back, and what our own servers put on top."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from random import Random

from demo_world import lots
from demo_world.directory import Listed, Mail, Protocol
from demo_world.replies import Reply

SENDER = "iprot@iprot.example"
SUPPORT = "support@iprot.example"
OUT = "mail.iprot.example"
OUT_IP = "203.0.113.25"

Dated = tuple[datetime, str]
"""When a message arrived, and the message."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A recipient of a mail, and what was answered for it."""

    listed: Listed
    reply: Reply
    final: str = ""

    @property
    def address(self) -> str:
        return self.listed.person.address

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Returned:
    """One mail that comes back: what a report is about."""

    protocol: Protocol
    mail: Mail
    failed: tuple[Failed, ...]
    at: datetime
    lot: Random
    delayed: bool = False

    @property
    def first(self) -> Failed:
        return self.failed[0]

    @property
    def host(self) -> str:
        """The mail server of the other side."""
        return f"mx1.{re.sub(r'[^a-z0-9.-]', '-', self.first.domain)}"

    @property
    def ip(self) -> str:
        return ip_of(self.host)


def ip_of(host: str) -> str:
    """An address of the documentation's networks (RFC 5737)."""
    lot = lots(host)
    return f"{lot.choice(('192.0.2', '198.51.100'))}.{lot.randint(2, 250)}"


def stamp(moment: datetime, form: str = "D") -> str:
    """The placeholder that triage.desk.world writes out."""
    return f"{{{{{form}:{moment.isoformat()}}}}}"


def header(text: str, charset: str = "utf-8") -> str:
    """A header's value, encoded only where it must be (RFC 2047)."""
    return text if text.isascii() else Header(text, charset, maxlinelen=72).encode()


def mailbox(name: str, address: str) -> str:
    return f"{header(name)} <{address}>" if name else address


def hexes(lot: Random, length: int) -> str:
    return "".join(lot.choices("0123456789ABCDEF", k=length))


def queue_id(lot: Random) -> str:
    return "4" + "".join(lot.choices("BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789", k=13))


def uuid(lot: Random) -> str:
    digits = hexes(lot, 32).lower()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def arrival(host: str, ip: str, moment: datetime, lot: Random) -> str:
    """The top of a message that came to the support mailbox from outside."""
    return (
        "Return-Path: <>\n"
        f"X-Original-To: {SENDER}\n"
        f"Delivered-To: {SUPPORT}\n"
        f"Received: from {host} ({host} [{ip}])\n"
        f"\tby {OUT} (Postfix) with ESMTPS id {queue_id(lot)}\n"
        f"\tfor <{SENDER}>; {stamp(moment)}\n"
    )


def our_headers(returned: Returned, message_id: str = "", *, relayed: bool = True) -> str:
    """The mail as the other side got it; not `relayed`: as it stood before our own server took it."""
    protocol, mail = returned.protocol, returned.mail
    to = ",\n ".join(mailbox(one.person.name, one.person.address) for one in mail.to)
    sent = stamp(mail.sent_at)
    received = (
        f"Received: from app1.iprot.example (app1.iprot.example [203.0.113.24])\n"
        f"\tby {OUT} (Postfix) with ESMTPS id {queue_id(lots(mail.message_id))}\n"
        f"\tfor <{returned.first.address}>; {sent}\n"
    )
    return (
        f"{received if relayed else ''}"
        f"From: iprot <{SENDER}>\n"
        f"To: {to}\n"
        f"Subject: {header(protocol.subject)}\n"
        f"Date: {sent}\n"
        f"Message-ID: <{message_id or mail.message_id}>\n"
        f"X-Protocol: {protocol.number}\n"
        "MIME-Version: 1.0\n"
        'Content-Type: text/plain; charset="utf-8"\n'
        "Content-Transfer-Encoding: 8bit\n"
    )


def our_text(returned: Returned) -> str:
    protocol = returned.protocol
    day = datetime.combine(protocol.met_on, datetime.min.time())
    if protocol.author.language == "en":
        return (
            f"Hello,\n\nthe minutes {protocol.number} of {stamp(day, 'E')} are ready for you:\n\n"
            f"{protocol.url}\n\n{protocol.author.name}, {protocol.author.company}\n"
        )
    return (
        f"Guten Tag,\n\ndas Protokoll {protocol.number} vom {stamp(day, 'T')} liegt für Sie bereit:\n\n"
        f"{protocol.url}\n\n{protocol.author.name}, {protocol.author.company}\n"
    )


def our_mail(returned: Returned, message_id: str = "") -> str:
    return f"{our_headers(returned, message_id)}\n{our_text(returned)}"


_PIECES = re.compile(r"\{\{[^{}]*\}\}|[^{]|\{")


def quoted_printable(text: str) -> str:
    """Quoted-printable that leaves placeholders whole (RFC 2045, 6.7)."""
    return "\n".join(_quoted_line(line) for line in text.split("\n"))


def _quoted_line(line: str) -> str:
    done, current = [], ""
    for piece in _PIECES.findall(line):
        plain = piece.startswith("{{") or (piece.isascii() and piece != "=")
        written = piece if plain else "".join(f"={octet:02X}" for octet in piece.encode())
        if len(current) + len(written) > 75 and current:
            done.append(current + "=")
            current = ""
        current += written
    return "\n".join([*done, current])
