"""Messages from files: .eml, a folder of .eml, an mbox, a Maildir."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from triage.errors import SettingsError, SourceError
from triage.lang import _
from triage.mailbox import mbox
from triage.mailbox.arrival import arrived
from triage.mailbox.letters import filed_letters
from triage.mailbox.source import BATCH_MESSAGES, BATCH_OCTETS, PART, WHOLE_MOST, FolderSeen, Marked
from triage.model import Batch, Cursor, Found, Raw

_SLICE = 0.5
"""Seconds between two looks at the files' change times."""


class FileSource:
    """A mailbox that lies in files. It has no cursor: the store knows by content what it has."""

    def __init__(self, path: Path) -> None:
        _must_exist(path)
        self._path = path
        self._changed_at: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return str(self._path)

    def pull(self, cursors: Mapping[str, Cursor]) -> Iterator[Batch]:
        cursor = Cursor(str(self._path), 0, 0)
        self._changed_at = _changed_at(self._path)
        done, total = 0, _count(self._path)
        for raws in _batches(read_files(self._path)):
            done += len(raws)
            yield Batch(raws, cursor, done, max(done, total))

    def letters(
        self, since: date | None, references: Collection[str] = (), marks: Collection[str] = ()
    ) -> Iterator[Found]:
        for name, in_sent in self.own_folders():
            yield from filed_letters(read_files(self._path / name), in_sent, since if in_sent else None)

    def own_folders(self) -> Sequence[tuple[str, bool]]:
        """Those of a Maildir++."""
        return [(name, name == ".Sent") for name in (".Drafts", ".Sent") if (self._path / name).is_dir()]

    def folders(self) -> list[FolderSeen]:
        return []

    def mark(self, bounces: Sequence[Raw]) -> Marked:
        return Marked()

    def wait(self, seconds: float, cancelled: Callable[[], bool]) -> bool:
        """Until a file or folder has another change time than when it was read."""
        end = time.monotonic() + seconds
        while not cancelled():
            if _changed_at(self._path) != self._changed_at:
                return True
            if (left := end - time.monotonic()) <= 0:
                break
            time.sleep(min(_SLICE, left))
        return False

    def leave(self) -> None:
        pass

    def close(self) -> None:
        pass


def read_files(path: Path) -> Iterator[Raw]:
    """Every message below `path`, in the order of the file names.

    A file within a folder that cannot be read is handed out empty, with its size: one bad message stops nothing.
    Raises SettingsError where `path` does not exist, SourceError where it cannot be read.
    """
    _must_exist(path)
    try:
        if not path.is_dir():
            yield from _one_file(path)
            return
        for file in _message_files(path):
            if raw := _message_in_folder(file):
                yield raw
    except OSError as error:
        raise SourceError(_("{file} cannot be read: {error}", file=path, error=error.strerror or error)) from None


def _must_exist(path: Path) -> None:
    if not path.exists():
        raise SettingsError(
            _("{path} does not exist.", path=path),
            _("Name a file or a folder of .eml, an mbox or a Maildir."),
        )


def _one_file(path: Path) -> Iterator[Raw]:
    if not path.is_file():
        raise SourceError(_("{path} is neither a file nor a folder.", path=path))
    if not mbox.is_mbox(path):
        yield _message(path)
        return
    written_at = _written_at(path)
    for content, size in mbox.split(path):
        yield Raw(content, str(path), received_at=arrived(content) or written_at, size=size)


def _message_in_folder(path: Path) -> Raw | None:
    """None if a mail program moved it meanwhile: the next reading finds it."""
    try:
        return _message(path)
    except FileNotFoundError:
        return None
    except OSError:
        return Raw(b"", str(path), size=_size(path))


def _message(path: Path) -> Raw:
    size = _size(path)
    with path.open("rb") as file:
        content = file.read(WHOLE_MOST if size <= WHOLE_MOST else PART)
    return Raw(content, str(path), received_at=arrived(content) or _written_at(path), size=max(size, len(content)))


def _message_files(folder: Path) -> Iterator[Path]:
    """The .eml files below a folder and the messages of Maildirs, sorted; links to folders are not followed."""
    for here, below, names in os.walk(folder):
        if {"cur", "new"} <= set(below):
            below[:] = sorted(name for name in below if name != "tmp")
        else:
            below.sort()
        at = Path(here)
        in_maildir = at.name in ("cur", "new") and (at.parent / "cur").is_dir() and (at.parent / "new").is_dir()
        for name in sorted(names):
            wanted = not name.startswith(".") if in_maildir else name.lower().endswith(".eml")
            if wanted and (at / name).is_file():
                yield at / name


def _count(path: Path) -> int:
    """How many messages there will be; 0 where only reading would tell."""
    return sum(1 for _file in _message_files(path)) if path.is_dir() else 0


def _changed_at(path: Path) -> tuple[int, ...]:
    """Change times and size of a file; of a folder those of the folders in it, where files come and go."""
    try:
        if not path.is_dir():
            state = path.stat()
            return state.st_mtime_ns, state.st_size
        return tuple(Path(here).stat().st_mtime_ns for here, _below, _names in os.walk(path))
    except OSError:
        return ()


def _batches(raws: Iterable[Raw]) -> Iterator[tuple[Raw, ...]]:
    batch: list[Raw] = []
    octets = 0
    for raw in raws:
        if batch and (len(batch) >= BATCH_MESSAGES or octets + len(raw.content) > BATCH_OCTETS):
            yield tuple(batch)
            batch, octets = [], 0
        batch.append(raw)
        octets += len(raw.content)
    if batch:
        yield tuple(batch)


def _size(path: Path) -> int:
    return path.stat().st_size


def _written_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
