"""The log of departures: a file beside the store that says which letters began to leave, and what became of them.

A store that is put back from a backup has forgotten the letters since. Those that lie in Sent are read from there; but
one that the peer took while its sender died has no copy there. A line about it was on the disk before its first octet
left. The store notes how much of the log it knows: an older store knows less, and reads on from there.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triage import clock
from triage.errors import StoreError
from triage.lang import _
from triage.model import Found, Letter, LetterState
from triage.store.base import Store, disk_full

_LOGGED = frozenset({LetterState.LEAVING, LetterState.HANDED_OVER, LetterState.SENT, LetterState.RELEASED})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_READ_UP_TO = "departures_read"


@dataclass(frozen=True, slots=True)
class Departure:
    """What the log says last of a letter."""

    state: LetterState
    letter: Found


def log_file(store: Store) -> Path:
    return store.path.with_name(store.path.name + ".departures")


def note(store: Store, letter: Letter, state: LetterState) -> None:
    """Write down, inside the transaction that says so in the store, that a letter leaves, has left, or did not.

    On the disk before the transaction ends; what of it then fails is read as a letter of which nobody knows. Raises
    StoreError: what is not written down must not leave.
    """
    if state not in _LOGGED or not letter.message_id:
        return
    told = {
        "state": state.value,
        "at": clock.to_store(clock.now()),
        "message_id": letter.message_id,
        "reference": letter.reference,
        "to": letter.to,
        "subject": letter.subject,
        "claims": [[item.key, item.number] for item in letter.items if item.number],
    }
    path = log_file(store)
    try:
        _append(path, b"\n" + json.dumps(told).encode() + b"\n")  # a line that was cut before ends here
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise disk_full(path) from None
        raise StoreError(
            _("{file} cannot be written: {error}", file=path, error=error.strerror or str(error)),
            _("No letter leaves that is not written down there. See who owns it."),
        ) from None


def _append(path: Path, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        if os.write(descriptor, line) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unread(store: Store) -> list[Departure]:
    """What the log holds beyond what the store has read of it, by letter; inside `store.write()`, and noted as read."""
    path = log_file(store)
    size = path.stat().st_size if path.exists() else 0
    begin = int(store.fact(_READ_UP_TO) or 0)
    if begin == size:
        return []
    last = {found.letter.message_id: found for found in _lines(path, begin if begin < size else 0)} if size else {}
    store.set_fact(_READ_UP_TO, str(size))
    return list(last.values())


def _lines(path: Path, begin: int) -> Iterator[Departure]:
    with path.open("rb") as file:
        file.seek(begin)
        for line in file:
            try:
                told: dict[str, Any] = json.loads(line)
                claims = tuple((str(key), int(number)) for key, number in told["claims"])
                found = Found(
                    message_id=told["message_id"],
                    reference=told["reference"],
                    claims=claims,
                    in_sent=told["state"] == LetterState.SENT,
                    to=told["to"],
                    subject=told["subject"],
                    date=clock.from_store(told["at"]),
                )
                yield Departure(LetterState(told["state"]), found)
            except (ValueError, KeyError, TypeError):
                continue  # a line that a power cut left half written
