"""What every source can do, and how large its batches are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Protocol

from triage.model import Batch, Cursor, Found

BATCH_MESSAGES = 200
BATCH_OCTETS = 8_000_000
WHOLE_MOST = 10_000_000
"""Octets: a larger message is read in part."""
PART = 1_000_000
"""Octets that are read of it: the report stands at its beginning."""


class Source(Protocol):
    """A mailbox that can be read again and again, each time from where the last reading was kept."""

    @property
    def name(self) -> str:
        """For eyes: "support@imap.iprot.example", or the path."""

    def pull(self, cursors: Mapping[str, Cursor]) -> Iterator[Batch]:
        """What came after the cursors (by folder), oldest first. Raises SourceError."""

    def letters(self, since: date | None, references: Collection[str] = ()) -> Iterator[Found]:
        """Letters of ours in Drafts and Sent that came there since a day (None: ever), each perhaps more than once.

        They are known by our headers, by our Message-ID, or, for mail programs may drop both, by one of the visible
        `references` in the text. Raises SourceError.
        """

    def close(self) -> None: ...
