"""What comes in: raw messages, and bounces understood."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from triage.model.directory import Link
from triage.model.terms import AddressFault, Kind


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


NO_REASON = Reason("")


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
    reason: Reason = NO_REASON


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
    reason: Reason = NO_REASON
    faults: tuple[str, ...] = ()
    """What could not be read, in a word each ("too deep", "cut"); the rest was."""

    @property
    def is_bounce(self) -> bool:
        return self.kind.is_bounce


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
