"""The mailbox on an IMAP server. Folders are opened with EXAMINE and read with BODY.PEEK: nothing there changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from triage import login
from triage.config import Settings
from triage.errors import SourceError
from triage.lang import _
from triage.mailbox.arrival import believed
from triage.mailbox.letters import FIELDS, found_letter
from triage.mailbox.source import BATCH_MESSAGES, BATCH_OCTETS, PART, WHOLE_MOST
from triage.model import Batch, Cursor, Found, Raw
from triage.text import line

_SEARCH_SPAN = 50_000
"""UIDs per SEARCH: the answer is one line, and imaplib reads no line beyond a million octets."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """A message as the server lists it, before its content is fetched."""

    uid: int
    size: int
    received_at: datetime | None


class ImapSource:
    """The support mailbox. Raises SourceError, with what was handed out before it still true."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._mailbox = settings.mailbox
        self._imap = login.Imap(settings.mailbox, settings, SourceError)

    @property
    def name(self) -> str:
        return login.account(self._mailbox)

    def pull(self, cursors: Mapping[str, Cursor]) -> Iterator[Batch]:
        for name in self._mailbox.folders:
            yield from self._pull_folder(name, cursors.get(name))

    def _pull_folder(self, name: str, cursor: Cursor | None) -> Iterator[Batch]:
        folder = self._examine(name)
        read_up_to = cursor.uid if cursor and cursor.uidvalidity == folder.uidvalidity else 0
        uids = self._uids_after(read_up_to, folder)
        for at in range(0, len(uids), BATCH_MESSAGES):
            done = at
            for listed in _by_octets(self._list(uids[at : at + BATCH_MESSAGES])):
                raws = tuple(self._fetch(folder, listed))
                done += len(listed)
                yield Batch(raws, Cursor(name, folder.uidvalidity, listed[-1].uid), done, len(uids))

    def _uids_after(self, uid: int, folder: login.Folder) -> list[int]:
        """UIDs beyond `uid`; a server answers `9:*` with its last message even if that is older (RFC 3501, 6.4.8)."""
        spans = ["*"]
        if folder.exists > _SEARCH_SPAN and folder.uidnext:
            spans = [str(start + _SEARCH_SPAN - 1) for start in range(uid + 1, folder.uidnext, _SEARCH_SPAN)]
        found: set[int] = set()
        with self._in_words():
            for number, last in enumerate(spans):
                found.update(self._imap.search("UID", f"{uid + 1 + number * _SEARCH_SPAN}:{last}"))
        return sorted(u for u in found if u > uid)

    def _list(self, uids: Sequence[int]) -> list[_Listed]:
        """Size and arrival of those that are still there."""
        with self._in_words():
            answer = self._imap.fetch(uids, "RFC822.SIZE", "INTERNALDATE")
        return [
            _Listed(uid, _number(answer[uid].get(b"RFC822.SIZE")), _arrived(answer[uid].get(b"INTERNALDATE")))
            for uid in uids
            if uid in answer
        ]

    def _fetch(self, folder: login.Folder, listed: Sequence[_Listed]) -> Iterator[Raw]:
        contents = self._contents(folder, [one.uid for one in listed if one.size <= WHOLE_MOST], "BODY.PEEK[]")
        huge = [one.uid for one in listed if one.size > WHOLE_MOST]
        contents |= self._contents(folder, huge, f"BODY.PEEK[]<0.{PART}>")
        for one in listed:
            content = contents.get(one.uid)
            if content is None and self._is_gone(one.uid):
                continue
            size = len(content) if content and one.size <= WHOLE_MOST else one.size
            yield Raw(content or b"", folder.name, one.uid, folder.uidvalidity, one.received_at, size)

    def _contents(self, folder: login.Folder, uids: Sequence[int], item: str) -> dict[int, bytes]:
        """What could be fetched; each message that did not come is asked for once more, by itself.

        Dovecot hangs up on one whose file is damaged: without this it would end every reading at the same place.
        """
        contents = self._fetched(folder, uids, item)
        for uid in uids:
            if uid not in contents:
                contents |= self._fetched(folder, [uid], item)
        return contents

    def _fetched(self, folder: login.Folder, uids: Sequence[int], item: str) -> dict[int, bytes]:
        with self._in_words():
            try:
                answer = self._imap.fetch(uids, item)
            except login.ServerSaysNo:
                return {}
            except login.ServerHungUp:
                self._reopen(folder)
                return {}
        return {uid: body for uid, told in answer.items() if (body := _body(told)) is not None}

    def _reopen(self, folder: login.Folder) -> None:
        self._imap.close()
        self._imap = login.Imap(self._mailbox, self._settings, SourceError)
        if self._examine(folder.name).uidvalidity != folder.uidvalidity:
            raise SourceError(
                _("The folder {folder} was made anew while it was read.", folder=line(folder.name)), _("Read it again.")
            )

    def _is_gone(self, uid: int) -> bool:
        with self._in_words():
            return uid not in self._imap.search("UID", str(uid))

    def letters(self, since: date | None, references: Collection[str] = ()) -> Iterator[Found]:
        for name, in_sent in self._own_folders():
            folder = self._examine(name)
            if since is None:
                uids = self._uids_after(0, folder)
            else:
                with self._in_words():
                    uids = self._imap.search("SINCE", since - timedelta(days=1))  # a server's days have their own zone
            yield from self._letters_among(uids, in_sent)
            for reference in references:
                with self._in_words():
                    uids = self._imap.search("TEXT", reference)
                yield from self._letters_among(uids, in_sent, reference)

    def _letters_among(self, uids: Sequence[int], in_sent: bool, reference: str = "") -> Iterator[Found]:
        for at in range(0, len(uids), BATCH_MESSAGES):
            with self._in_words():
                answer = self._imap.fetch(uids[at : at + BATCH_MESSAGES], FIELDS)
            for told in answer.values():
                if found := found_letter(_body(told) or b"", in_sent, reference):
                    yield found

    def _own_folders(self) -> list[tuple[str, bool]]:
        """(name, is Sent) of both, as the settings name them or the server marks them; either may be missing."""
        with self._in_words():
            drafts = self._mailbox.drafts or self._imap.special("Drafts")
            sent = self._mailbox.sent or self._imap.special("Sent")
        return [(name, name == sent) for name in (drafts, sent) if name]

    def _examine(self, name: str) -> login.Folder:
        with self._in_words():
            try:
                return self._imap.examine(name)
            except login.ServerSaysNo:
                known = ", ".join(line(folder, 60) for folder in self._imap.folders()[:20])
                raise SourceError(
                    _("There is no folder {folder} at {host}.", folder=line(name), host=line(self._mailbox.host)),
                    _("There are: {folders}.", folders=known),
                ) from None

    def _in_words(self) -> AbstractContextManager[None]:
        return login.in_words(self._mailbox, self._imap.port, SourceError)

    def close(self) -> None:
        self._imap.close()


def _by_octets(listed: Sequence[_Listed]) -> Iterator[list[_Listed]]:
    """Pieces of what is listed that together stay near `BATCH_OCTETS`."""
    piece: list[_Listed] = []
    octets = 0
    for one in listed:
        fetched = one.size if one.size <= WHOLE_MOST else PART
        if piece and octets + fetched > BATCH_OCTETS:
            yield piece
            piece, octets = [], 0
        piece.append(one)
        octets += fetched
    if piece:
        yield piece


def _body(told: Mapping[bytes, Any]) -> bytes | None:
    """The one literal of a FETCH answer, whatever the server calls its section."""
    for item, value in told.items():
        if item.startswith(b"BODY[") and isinstance(value, bytes):
            return value
    return None


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _arrived(value: object) -> datetime | None:
    return believed(value) if isinstance(value, datetime) else None
