"""The directory as the store keeps it: imported rows, and the look-ups that linking and letters ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime

from triage import address, clock
from triage.model import Author, Delivery, DirectoryRows, Protocol, Recipient
from triage.store import convert
from triage.store.base import Row, Store


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows an import added or changed; the others were there already."""

    new: int
    changed: int
    same: int


def import_rows(store: Store, rows: DirectoryRows) -> Imported:
    """Take in all rows, in one transaction; the same rows again change nothing."""
    with store.write():
        parts = [
            _upsert(store, "authors", ("id",), [_author_row(a) for a in rows.authors]),
            _upsert(store, "protocols", ("number",), [_protocol_row(p) for p in rows.protocols]),
            _upsert(store, "recipients", ("id", "protocol"), [_recipient_row(r) for r in rows.recipients]),
            _insert_deliveries(store, rows.deliveries),
        ]
        store.set_fact("directory_imported_at", clock.to_store(clock.now()))
    return Imported(*(sum(getattr(part, f.name) for part in parts) for f in fields(Imported)))


def status(store: Store) -> dict[str, int | str]:
    """Row counts, and when the last import was ("" if never)."""
    tables = ("authors", "protocols", "recipients", "deliveries")
    counted: dict[str, int | str] = {t: int(store.value(f"SELECT count(*) FROM {t}")) for t in tables}  # noqa: S608
    return {**counted, "imported_at": store.fact("directory_imported_at")}


# --- look-ups ---


class Lookup:
    """What linking asks; the shape of its `Lookup` protocol."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def deliveries_with(self, message_id: str) -> Sequence[Delivery]:
        return self._deliveries("message_id = ?", message_id)

    def deliveries_to(self, key: str, since: datetime, until: datetime) -> Sequence[Delivery]:
        return self._deliveries(
            "key = ? AND sent_at BETWEEN ? AND ?", key, clock.to_store(since), clock.to_store(until)
        )

    def protocol(self, number: str) -> Protocol | None:
        return protocol(self._store, number)

    def protocol_with_url(self, url: str) -> Protocol | None:
        row = self._store.row("SELECT * FROM protocols WHERE url = ? AND url <> ''", [url])
        return _protocol(row) if row else None

    def is_on_list(self, key: str, number: str) -> bool:
        return bool(
            self._store.value(
                "SELECT 1 WHERE EXISTS (SELECT 1 FROM recipients WHERE key = :key AND protocol = :number)"
                " OR EXISTS (SELECT 1 FROM deliveries WHERE key = :key AND protocol = :number)",
                {"key": key, "number": number},
            )
        )

    def _deliveries(self, where: str, *values: str) -> list[Delivery]:
        rows = self._store.rows(f"SELECT * FROM deliveries WHERE {where} ORDER BY sent_at", list(values))  # noqa: S608
        return [
            Delivery(
                protocol=row["protocol"],
                address=row["address"],
                message_id=row["message_id"],
                sent_at=convert.moment(row["sent_at"]),
                recipient=row["recipient"],
                key=row["key"],
            )
            for row in rows
        ]


def author(store: Store, identity: str) -> Author | None:
    row = store.row("SELECT * FROM authors WHERE id = ?", [identity])
    return Author(**row) if row else None


def protocol(store: Store, number: str) -> Protocol | None:
    row = store.row("SELECT * FROM protocols WHERE number = ?", [number])
    return _protocol(row) if row else None


def recipient_with(store: Store, key: str, number: str) -> Recipient | None:
    """The person whose address this is, on that protocol's list or else on any."""
    row = store.row("SELECT * FROM recipients WHERE key = ? ORDER BY protocol <> ? LIMIT 1", [key, number])
    if row is None:
        return None
    return Recipient(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        protocol=row["protocol"],
        company=row["company"],
        entered_by=row["entered_by"],
        entered_at=convert.moment(row["entered_at"]),
    )


def protocols_like(store: Store, key: str, words: str, limit: int = 50) -> list[Protocol]:
    """Protocols that hold the words, for a person to choose from; those the address is on the list of come first."""
    pattern = f"%{words}%"
    rows = store.rows(
        "SELECT p.* FROM protocols p WHERE (p.number LIKE :w OR p.title LIKE :w OR p.project LIKE :w)"
        " ORDER BY EXISTS (SELECT 1 FROM recipients r WHERE r.key = :key AND r.protocol = p.number) DESC,"
        " p.date DESC, p.number DESC LIMIT :limit",
        {"w": pattern, "key": key, "limit": limit},
    )
    return [_protocol(row) for row in rows]


# --- rows ---


def _protocol(row: Row) -> Protocol:
    return Protocol(
        number=row["number"],
        title=row["title"],
        project=row["project"],
        date=date.fromisoformat(row["date"]) if row["date"] else None,
        author=row["author"],
        url=row["url"],
    )


def _author_row(a: Author) -> Row:
    return {f.name: getattr(a, f.name) for f in fields(Author)}


def _protocol_row(p: Protocol) -> Row:
    return {**{f.name: getattr(p, f.name) for f in fields(Protocol)}, "date": p.date.isoformat() if p.date else None}


def _recipient_row(r: Recipient) -> Row:
    row = {f.name: getattr(r, f.name) for f in fields(Recipient)}
    return {**row, "entered_at": convert.stored(r.entered_at), "key": address.parse(r.email).key}


def _upsert(store: Store, table: str, keys: tuple[str, ...], rows: list[Row]) -> Imported:
    """Insert or change; counted by what was there before."""
    where = " AND ".join(f"{key} = :{key}" for key in keys)
    new = changed = 0
    for row in rows:
        present = store.row(f"SELECT * FROM {table} WHERE {where}", row)  # noqa: S608
        if present is None:
            store.insert(table, row)
            new += 1
        elif present != row:
            sets = ", ".join(f"{name} = :{name}" for name in row)
            store.do(f"UPDATE {table} SET {sets} WHERE {where}", row)  # noqa: S608
            changed += 1
    return Imported(new, changed, len(rows) - new - changed)


def _insert_deliveries(store: Store, deliveries: Sequence[Delivery]) -> Imported:
    rows = [
        (d.protocol, d.recipient, d.address, d.key, d.message_id.strip("<> "), convert.stored(d.sent_at) or "")
        for d in deliveries
    ]
    before = store.value("SELECT count(*) FROM deliveries")
    store.do_many(
        "INSERT OR IGNORE INTO deliveries (protocol, recipient, address, key, message_id, sent_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        rows,
    )
    new = store.value("SELECT count(*) FROM deliveries") - before
    return Imported(new, 0, len(rows) - new)
