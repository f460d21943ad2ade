"""What a letter is made of, and what it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from triage.model import AddressFault, Kind, Purpose


@dataclass(frozen=True, slots=True)
class RequestItem:
    """One failing address, with the protocol that did not arrive."""

    address: str
    """As written."""
    kind: Kind
    number: int = 0
    """The number its notice will have, 1 to 3; 0 in a letter that is no notice."""
    name: str = ""
    """Whose address it is."""
    company: str = ""
    protocol: str = ""
    protocol_title: str = ""
    protocol_date: date | None = None
    project: str = ""
    failures: int = 1
    first_failed: datetime | None = None
    last_failed: datetime | None = None
    diagnostic: str = ""
    """What the other server said. Only its postmaster reads it: to authors, a forger would speak in our name."""
    suggestion: str = ""
    """The probable right address; "" if there is none worth saying."""
    fault: AddressFault | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One letter to be written."""

    purpose: Purpose
    items: tuple[RequestItem, ...]
    reference: str
    """"T-7K3Q": the letter is found again by it, so it must show."""
    to_name: str = ""
    salutation: str = ""
    """"Frau", "Herr" (or "Ms", "Mr"); anything else greets neutrally."""
    title: str = ""
    """"Dr.": stands before the name in the greeting."""
    staff_name: str = ""
    sender_name: str = ""
    deputy_for: str = ""
    """The author in whose place this person is asked."""
    senders: tuple[str, ...] = ()
    """Our sending addresses, for a postmaster to allow."""
    sender_ips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter's text; the store makes a Letter of it."""

    subject: str
    body: str
    language: str
    template: str
    """The file it was made from."""
