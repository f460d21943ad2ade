"""The file: opened once per thread, private, in WAL, every write in an immediate transaction.

sqlite-utils' own transactions are deferred: two writers that read first would both believe what they read.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from triage.errors import StoreError
from triage.lang import _
from triage.model import Limits
from triage.store import schema

if TYPE_CHECKING:
    from sqlite_utils import Database

T = TypeVar("T")
Row = dict[str, Any]
Values = Sequence[Any] | dict[str, Any]

_PATIENCE = 30.0
"""Seconds to wait for another writer."""

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ncpfs", "afs", "ceph", "glusterfs"})


class Store:
    """The store. The other modules here read and write through it; nobody else holds SQL."""

    def __init__(self, path: Path, who: str, limits: Limits | None = None) -> None:
        """Open or create the file at `path` (":memory:" will not do: threads share a file). Raises StoreError."""
        self.path = path.resolve()  # what lies beside it is found by whichever way it is opened
        self.who = who
        self.limits = limits or Limits()
        self._local = threading.local()
        self._all: list[Database] = []
        self._explained = _Explained(self.path)
        with self._explained:
            _prepare(self.path)
            _refuse_others(self.path)
            self._migrate()

    # --- reading and writing ---

    @property
    def db(self) -> Database:
        """This thread's connection."""
        db: Database | None = getattr(self._local, "db", None)
        if db is None:
            db = self._connect()
            self._local.db = db
        return db

    def rows(self, sql: str, values: Values = ()) -> list[Row]:
        """What a query finds. Straight from the connection: sqlite-utils puts a savepoint around each one."""
        with self._explained:
            cursor = self.db.conn.execute(sql, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def row(self, sql: str, values: Values = ()) -> Row | None:
        return next(iter(self.rows(sql, values)), None)

    def value(self, sql: str, values: Values = ()) -> Any:
        """The first column of the first row, or None."""
        with self._explained:
            row = self.db.conn.execute(sql, values).fetchone()
        return row[0] if row else None

    def do(self, sql: str, values: Values = ()) -> int:
        """One writing statement inside `write()`; returns how many rows it changed."""
        self._insist_on_write()
        with self._explained:
            return int(self.db.conn.execute(sql, values).rowcount)

    def do_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """One writing statement for many rows, inside `write()`."""
        self._insist_on_write()
        with self._explained:
            self.db.conn.executemany(sql, rows)

    def insert(self, table: str, row: Mapping[str, Any]) -> int:
        """One new row inside `write()`; returns its rowid."""
        self._insist_on_write()
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        with self._explained:
            cursor = self.db.conn.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", dict(row))  # noqa: S608
        return int(cursor.lastrowid or 0)

    def insert_many(self, table: str, rows: Sequence[Row]) -> None:
        """New rows inside `write()`; all name the same columns in the same order."""
        if rows:
            names, marks = ", ".join(rows[0]), ", ".join("?" for _ in rows[0])
            self.do_many(f"INSERT INTO {table} ({names}) VALUES ({marks})", [tuple(row.values()) for row in rows])  # noqa: S608

    def next_id(self, table: str) -> int:
        """The id that SQLite would give the next row; inside `write()` nobody else takes it."""
        return int(self.value(f"SELECT coalesce(max(id), 0) + 1 FROM {table}"))  # noqa: S608

    def update(self, table: str, identity: int, changes: Mapping[str, object]) -> None:
        """Change columns of the row with this id inside `write()`."""
        sets = ", ".join(f"{name} = :{name}" for name in changes)
        self.do(f"UPDATE {table} SET {sets} WHERE id = :id", {**changes, "id": identity})  # noqa: S608

    @contextmanager
    def read(self) -> Iterator[None]:
        """Many look-ups at one state of the file, which is dearer for each by itself. Nothing is written inside."""
        with self._explained:
            self.db.conn.execute("BEGIN")
            try:
                yield
            finally:
                _roll_back(self.db)

    @contextmanager
    def write(self) -> Iterator[None]:
        """All or nothing; nested blocks join the outer one. Raises StoreError when it cannot be written."""
        if self._depth:
            self._local.depth = self._depth + 1
            try:
                yield
            finally:
                self._local.depth -= 1
            return
        db = self.db
        with self._explained:
            try:
                db.conn.execute("BEGIN IMMEDIATE")
                self._local.depth = 1
                self._local.memo = {}
                yield
                db.conn.execute("COMMIT")
            except BaseException:
                _roll_back(db)
                raise
            finally:
                self._local.depth = 0
                self._local.memo = {}

    @property
    def _depth(self) -> int:
        """How many `write()` blocks this thread is in."""
        return getattr(self._local, "depth", 0)

    def _insist_on_write(self) -> None:
        if not self._depth:
            raise AssertionError("a write outside of Store.write()")

    def refuse_to_be_nested(self) -> None:
        """For what must be durable when it returns: inside another block it would not be."""
        if self._depth:
            raise AssertionError("a commit inside of Store.write()")

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part of a transaction that is taken back by itself when it raises, inside `write()`."""
        self._insist_on_write()
        self.db.conn.execute("SAVEPOINT attempt")
        try:
            yield
        except BaseException:
            self.db.conn.execute("ROLLBACK TO attempt")
            raise
        finally:
            if self.db.conn.in_transaction:
                self.db.conn.execute("RELEASE attempt")

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` returns, made once in this transaction; every time outside of one."""
        if not self._depth:
            return make()
        memo: dict[str, Any] = self._local.memo
        if name not in memo:
            memo[name] = make()
        found: T = memo[name]
        return found

    # --- facts: single values ---

    def fact(self, name: str) -> str:
        return str(self.value("SELECT value FROM facts WHERE name = ?", [name]) or "")

    def set_fact(self, name: str, value: str) -> None:
        with self.write():
            self.do(
                "INSERT INTO facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", [name, value]
            )

    # --- life ---

    def close(self) -> None:
        """Close the connections of all threads; the store must not be used afterwards."""
        for db in self._all:
            db.close()
        self._all.clear()
        self._local = threading.local()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _connect(self) -> Database:
        from sqlite_utils import Database

        with self._explained:
            connection = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
            db = Database(connection)
            self._all.append(db)
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
            for pragma in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF"):
                connection.execute(f"PRAGMA {pragma}")
        return db

    def _migrate(self) -> None:
        steps = schema.migrations()
        if steps.pending(self.db):
            with self.write():
                steps.apply(self.db)
        if wrong := schema.differences(self.db):
            raise StoreError(
                _("{file}: the tables are not those of this program: {names}.", file=self.path, names=", ".join(wrong)),
                _("It may be of another version, or damaged; open a backup, or another file with --store."),
            )


def _roll_back(db: Database) -> None:
    if db.conn.in_transaction:  # SQLite rolls back by itself when the disk is full
        db.conn.execute("ROLLBACK")


def _prepare(path: Path) -> None:
    """The folder and an empty private file; SQLite gives its side files the same rights."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (kind := _file_system(path.parent)) in _NETWORK:
        raise StoreError(
            _("{file} lies on a network file system ({kind}), where the ledger is not safe.", file=path, kind=kind),
            _("Keep the store on a local disk of the one host on which staff log in."),
        )
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _refuse_others(path: Path) -> None:
    """A file that is not ours, or of a newer version, stays as it is: it is looked at before it is touched."""
    from sqlite_utils import Database

    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE)) as connection:
        db = Database(connection)
        if schema.is_foreign(db):
            raise StoreError(
                _("{file} is the database of another program.", file=path), _("Name another file with --store.")
            )
        if schema.is_newer(db):
            raise StoreError(
                _("{file} was made by a newer version of this program.", file=path),
                _("Update the program; the file stays as it is."),
            )
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def sync_folder(folder: Path) -> None:
    """So that a power cut does not take a new file's name. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _file_system(folder: Path) -> str:
    """The type of the file system that holds `folder`; "" where the host does not tell."""
    try:
        mounts = Path("/proc/self/mounts").read_text("utf-8", "replace")
    except OSError:
        return ""
    best, kind = "", ""
    inside = str(folder.resolve())
    for mount in mounts.splitlines():
        fields = mount.split()
        point = fields[1].replace("\\040", " ")
        if len(point) >= len(best) and (inside + "/").startswith(point.rstrip("/") + "/"):
            best, kind = point, fields[2]
    return kind


class _Explained:
    """SQLite's errors in words a person can act on. A class, for every statement passes through it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return

    def __exit__(self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, (sqlite3.DatabaseError, OSError)):
            told = _told(self._path, error)
            if told is not None:
                raise told from error


def _told(path: Path, error: Exception) -> StoreError | None:
    """None for a refused row, or a fault of our own."""
    match error:
        case sqlite3.IntegrityError() | sqlite3.ProgrammingError() | sqlite3.DataError():
            return None
        case sqlite3.OperationalError():
            return _not_now(path, str(error))
        case sqlite3.DatabaseError():
            return StoreError(
                _("{file} is no store, or damaged: {error}", file=path, error=error),
                _("Open a backup, or another file with --store."),
            )
    reason = error.strerror if isinstance(error, OSError) else None
    return StoreError(
        _("{file} cannot be opened: {error}", file=path, error=reason or error),
        _("See who owns it, or name another file with --store."),
    )


def disk_full(path: Path) -> StoreError:
    return StoreError(
        _("The disk that holds {file} is full.", file=path), _("Nothing half was written; make room and try again.")
    )


def _not_now(path: Path, message: str) -> StoreError | None:
    if "locked" in message or "busy" in message:
        return StoreError(
            _("{file} is in use by another program.", file=path), _("Nothing was changed; try again in a moment.")
        )
    if "full" in message or "disk I/O" in message:
        return disk_full(path)
    if "readonly" in message or "unable to open" in message:
        return StoreError(
            _("{file} cannot be written.", file=path), _("See who owns it, or name another file with --store.")
        )
    return None
