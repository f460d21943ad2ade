"""Bounces marked or moved on the server, after they were kept: for people who look into the mailbox, too.

Nothing depends on it. What cannot be done is counted and told, each reason once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from triage import login
from triage.config import Mailbox
from triage.lang import _
from triage.mailbox.source import Marked
from triage.text import line

_ANY_KEYWORD = b"\\*"
_NO_FOLDER = ("[TRYCREATE]", "[NONEXISTENT]")
"""Response codes of RFC 3501 and RFC 5530."""


class Marker:
    """Does what `mark` and `move_to` of the settings ask for."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._flag = mailbox.mark
        self._target = mailbox.move_to
        self._said: set[str] = set()

    @property
    def is_asked_for(self) -> bool:
        return bool(self._flag or self._target)

    def mark(self, imap: login.Imap, folder: login.Folder, uids: Sequence[int]) -> Marked:
        """In a SELECT of its own; each reason is given once. Raises what `login.Imap` does when the session breaks."""
        done = self._do(imap, folder, uids)
        fresh = tuple(words for words in done.why if words not in self._said)
        self._said.update(fresh)
        return replace(done, why=fresh)

    def _do(self, imap: login.Imap, folder: login.Folder, uids: Sequence[int]) -> Marked:
        try:
            opened = imap.select(folder.name)
        except login.ServerSaysNo as no:
            return Marked(failed=len(uids), why=(line(str(no), 200),))
        if opened.uidvalidity != folder.uidvalidity:
            words = _("The folder {folder} was made anew while it was read.", folder=line(folder.name))
            return Marked(failed=len(uids), why=(words,))
        done = Marked()
        if self._flag:
            done = done.plus(self._flagged(imap, opened, uids))
        if self._target and self._target != folder.name:
            done = done.plus(self._moved(imap, uids))
        return done

    def _flagged(self, imap: login.Imap, opened: login.Folder, uids: Sequence[int]) -> Marked:
        kept = {flag.lower() for flag in opened.keeps}
        if self._flag.lower().encode() not in kept and (_ANY_KEYWORD not in kept or self._flag.startswith("\\")):
            words = _(
                "The server does not keep the mark {mark} in {folder}.", mark=self._flag, folder=line(opened.name)
            )
            return Marked(failed=len(uids), why=(words,))
        try:
            imap.flag(uids, self._flag)
        except login.ServerSaysNo as no:
            return Marked(failed=len(uids), why=(line(str(no), 200),))
        return Marked(marked=len(uids))

    def _moved(self, imap: login.Imap, uids: Sequence[int]) -> Marked:
        if not imap.can_move:
            words = _("The server can move nothing (it has neither MOVE nor UIDPLUS): the bounces stay where they are.")
            return Marked(failed=len(uids), why=(words,))
        try:
            imap.move(uids, self._target)
        except login.ServerSaysNo as no:
            gone = any(code in str(no).upper() for code in _NO_FOLDER)
            words = _("There is no folder {folder}: the bounces stay where they are.", folder=line(self._target))
            return Marked(failed=len(uids), why=(words if gone else line(str(no), 200),))
        return Marked(moved=len(uids))
