"""What may be wrong with the store and its disk. docs/faults.md shows this table."""

from __future__ import annotations

import os
import pwd
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

_HOLD = (
    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
    " c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
)


@contextmanager
def full_disk(_store: Path) -> Iterator[None]:
    """No file of this process can grow: to SQLite the same as a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Another program is in the middle of a write."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        yield
        holder.communicate(timeout=10)


def _read_only(path: Callable[[Path], Path], mode: int) -> Callable[[Path], AbstractContextManager[None]]:
    @contextmanager
    def spoil(store: Path) -> Iterator[None]:
        named = path(store)
        before = named.stat().st_mode
        named.chmod(mode)
        try:
            with as_anybody():
                yield
        finally:
            named.chmod(before)

    return spoil


@contextmanager
def as_anybody() -> Iterator[None]:
    """Not as root, to whom nothing is read-only."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def _replaced(spoiled: Callable[[bytes], bytes]) -> Callable[[Path], AbstractContextManager[None]]:
    """Other octets in the file; afterwards the backup is put back."""

    @contextmanager
    def spoil(store: Path) -> Iterator[None]:
        whole = store.read_bytes()
        store.write_bytes(spoiled(whole))
        try:
            yield
        finally:
            _put_back(store, whole)

    return spoil


def _changed(*statements: str) -> Callable[[Path], AbstractContextManager[None]]:
    """Another program has made it, or changed it."""

    @contextmanager
    def spoil(store: Path) -> Iterator[None]:
        whole = store.read_bytes()
        if statements[0].startswith("CREATE TABLE other"):
            store.unlink()
        with closing(sqlite3.connect(store)) as other, other:
            for statement in statements:
                other.execute(statement)
        try:
            yield
        finally:
            _put_back(store, whole)

    return spoil


def _put_back(store: Path, whole: bytes) -> None:
    for beside in ("-wal", "-shm"):
        store.with_name(store.name + beside).unlink(missing_ok=True)
    store.write_bytes(whole)


_NEWER = "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('triage', 'tomorrow', '2030-01-01')"

TROUBLES: dict[str, tuple[Callable[[Path], AbstractContextManager[None]], str]] = {
    "a full disk": (full_disk, "is full"),
    "a file that is read-only": (_read_only(lambda store: store, 0o400), "cannot be written"),
    "a folder that is read-only": (_read_only(lambda store: store.parent, 0o500), "cannot be written"),
    "another program writes and does not end": (locked, "in use by another program"),
    "a file whose first page is damaged": (_replaced(lambda whole: b"\0" * 512 + whole[512:]), "damaged"),
    "a file whose other pages are damaged": (_replaced(lambda whole: whole[:4096] + b"\xff" * len(whole)), "damaged"),
    "a file that is cut short": (_replaced(lambda whole: whole[: len(whole) // 2]), "damaged"),
    "a file that is no database": (_replaced(lambda _whole: b"address,date\n" * 900), "no store, or damaged"),
    "a database of another program": (_changed("CREATE TABLE other (x)"), "of another program"),
    "a store that lost the trigger which keeps notices": (
        _changed("DROP TRIGGER notices_stay"),
        "not those of this program",
    ),
    "a store of a newer version, with a new column": (
        _changed("ALTER TABLE cases ADD COLUMN mood TEXT", _NEWER),
        "newer version",
    ),
    "a store of a newer version, with a new table": (_changed("CREATE TABLE moods (x)", _NEWER), "newer version"),
}
THEN = (
    "one line says so, nothing half is written; once it is mended, by the backup where the file is no use any more,"
    " the next sync brings each mail once"
)

FILLS_AT = {
    "the claim": ("claim", "nothing left, the letter stays in review"),
    "the commit before DATA": ("leaving", "nothing left, the numbers are free again"),
    "the settling after DATA": ("settle", "the letter left; it counts as unconfirmed, and is not sent again"),
}
"""When the disk is full from: the step of the ledger, and what becomes of the letter."""
