"""An import of the directory: rows are laid ready aside, then merged in one transaction.

They are laid into temporary tables, which hold up nobody, however long a source takes; comparing and merging them are a
few statements over whole tables. Times are told by the store's clock, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from triage import address, clock
from triage.lang import _
from triage.model import Author, Delivery, Protocol, Recipient, Rejection
from triage.store import convert
from triage.store.base import Store


@dataclass(frozen=True, slots=True)
class _Shape:
    """A table, as far as an import is concerned."""

    keys: tuple[str, ...]
    others: tuple[str, ...]
    values: Callable[[Any], tuple[object, ...]]
    """A row of the model as the values of `columns`."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.keys + self.others


def _author(a: Author) -> tuple[object, ...]:
    return a.id, a.name, a.email, a.language, a.salutation, a.title, a.company, a.deputy


def _protocol(p: Protocol) -> tuple[object, ...]:
    return p.number, p.title, p.project, p.date.isoformat() if p.date else None, p.author, p.url


def _recipient(r: Recipient) -> tuple[object, ...]:
    key = address.parse(r.email).key
    return r.id, r.protocol, r.name, r.email, key, r.company, r.entered_by, convert.stored(r.entered_at)


def _delivery(d: Delivery) -> tuple[object, ...]:
    return d.message_id.strip("<> "), d.key, d.protocol, convert.stored(d.sent_at) or "", d.recipient, d.address


