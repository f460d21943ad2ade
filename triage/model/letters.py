"""What goes out: letters, the notices they are, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from triage.model.terms import Kind, LetterState, Purpose, Sent


@dataclass(frozen=True, slots=True)
class Notice:
    """One letter's number on one address."""

    key: str
    number: int
    letter: int
    state: LetterState
    left_at: datetime | None
    """When it left or was handed over; when it was claimed, until that is known."""
    to: str = ""
    reference: str = ""

    @property
    def counts(self) -> bool:
        return self.state is not LetterState.RELEASED


@dataclass(frozen=True, slots=True)
class LetterItem:
    """One address in a letter, with the number its notice will have (0 in a letter that is no notice)."""

    case: int
    key: str
    written: str
    number: int
    protocol: str = ""
    kind: Kind = Kind.UNCLEAR


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail we write, exactly as it was or will be sent."""

    id: int
    purpose: Purpose
    state: LetterState
    to: str
    to_name: str
    subject: str
    body: str
    language: str
    items: tuple[LetterItem, ...]
    author: str = ""
    reference: str = ""
    message_id: str = ""
    template: str = ""
    origin: str = "composed"
    """composed here, recorded by a person, or adopted from a folder of the mailbox."""
    created_at: datetime | None = None
    left_at: datetime | None = None
    detail: str = ""
    """What the server said, or why it came back to review."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outlet's answer. `REFUSED`: certainly nothing left. `UNKNOWN`: nobody knows, never send again."""

    result: Sent
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A letter of ours that lies in Drafts or Sent."""

    message_id: str
    reference: str
    claims: tuple[tuple[str, int], ...]
    """(address key, number), from the header that names them."""
    in_sent: bool
    to: str = ""
    subject: str = ""
    date: datetime | None = None
