"""What the desk works with: cases, the rules' answers, lists and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from triage.model.directory import Link
from triage.model.mail import NO_REASON, Reason
from triage.model.terms import AddressFault, Evidence, Kind, LetterState, Refusal, Section, Strength


@dataclass(frozen=True, slots=True)
class Limits:
    """The rules' numbers; days and counts. `NOTICES_EVER` is none of them: nobody may set it."""

    days_between: int = 5
    full_lasts_days: int = 7
    problem_lasts_days: int = 3
    history_days: int = 30
    hold_failures: int = 10
    hold_addresses: int = 3


@dataclass(frozen=True, slots=True)
class Case:
    """The one matter per address key, with what the rules ask of it."""

    id: int
    key: str
    written: str
    kind: Kind
    """That of its newest permanent failure, else the newest."""
    section: Section = Section.BIN
    wakes_at: datetime | None = None
    strength: Strength | None = None
    """Of its newest link that counts; a guess where there is none."""
    evidence: Evidence | None = None
    matched: str = ""
    protocol: str = ""
    author: str = ""
    author_name: str = ""
    notices: int = 0
    bounces: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    failing_since: datetime | None = None
    """First failure that counts since the last notice or closing."""
    last_failed: datetime | None = None
    """Newest failure that counts: linked by more than a guess."""
    last_left: datetime | None = None
    """When the newest letter about it left: a notice, or one to a postmaster."""
    open_letter: LetterState | None = None
    waits_until: datetime | None = None
    closed_at: datetime | None = None
    """When it was last closed; a newer failure that counts reopens it (`rules.cases.is_closed`)."""
    closed_because: str = ""
    held: str = ""
    """The domain or cause it shares with a burst of failures; "" if none."""
    held_until: datetime | None = None
    taken_by: str = ""
    note: str = ""
    fault: AddressFault | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """The next notice may go out; this is its number."""

    number: int


@dataclass(frozen=True, slots=True)
class Refused:
    reason: Refusal
    until: datetime | None = None
    """When the answer may change by time alone; None if it does not."""


@dataclass(frozen=True, slots=True)
class Placed:
    section: Section
    wakes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Many failures of one domain or cause within an hour: one matter, no letters, one alarm."""

    subject: str
    """A domain, or the value of a `Kind` that is a cause."""
    failures: int
    addresses: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the queue: a case, or a stray (then `id` is negative: that of its message)."""

    id: int
    address: str
    """The failing address, or a stray's sender."""
    kind: Kind
    subject: str = ""
    """A stray's subject."""
    section: Section = Section.BIN
    strength: Strength | None = None
    notices: int = 0
    bounces: int = 0
    author: str = ""
    protocol: str = ""
    seen: datetime | None = None
    wakes_at: datetime | None = None
    letter: LetterState | None = None
    """The state of the letter in work about it: to review, or open."""
    held: str = ""
    taken_by: str = ""
    closed_because: str = ""

    @property
    def is_case(self) -> bool:
        return self.id > 0


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a filter: `kind:mailbox`, `!domain:gmail.com`, or a bare word (`field` is "")."""

    field: str
    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A failure as a case shows it, with the message it came in and its link."""

    id: int
    message: int
    received_at: datetime
    written: str
    final_recipient: str
    kind: Kind
    status: str
    reply: str
    diagnostic: str
    remote_mta: str
    reason: Reason
    source: str
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Stray:
    """A message without a case."""

    id: int
    received_at: datetime
    kind: Kind
    sender: str
    subject: str
    section: Section
    source: str
    new_address: str = ""
    reason: Reason = NO_REASON
    letter: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the history."""

    at: datetime
    who: str
    what: str
    detail: str = ""
    case: int | None = None
    letter: int | None = None


@dataclass(frozen=True, slots=True)
class Undoable:
    """What `z` would undo, or `Z` redo."""

    id: int
    label: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WeekNumbers:
    """The counts of a range of days; every figure is of that range unless its name says otherwise."""

    first: date
    last: date
    messages: int = 0
    bounces: int = 0
    strays: int = 0
    new_cases: int = 0
    notices: tuple[int, int, int] = (0, 0, 0)
    """First, second and third notices that left."""
    closed: int = 0
    open_now: int = 0
    blocked_now: int = 0
    by_kind: tuple[tuple[Kind, int], ...] = ()
    by_day: tuple[tuple[date, int], ...] = ()
    by_domain: tuple[tuple[str, int], ...] = ()
    by_author: tuple[tuple[str, int], ...] = ()
    days_to_fix: float | None = None
    letters: tuple[tuple[date, str, str, int], ...] = ()
    """(day, address, to, number) of every notice that left."""
    blocked: tuple[str, ...] = ()
