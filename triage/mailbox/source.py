"""What every source can do, and how large its batches are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from triage.model import Batch, Cursor, Found, Raw

BATCH_MESSAGES = 200
BATCH_OCTETS = 8_000_000
WHOLE_MOST = 10_000_000
"""Octets: a larger message is read in part."""
PART = 1_000_000
"""Octets that are read of it: the report stands at its beginning."""


@dataclass(frozen=True, slots=True)
class FolderSeen:
    """A folder of a server that can be opened."""

    name: str
    use: str = ""
    """`Drafts`, `Sent`, `Junk` … (RFC 6154); "" for none."""
    is_guessed: bool = False
    """By its name: the server marks none so."""
    messages: int | None = None
    """None where the server does not tell."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What was done to bounces on the server, and what could not be: that harms nothing, and is only told."""

    marked: int = 0
    moved: int = 0
    failed: int = 0
    why: tuple[str, ...] = ()
    """In words for eyes, each reason once."""

    def plus(self, other: Marked) -> Marked:
        return Marked(
            self.marked + other.marked,
            self.moved + other.moved,
            self.failed + other.failed,
            tuple(dict.fromkeys((*self.why, *other.why))),
        )


class Source(Protocol):
    """A mailbox that can be read again and again, each time from where the last reading was kept."""

    @property
    def name(self) -> str:
        """For eyes: "support@imap.iprot.example", or the path."""

    def pull(self, cursors: Mapping[str, Cursor]) -> Iterator[Batch]:
        """What came after the cursors (by folder), oldest first. Raises SourceError."""

    def letters(
        self, since: date | None, references: Collection[str] = (), marks: Collection[str] = ()
    ) -> Iterator[Found]:
        """Letters of ours in Drafts, and those that came to Sent since a day (None: ever), each perhaps more than once.

        They are known by our headers, by our Message-ID, or, for mail programs may drop both, by their text: by one of
        the visible `references` (whenever they came), or by the `marks`, words that stand before every reference. What
        only the text may prove comes as `letters.Shown`, with its content. Raises SourceError.
        """

    def own_folders(self) -> Sequence[tuple[str, bool]]:
        """(name, is Sent) of Drafts and Sent, as far as there are any: where `letters` looks, Drafts first."""

    def folders(self) -> list[FolderSeen]:
        """What there is to choose from; files: none. Raises SourceError."""

    def mark(self, bounces: Sequence[Raw]) -> Marked:
        """Mark or move these of a batch that is kept, if the settings ask for it. A mark that fails is no error.

        Raises SourceError where the mailbox cannot be read on.
        """

    def wait(self, seconds: float, cancelled: Callable[[], bool]) -> bool:
        """Until something may have come, at most so long; False: nothing showed, or cancelled. Raises SourceError.

        Whoever waited reads again in either case: a server may say nothing.
        """

    def leave(self) -> None:
        """From any thread: who reads or waits here is broken off with a SourceError; `close` is all that may follow."""

    def close(self) -> None: ...
