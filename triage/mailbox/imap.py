"""The mailbox on an IMAP server. Folders are opened with EXAMINE and read with BODY.PEEK: nothing there changes.

Only where the settings ask for it are bounces marked or moved, after they were kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from triage import login
from triage.config import Settings
from triage.errors import SourceError
from triage.lang import _
from triage.mailbox.arrival import believed
from triage.mailbox.letters import CONTENT_MOST, FIELDS, found_letter, shown_letter
from triage.mailbox.marking import Marker
from triage.mailbox.source import BATCH_MESSAGES, BATCH_OCTETS, PART, WHOLE_MOST, FolderSeen, Marked
from triage.model import Batch, Cursor, Found, Raw
from triage.text import line

_LISTED_AT_ONCE = 1_000
"""Sizes are asked for several batches together: over a slow line each answer is waited for."""
_SEARCH_SPAN = 50_000
"""UIDs per SEARCH: the answer is one line, and imaplib reads no line beyond a million octets."""
_TEXT_SPAN = 1_000
"""Messages per search for words: the server may have to read each, and must answer in time."""
_POLL = 60.0
"""Seconds between two looks where no IDLE tells: the server has none, or there are several folders."""
_SLICE = 0.25
_COUNTED = 200
"""Folders whose messages are counted: each is a question of its own."""


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
        self._marker = Marker(settings.mailbox)
        self._opened: dict[str, login.Folder] = {}
        """Each folder as it was when it was opened last."""
        self._is_left = False

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
        for at in range(0, len(uids), _LISTED_AT_ONCE):
            done = at
            for listed in _by_octets(self._list(uids[at : at + _LISTED_AT_ONCE])):
                raws = tuple(self._fetch(folder, listed))
                done += len(listed)
                yield Batch(raws, Cursor(name, folder.uidvalidity, listed[-1].uid), done, len(uids))

    def _uids_after(self, uid: int, folder: login.Folder) -> list[int]:
        """UIDs beyond `uid`; a server answers `9:*` with its last message even if that is older (RFC 3501, 6.4.8)."""
        spans = ["*"]
        found: set[int] = set()
        with self._in_words():
            if folder.exists > _SEARCH_SPAN:
                highest = max(self._imap.search("UID", "*"), default=0)  # UIDNEXT is only what the server expects
                spans = [str(start + _SEARCH_SPAN - 1) for start in range(uid + 1, highest + 1, _SEARCH_SPAN)]
            for number, last in enumerate(spans):
                found.update(self._imap.search("UID", f"{uid + 1 + number * _SEARCH_SPAN}:{last}"))
        return sorted(u for u in found if u > uid)

    def _list(self, uids: Sequence[int]) -> list[_Listed]:
        """Size and arrival of those that are still there; a server may pass over one without a word."""
        with self._in_words():
            told = dict(self._imap.fetch(uids, "RFC822.SIZE", "INTERNALDATE"))
        told |= {uid: {} for uid in self._still_there([uid for uid in uids if uid not in told])}
        return [
            _Listed(uid, _number(told[uid].get(b"RFC822.SIZE")), _arrived(told[uid].get(b"INTERNALDATE")))
            for uid in uids
            if uid in told
        ]

    def _fetch(self, folder: login.Folder, listed: Sequence[_Listed]) -> Iterator[Raw]:
        contents = self._contents(folder, [one.uid for one in listed if one.size <= WHOLE_MOST], "BODY.PEEK[]")
        huge = [one.uid for one in listed if one.size > WHOLE_MOST]
        contents |= self._contents(folder, huge, f"BODY.PEEK[]<0.{PART}>")
        for one in listed:
            content = contents.get(one.uid)
            if content is None and not self._still_there([one.uid]):
                continue
            is_whole = one.size <= WHOLE_MOST or len(content or b"") < PART  # sizes are at times invented
            size = len(content) if content and is_whole else one.size
            yield Raw(content or b"", folder.name, one.uid, folder.uidvalidity, one.received_at, size)

    def _contents(self, folder: login.Folder, uids: Sequence[int], item: str) -> dict[int, bytes]:
        """What could be fetched; each message that did not come is asked for once more, by itself.

        Dovecot hangs up on one whose file is damaged: without this it would end every reading at the same place.
        """
        contents = self._fetched(folder, uids, item)
        if contents.keys() != set(uids):
            contents = {}  # one is gone, or came under another's UID: none is believed
        for uid in uids:
            if not contents.get(uid):
                contents |= self._fetched(folder, [uid], item) or self._fetched_at_last(folder, uid, item)
        return contents

    def _fetched_at_last(self, folder: login.Folder, uid: int, item: str) -> dict[int, bytes]:
        """A message is given up only while the server hands out another; else it is the server that cannot now."""
        if not self._still_there([uid]):
            return {}
        with self._in_words():
            others = {*self._imap.search("*"), *self._imap.search("1")} - {uid}
        if not any(self._fetched(folder, [other], f"BODY.PEEK[]<0.{PART}>") for other in sorted(others)):
            raise SourceError(
                _(
                    "{host} hands out no message of {folder} now.",
                    host=line(self._mailbox.host),
                    folder=line(folder.name),
                ),
                _("Nothing was passed over; try again later."),
            )
        return self._fetched(folder, [uid], item)

    def _fetched(self, folder: login.Folder, uids: Sequence[int], item: str) -> dict[int, bytes]:
        with self._in_words():
            try:
                answer = self._imap.fetch(uids, item)
            except login.ServerSaysNo:
                return {}
            except login.ServerHungUp:
                if self._is_left:
                    raise
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

    def _still_there(self, uids: Sequence[int]) -> set[int]:
        with self._in_words():
            return set(self._imap.search("UID", ",".join(map(str, uids)))) & set(uids) if uids else set()

    def letters(
        self, since: date | None, references: Collection[str] = (), marks: Collection[str] = ()
    ) -> Iterator[Found]:
        for name, in_sent in self.own_folders():
            folder = self._examine(name)
            if since is None or not in_sent:
                uids = self._uids_after(0, folder)
            else:
                with self._in_words():
                    uids = self._imap.search("SINCE", since - timedelta(days=1))  # a server's days have their own zone
            yield from self._letters_among(uids, in_sent, self._showing(marks, uids))
            for reference in references:
                with self._in_words():
                    uids = self._imap.search("TEXT", reference)
                yield from self._letters_among(uids, in_sent, set(uids), reference)

    def _showing(self, marks: Collection[str], uids: Sequence[int]) -> set[int]:
        """Those among these messages in which one of the marks stands; some at a time, for a server reads them all."""
        found: set[int] = set()
        for at in range(0, len(uids), _TEXT_SPAN):
            some = uids[at : at + _TEXT_SPAN]
            for mark in marks:
                with self._in_words():
                    found.update(self._imap.search("UID", f"{some[0]}:{some[-1]}", "TEXT", mark))
        return found

    def _letters_among(
        self, uids: Sequence[int], in_sent: bool, showing: Collection[int], reference: str = ""
    ) -> Iterator[Found]:
        """By their headers; where those name no claims, with the text, which then tells."""
        for at in range(0, len(uids), BATCH_MESSAGES):
            with self._in_words():
                answer = self._imap.fetch(uids[at : at + BATCH_MESSAGES], FIELDS)
            for uid, told in answer.items():
                headers = _body(told) or b""
                found = found_letter(headers, in_sent)
                if found is not None and found.claims:
                    yield found
                elif found is not None or uid in showing:
                    with self._in_words():
                        content = _body(self._imap.fetch([uid], f"BODY.PEEK[]<0.{CONTENT_MOST}>").get(uid, {}))
                    yield shown_letter(content or headers, in_sent, reference)

    def own_folders(self) -> list[tuple[str, bool]]:
        """(name, is Sent) of both, as the settings name them or the server marks them; either may be missing."""
        drafts, sent = self._mailbox.drafts, self._mailbox.sent
        if not (drafts and sent):
            with self._in_words():
                marked = self._imap.specials("Drafts", "Sent")
            drafts, sent = drafts or marked[0], sent or marked[1]
        return [(name, name == sent) for name in (drafts, sent) if name]

    def _examine(self, name: str) -> login.Folder:
        with self._in_words():
            try:
                self._opened[name] = opened = self._imap.examine(name)
                return opened
            except login.ServerSaysNo:
                folders = [folder.name for folder in self._imap.folders() if folder.can_be_opened]
                if name in folders:
                    raise  # it is there: the server's own words say more
                known = ", ".join(line(folder, 60) for folder in folders[:20])
                raise SourceError(
                    _("There is no folder {folder} at {host}.", folder=line(name), host=line(self._mailbox.host)),
                    _("There are: {folders}.", folders=known),
                ) from None

    # --- marking and waiting ---

    def folders(self) -> list[FolderSeen]:
        with self._in_words():
            listed = [folder for folder in self._imap.folders() if folder.can_be_opened]
        listed.sort(key=lambda folder: (folder.name.upper() != "INBOX", folder.name.lower()))
        return [
            FolderSeen(folder.name, folder.use, folder.is_guessed, self._count(folder.name) if at < _COUNTED else None)
            for at, folder in enumerate(listed)
        ]

    def _count(self, name: str) -> int | None:
        with self._in_words():
            try:
                return self._imap.count(name)
            except login.ServerSaysNo:
                return None

    def mark(self, bounces: Sequence[Raw]) -> Marked:
        marked = Marked()
        for name in self._mailbox.folders:
            uids = [raw.uid for raw in bounces if raw.source == name]
            if uids and self._marker.is_asked_for:
                marked = marked.plus(self._mark(self._opened[name], uids))
        return marked

    def _mark(self, folder: login.Folder, uids: Sequence[int]) -> Marked:
        """Afterwards the folder is open for reading again: there may be more to read in it."""
        try:
            with self._in_words():
                marked = self._marker.mark(self._imap, folder, uids)
                self._imap.examine(folder.name)
        except SourceError as error:
            self._reopen(folder)
            return Marked(failed=len(uids), why=(str(error),))
        return marked

    def wait(self, seconds: float, cancelled: Callable[[], bool]) -> bool:
        """By IDLE on the first folder; what came since it was read is not waited for."""
        first = self._mailbox.folders[0]
        as_read = self._opened.get(first)
        if self._examine(first) != as_read:
            return True
        at_most = seconds if self._imap.can("IDLE") and len(self._mailbox.folders) == 1 else min(seconds, _POLL)
        with self._in_words():
            if self._imap.can("IDLE"):
                return self._imap.idle(at_most, cancelled)
        end = time.monotonic() + at_most
        while not cancelled() and (left := end - time.monotonic()) > 0:
            time.sleep(min(_SLICE, left))
        return False

    def _in_words(self) -> AbstractContextManager[None]:
        return login.in_words(self._mailbox, self._imap.port, SourceError)

    def leave(self) -> None:
        self._is_left = True
        self._imap.cut()

    def close(self) -> None:
        self._imap.close()


def _by_octets(listed: Sequence[_Listed]) -> Iterator[list[_Listed]]:
    """Pieces of what is listed, of at most `BATCH_MESSAGES` that together stay near `BATCH_OCTETS`."""
    piece: list[_Listed] = []
    octets = 0
    for one in listed:
        fetched = one.size if one.size <= WHOLE_MOST else PART
        if len(piece) == BATCH_MESSAGES or (piece and octets + fetched > BATCH_OCTETS):
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
    try:
        return believed(value) if isinstance(value, datetime) else None
    except (ValueError, OverflowError):  # a zone of 99 hours
        return None
