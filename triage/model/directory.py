"""The directory, and what ties a failure to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from triage.model.terms import Evidence, Strength


@dataclass(frozen=True, slots=True)
class Author:
    id: str
    name: str
    email: str
    language: str = "de"
    salutation: str = ""
    title: str = ""
    company: str = ""
    deputy: str = ""
    """The id of the author who stands in, or an address."""


@dataclass(frozen=True, slots=True)
class Protocol:
    number: str
    title: str
    project: str = ""
    date: date | None = None
    author: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    id: str
    name: str
    email: str
    protocol: str
    company: str = ""
    entered_by: str = ""
    entered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    protocol: str
    address: str
    message_id: str = ""
    sent_at: datetime | None = None
    recipient: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that a directory file holds and that cannot be used."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class DirectoryRows:
    """What a directory source holds: its good rows, and the others with file and line."""

    authors: tuple[Author, ...] = ()
    protocols: tuple[Protocol, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    rejections: tuple[Rejection, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A failure tied to the protocol and author it concerns."""

    protocol: str
    author: str
    strength: Strength
    evidence: Evidence
    matched: str = ""
    """The very thing that matched: a Message-ID, a number, a link without its token."""
    score: float = 1.0
    """Ranks guesses among themselves, 0 to 1."""
