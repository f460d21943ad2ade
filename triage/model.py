"""The words of the house: what the rooms hand each other.

Frozen dataclasses and enums only; an enum's value is what files and JSON show. Every datetime is aware.
Text that came by mail stands here as it came (valid str, no surrogates) and is cleaned where it leaves for eyes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

NOTICES_EVER = 3
"""At most this many notices per address. The schema says the same."""


class Kind(StrEnum):
    """Why a mail was not delivered, in the terms of what staff do next; the second group are no bounces."""

    WRONG_MAILBOX = "wrong_mailbox"
    WRONG_DOMAIN = "wrong_domain"
    MAILBOX_DISABLED = "mailbox_disabled"
    MAILBOX_FULL = "mailbox_full"
    SPAM_OR_POLICY = "spam_or_policy"
    OUR_FAULT = "our_fault"
    TOO_LARGE = "too_large"
    DELIVERY_PROBLEM = "delivery_problem"
    DELAYED = "delayed"
    UNCLEAR = "unclear"

    AUTO_REPLY = "auto_reply"
    CHALLENGE = "challenge"
    FEEDBACK = "feedback"
    DELIVERED = "delivered"
    RECEIPT = "receipt"
    NOT_BOUNCE = "not_bounce"

    @property
    def is_bounce(self) -> bool:
        return self not in NO_BOUNCES

    @property
    def is_permanent(self) -> bool:
        """The receiving side gave up; `mailbox_full`, `delivery_problem` and `delayed` may mend themselves."""
        return self.is_bounce and self not in (Kind.MAILBOX_FULL, Kind.DELIVERY_PROBLEM, Kind.DELAYED, Kind.UNCLEAR)


NO_BOUNCES = frozenset({Kind.AUTO_REPLY, Kind.CHALLENGE, Kind.FEEDBACK, Kind.DELIVERED, Kind.RECEIPT, Kind.NOT_BOUNCE})


class Strength(StrEnum):
    """How much a link is worth, strongest first."""

    PROOF = "proof"
    STRONG = "strong"
    DECIDED = "decided"
    GUESS = "guess"

    @property
    def counts(self) -> bool:
        """A guess neither opens, reopens nor counts."""
        return self is not Strength.GUESS


class Section(StrEnum):
    """Where a case lies; the order is that of the keys 1 to 5."""

    NEW = "new"
    BIN = "bin"
    WAITING = "waiting"
    BLOCKED = "blocked"
    DONE = "done"


class Purpose(StrEnum):
    """What a letter is for. Only a correction request is a notice."""

    CORRECTION = "correction"
    POSTMASTER = "postmaster"


class LetterState(StrEnum):
    """The life of a letter; `MOVES` in rules.letters says which step may follow which."""

    COMPOSED = "composed"
    CLAIMED = "claimed"
    LEAVING = "leaving"
    HANDED_OVER = "handed_over"
    UNCONFIRMED = "unconfirmed"
    SENT = "sent"
    RELEASED = "released"

    @property
    def is_open(self) -> bool:
        """Claimed but not settled: it blocks the next letter on its addresses."""
        return self in (
            LetterState.CLAIMED,
            LetterState.LEAVING,
            LetterState.HANDED_OVER,
            LetterState.UNCONFIRMED,
        )


# --- what comes in ----------------------------------------------------------------------------------------------------


class AddressFault(StrEnum):
    """Why nobody could mail to an address as written."""

    NO_AT = "no_at"
    EMPTY_LOCAL = "empty_local"
    BAD_LOCAL = "bad_local"
    EMPTY_DOMAIN = "empty_domain"
    BAD_DOMAIN = "bad_domain"
    SPACE = "space"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Address:
    """An address as written and the key under which it is one and the same."""

    written: str
    key: str
    fault: AddressFault | None = None

    @property
    def local(self) -> str:
        return self.key.rpartition("@")[0]

    @property
    def domain(self) -> str:
        return self.key.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class Raw:
    """One message as it lay in the mailbox."""

    content: bytes
    source: str
    """The folder, file or path it came from: what a person would look for."""
    uid: int = 0
    uidvalidity: int = 0
    received_at: datetime | None = None
    """INTERNALDATE, or the file's own mark of arrival; None where there is none."""
    size: int = 0
    """Octets on the server; larger than `content` when only a part was fetched."""

    @property
    def is_partial(self) -> bool:
        return self.size > len(self.content)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a folder has been read: everything up to `uid` under this UIDVALIDITY."""

    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Some messages, and the cursor that is true once they are kept."""

    raws: tuple[Raw, ...]
    cursor: Cursor
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """Which rule decided on a kind, and on which words of the report."""

    rule: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient that a bounce reports."""

    address: Address
    """As the sender wrote it: the original recipient before the final one."""
    kind: Kind
    final_recipient: str = ""
    action: str = ""
    status: str = ""
    """Enhanced status code, RFC 3463: "5.1.1"."""
    reply: str = ""
    """SMTP reply code, RFC 5321: "550"."""
    diagnostic: str = ""
    remote_mta: str = ""
    reason: Reason = Reason("")


@dataclass(frozen=True, slots=True)
class Returned:
    """What a bounce carries of the mail that was not delivered; its body was read once and dropped."""

    message_id: str = ""
    from_: str = ""
    to: tuple[str, ...] = ()
    subject: str = ""
    date: datetime | None = None
    headers: tuple[tuple[str, str], ...] = ()
    """All headers as they stood, names in lower case, values unfolded and decoded."""
    text: str = ""
    """The readable text, bounded: for links and numbers, never kept."""


@dataclass(frozen=True, slots=True)
class AutoReply:
    """What an automatic reply tells beside itself."""

    gone: bool = False
    """"No longer with the company"."""
    returns_on: date | None = None
    new_address: str = ""
    deputy: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """One message of the support mailbox, understood. A stray is one without failures."""

    kind: Kind
    """That of its most permanent failure; for a stray what it is."""
    failures: tuple[Failure, ...] = ()
    message_id: str = ""
    sender: str = ""
    """The From header, readable, unverified."""
    to: tuple[str, ...] = ()
    """Where it was delivered to (To, Delivered-To, X-Original-To): a tagged return path shows here."""
    subject: str = ""
    date: datetime | None = None
    reporting_mta: str = ""
    original_message_id: str = ""
    """The Message-ID of our mail, if the report names it anywhere."""
    related_ids: tuple[str, ...] = ()
    """Other Message-IDs that may be ours: References, In-Reply-To, X-MS-Exchange-Parent-Message-Id."""
    returned: Returned | None = None
    auto_reply: AutoReply | None = None
    reason: Reason = Reason("")
    faults: tuple[str, ...] = ()
    """What could not be read, in a word each ("too deep", "cut"); the rest was."""

    @property
    def is_bounce(self) -> bool:
        return self.kind.is_bounce


# --- the directory ----------------------------------------------------------------------------------------------------


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


class Evidence(StrEnum):
    """What ties a failure to a protocol: the rungs of the ladder."""

    TAGGED_RETURN_PATH = "tagged_return_path"
    MESSAGE_ID = "message_id"
    FORWARDED = "forwarded"
    OUR_HEADER = "our_header"
    LINK_IN_MAIL = "link_in_mail"
    NUMBER_IN_MAIL = "number_in_mail"
    MAILED_RECENTLY = "mailed_recently"
    OTHERS_MESSAGE_ID = "others_message_id"
    SEVERAL_PROTOCOLS = "several_protocols"
    SIMILAR_ADDRESS = "similar_address"
    PERSON = "person"


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


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message on its way into the store: raw, understood, and a link for each of its failures."""

    raw: Raw
    digest: str
    """sha256 of the original octets: the same mail elsewhere is the same mail."""
    kept: bytes
    """What is stored of it: without the body of the mail it returns."""
    bounce: Bounce
    links: tuple[Link | None, ...] = ()
    letter: int | None = None
    """The letter of ours that it says did not arrive."""


# --- the desk ---------------------------------------------------------------------------------------------------------


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
    reason: Reason = Reason("")
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
class Allowed:
    """The next notice may go out; this is its number."""

    number: int


class Refusal(StrEnum):
    """Why a notice may not go out now. The texts for eyes are in lang."""

    THREE_SENT = "three_sent"
    CLOSED = "closed"
    LETTER_OPEN = "letter_open"
    NO_EVIDENCE = "no_evidence"
    NOT_THE_AUTHORS = "not_the_authors"
    NOTHING_NEW = "nothing_new"
    TOO_SOON = "too_soon"
    HELD = "held"


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


class Sent(StrEnum):
    """What became of a letter at the outlet."""

    SENT = "sent"
    HANDED_OVER = "handed_over"
    REFUSED = "refused"
    UNKNOWN = "unknown"


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