_SHAPES = {
    "authors": _Shape(("id",), ("name", "email", "language", "salutation", "title", "company", "deputy"), _author),
    "protocols": _Shape(("number",), ("title", "project", "date", "author", "url"), _protocol),
    "recipients": _Shape(
        ("id", "protocol"), ("name", "email", "key", "company", "entered_by", "entered_at"), _recipient
    ),
    "deliveries": _Shape(("message_id", "key", "protocol", "sent_at"), ("recipient", "address"), _delivery),
}
TABLES = tuple(_SHAPES)
Hide = Callable[[str], str]
"""A protocol's link as it may be stored: it opens the protocol for whoever reads it."""


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows an import added, changed or took away; the others were there already."""

    new: int = 0
    changed: int = 0
    gone: int = 0
    same: int = 0
    corrected: int = 0
    """Of the changed ones: recipients with another address."""

    def plus(self, other: Imported) -> Imported:
        return Imported(
            self.new + other.new,
            self.changed + other.changed,
            self.gone + other.gone,
            self.same + other.same,
            self.corrected + other.corrected,
        )


@dataclass(frozen=True, slots=True)
class Loss:
    """What a complete import would take away."""

    recipients: int = 0
    """How many there are now."""
    vanish: int = 0
    change: int = 0
    """How many would have another address."""


@dataclass(slots=True)
class _Laid:
    """One table of the import, laid ready."""

    rows: int = 0
    has_holes: bool = False
    files: list[str] = field(default_factory=list)


class Intake:
    """One import, used as a context: `take` what comes, in any order, then `merge`. What is not merged is forgotten."""

    def __init__(self, store: Store, hide: Hide | None = None) -> None:
        """`hide` makes of a protocol's link what may be stored; without it, none is."""
        self._store = store
        self._hide = hide
        self._db = store.db.conn
        self._laid: dict[str, _Laid] = {}
        self._is_ready = False

    def __enter__(self) -> Intake:
        self._store.refuse_to_be_nested()
        self._forget()
        self._db.execute("BEGIN")  # of the temporary tables alone: it locks nobody out
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._forget()

    def take(
        self, table: str, rows: Sequence[Any], lines: Sequence[int] = (), file: str = "", *, has_holes: bool = False
    ) -> None:
        """Lay rows ready; `lines` says where each stands in `file`."""
        shape = _SHAPES[table]
        if table == "protocols":
            rows = [replace(row, url=self._hide(row.url) if self._hide else "") for row in rows]
        laid = self._laid.get(table)
        if laid is None:
            laid = self._laid[table] = _Laid()
            names = ", ".join((*shape.columns, "line"))
            self._db.execute(f"CREATE TEMP TABLE laid_{table} ({names})")
        marks = ", ".join("?" * (len(shape.columns) + 1))
        places = lines or range(laid.rows + 1, laid.rows + len(rows) + 1)
        values = ((*shape.values(row), line) for row, line in zip(rows, places, strict=True))
        self._db.executemany(f"INSERT INTO laid_{table} VALUES ({marks})", values)  # noqa: S608
        laid.rows += len(rows)
        laid.has_holes = laid.has_holes or has_holes
        if file and file not in laid.files:
            laid.files.append(file)

    def ready(self) -> list[Rejection]:
        """All is there, before any `write()`. Of rows that contradict each other the last one counts; the others are
        rejected."""
        if self._is_ready:
            return []
        self._is_ready = True
        overruled: list[Rejection] = []
        for table in self._laid:
            overruled += self._only_last(table)
        self._db.execute("COMMIT")
        return overruled

    def is_sure(self, table: str) -> bool:
        """The source had this table, and every row of it could be used: what is not in it is gone."""
        return table in self._laid and not self._laid[table].has_holes

    def is_doubtful(self, table: str) -> bool:
        """The source had this table, and some of its rows could not be used."""
        return table in self._laid and self._laid[table].has_holes

    def loss(self) -> Loss:
        """What `merge(complete=True)` would take away now."""
        self.ready()
        if not self.is_sure("recipients"):
            return Loss()
        return Loss(
            recipients=self._count("SELECT count(*) FROM recipients"),
            vanish=self._count(f"SELECT count(*) FROM recipients m WHERE NOT EXISTS ({_same_in('recipients')})"),  # noqa: S608
            change=self._count(
                "SELECT count(*) FROM recipients m JOIN laid_recipients s USING (id, protocol) WHERE s.key <> m.key"
            ),
        )

    def merge(self, *, complete: bool = False) -> Imported:
        """Take in what was laid ready, all or nothing; with `complete` what is not among it is gone."""
        self.ready()
        now = clock.to_store(clock.now())
        with self._store.write():
            imported = Imported()
            for table in self._laid:
                imported = imported.plus(self._merge(table, now))
            if complete:
                imported = imported.plus(Imported(gone=self._drop_recipients(now) + self._mark_authors(now)))
                self._store.set_fact("directory_complete_at", now)
            self._store.set_fact("directory_imported_at", now)
        return imported

    # --- how ---

    def _merge(self, table: str, now: str) -> Imported:
        if table == "deliveries":
            return self._add_deliveries()
        shape = _SHAPES[table]
        match = " AND ".join(f"m.{key} = s.{key}" for key in shape.keys)
        present, named = (", ".join(f"{x}.{c}" for c in shape.others) for x in ("m", "s"))
        rows = self._laid[table].rows
        old = self._count(f"SELECT count(*) FROM laid_{table} s JOIN {table} m ON {match}")  # noqa: S608
        new = self._count(f"SELECT count(*) FROM laid_{table}") - old  # noqa: S608
        changed = self._count(
            f"SELECT count(*) FROM laid_{table} s JOIN {table} m ON {match} WHERE ({present}) IS NOT ({named})"  # noqa: S608
        )
        corrected = self._note_corrections(now) if table == "recipients" else 0
        columns = ", ".join(shape.columns)
        sets = ", ".join(f"{c} = excluded.{c}" for c in shape.others)
        self._store.do(
            f"INSERT INTO {table} AS m ({columns}) SELECT {columns} FROM laid_{table} WHERE true"  # noqa: S608
            f" ON CONFLICT ({', '.join(shape.keys)}) DO UPDATE SET {sets}"
            f" WHERE ({present}) IS NOT ({named.replace('s.', 'excluded.')})"
        )
        if table == "authors":
            changed += self._store.do("DELETE FROM gone_authors WHERE author IN (SELECT id FROM laid_authors)")
        return Imported(new, changed, 0, rows - new - changed, corrected)

    def _add_deliveries(self) -> Imported:
        columns = ", ".join(_SHAPES["deliveries"].columns)
        new = self._store.do(
            f"INSERT OR IGNORE INTO deliveries ({columns}) SELECT {columns} FROM laid_deliveries ORDER BY {columns}"  # noqa: S608
        )
        return Imported(new=new, same=self._laid["deliveries"].rows - new)

    def _note_corrections(self, now: str) -> int:
        return self._store.do(
            "INSERT INTO address_history (at, recipient, protocol, old_key, old_address, new_key, new_address)"
            " SELECT ?, m.id, m.protocol, m.key, m.email, s.key, s.email FROM laid_recipients s"
            " JOIN recipients m USING (id, protocol) WHERE s.key <> m.key",
            [now],
        )

    def _drop_recipients(self, now: str) -> int:
        if not self.is_sure("recipients"):
            return 0
        absent = f"NOT EXISTS ({_same_in('recipients')})"
        self._store.do(
            "INSERT INTO address_history (at, recipient, protocol, old_key, old_address, new_key, new_address)"  # noqa: S608
            f" SELECT ?, m.id, m.protocol, m.key, m.email, '', '' FROM recipients m WHERE {absent}",
            [now],
        )
        return self._store.do(f"DELETE FROM recipients AS m WHERE {absent}")  # noqa: S608

    def _mark_authors(self, now: str) -> int:
        """Authors stay, for cases name them; they are only marked."""
        if not self.is_sure("authors"):
            return 0
        return self._store.do(
            "INSERT OR IGNORE INTO gone_authors SELECT m.id, ? FROM authors m"  # noqa: S608
            f" WHERE NOT EXISTS ({_same_in('authors')})",
            [now],
        )

    def _only_last(self, table: str) -> Iterator[Rejection]:
        """Keep one row of each key; those that said something else are rejected, and leave the table in doubt."""
        shape, laid = _SHAPES[table], self._laid[table]
        keys = ", ".join(shape.keys)
        self._db.execute(f"CREATE INDEX temp.laid_{table}_key ON laid_{table} ({keys})")
        match = " AND ".join(f"s.{key} IS w.{key}" for key in shape.keys)
        several = f"SELECT {keys}, max(rowid) AS last FROM laid_{table} GROUP BY {keys} HAVING count(*) > 1"  # noqa: S608
        if table != "deliveries":
            said, counts = (", ".join(f"{x}.{c}" for c in shape.others) for x in ("s", "l"))
            for row in self._db.execute(
                f"SELECT s.line AS line, l.line AS last FROM ({several}) w JOIN laid_{table} s ON {match}"  # noqa: S608
                f" JOIN laid_{table} l ON l.rowid = w.last WHERE ({said}) IS NOT ({counts}) ORDER BY s.rowid"
            ):
                laid.has_holes = True
                file = laid.files[0] if laid.files else table
                words = _("row {line} says otherwise, with the same {keys}; that one counts", line=row[1], keys=keys)
                yield Rejection(file, row[0], words)
        self._db.execute(
            f"DELETE FROM laid_{table} WHERE rowid IN (SELECT s.rowid FROM ({several}) w"  # noqa: S608
            f" JOIN laid_{table} s ON {match} WHERE s.rowid <> w.last)"
        )

    def _count(self, sql: str) -> int:
        return int(self._db.execute(sql).fetchone()[0])

    def _forget(self) -> None:
        for table in TABLES:
            self._db.execute(f"DROP TABLE IF EXISTS temp.laid_{table}")
        self._laid.clear()


def _same_in(table: str) -> str:
    """A row `m` of the store is among those laid ready."""
    match = " AND ".join(f"s.{key} = m.{key}" for key in _SHAPES[table].keys)
    return f"SELECT 1 FROM laid_{table} s WHERE {match}"  # noqa: S608
