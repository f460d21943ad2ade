"""The log of departures: a file beside the store that says which letters began to leave, and what became of them.

A store that is put back from a backup has forgotten the letters since. Those that lie in Sent are read from there; but
one that the peer took while its sender died has no copy there, and what a person recorded lies nowhere. A line about it
was on the disk before its first octet left. The store notes how much of the log it knows, and by which line that log
begins: an older store knows less, and reads on from there; of another log it knows nothing.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from triage import clock
from triage.errors import StoreError
from triage.lang import _
from triage.model import NOTICES_EVER, Found, Letter, LetterState, Purpose
from triage.store import missed
from triage.store.base import Store, disk_full, sync_folder
from triage.text import valid

_LOGGED = frozenset({LetterState.LEAVING, LetterState.HANDED_OVER, LetterState.SENT, LetterState.RELEASED})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_UP_TO = "departures_read"
_RECORDED = "recorded"
_LONGEST = 1_000
"""Characters of a key, a name or a subject; a line that tells more is none of ours."""


@dataclass(frozen=True, slots=True)
class Departure:
    """What the log says last of a letter. `state` is None for a notice that a person recorded: it has no letter."""

    state: LetterState | None
    letter: Found
    place: str = ""
    """The Drafts to which it was handed."""


def log_file(store: Store) -> Path:
    return store.path.with_name(store.path.name + ".departures")


def note(store: Store, letter: Letter, state: LetterState, *, leaves: bool = False) -> None:
    """Write down, inside the transaction that says so in the store, that a letter leaves, has left, or did not.

    On the disk before the transaction ends; what of it then fails is read as a letter of which nobody knows. What
    `leaves` must be written down, else StoreError. What became of it later need not be: a log that cannot be written
    keeps nobody from saying so, and without the line the letter is taken for one that may have left.
    """
    if state not in _LOGGED or not letter.message_id:
        return
    told = {
        "state": state.value,
        "at": clock.to_store(letter.left_at or clock.now()),
        "message_id": letter.message_id,
        "reference": letter.reference,
        "to": letter.to[:_LONGEST],
        "subject": letter.subject[:_LONGEST],
        "claims": [[item.key, item.number or int(letter.purpose is Purpose.CORRECTION)] for item in letter.items],
        "place": missed.place_of(store, letter.id),
    }
    if leaves:
        _append(log_file(store), told)
    else:
        with suppress(StoreError):
            _append(log_file(store), told)


def note_recorded(store: Store, key: str, left_at: datetime, to: str) -> None:
    """Write down that a person recorded a notice. Raises StoreError."""
    at = clock.to_store(left_at)
    told = {"state": _RECORDED, "at": at, "message_id": "", "reference": "", "to": to[:_LONGEST], "subject": ""}
    _append(log_file(store), {**told, "claims": [[key, 1]]})


def _append(path: Path, told: Mapping[str, object]) -> None:
    line = b"\n" + json.dumps(told).encode() + b"\n"  # a line that was cut before ends here
    try:
        is_new = not path.exists()
        descriptor = _opened(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            if os.write(descriptor, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(path.parent)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise disk_full(path) from None
        raise StoreError(
            _("{file} cannot be written: {error}", file=path, error=error.strerror or str(error)),
            _("No letter leaves that is not written down there. See who owns it."),
        ) from None


def _opened(path: Path, flags: int) -> int:
    """The descriptor of a file and nothing else: a link may lead anywhere, a pipe waits for ever. Raises OSError."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, _("it is no regular file"))
    return descriptor


def unread(store: Store) -> list[Departure]:
    """What the log holds beyond what the store has read of it, by letter; inside `store.write()`, and noted as read.

    Raises StoreError when it cannot be read.
    """
    path = log_file(store)
    try:
        with os.fdopen(_opened(path, os.O_RDONLY), "rb") as file:
            size, begins = os.fstat(file.fileno()).st_size, _beginning(file)
            known, _space, as_then = store.fact(_READ_UP_TO).partition(" ")
            begin = int(known or 0) if as_then == begins else 0  # begun anew since: all of it is news
            if begin == size:
                return []
            file.seek(begin if begin < size else 0)
            found = list(_departures(file))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(
            _("{file} cannot be read: {error}", file=path, error=error.strerror or str(error)),
            _("It tells which letters left; none leaves before it is read. See who owns it."),
        ) from None
    store.set_fact(_READ_UP_TO, f"{size} {begins}")
    last = {departure.letter.message_id: departure for departure in found if departure.state}
    return [*last.values(), *(departure for departure in found if not departure.state)]


def _beginning(file: BinaryIO) -> str:
    """By what this log is told from another one: a hash of its first line."""
    head = file.read(10 * _LONGEST).lstrip(b"\n").partition(b"\n")[0]
    return hashlib.sha256(head).hexdigest()[:16]


def _departures(file: BinaryIO) -> Iterator[Departure]:
    for line in file:
        # a line that a power cut left half written, or that is none of ours
        with suppress(ValueError, KeyError, TypeError, OverflowError, RecursionError):
            yield _departure(json.loads(line))


def _departure(told: dict[str, Any]) -> Departure:
    """One line of the log. Raises ValueError, KeyError, TypeError or OverflowError for what `note` never writes."""
    state = None if told["state"] == _RECORDED else LetterState(told["state"])
    claims = tuple((_text(key), number) for key, number in told["claims"])
    message_id, date = _text(told["message_id"]), clock.from_store(told["at"])
    is_told = all(key and type(number) is int and 0 <= number <= NOTICES_EVER for key, number in claims)
    if not is_told or date.year < 1970 or (state not in _LOGGED if message_id else state is not None):
        raise ValueError
    found = Found(
        message_id=message_id,
        reference=_text(told["reference"]),
        claims=claims,
        in_sent=state is LetterState.SENT,
        to=_text(told["to"]),
        subject=_text(told["subject"]),
        date=date,
    )
    return Departure(state, found, _text(told.get("place", "")))


def _text(told: object) -> str:
    if not isinstance(told, str) or len(told) > _LONGEST:
        raise TypeError
    return valid(told)
