"""The directory as the store keeps it: imported rows, and the look-ups that linking and letters ask for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from triage import address, clock, text
from triage.model import Author, Delivery, DirectoryRows, Protocol, Recipient
from triage.store import convert
from triage.store.base import Row, Store
from triage.store.intake import TABLES, Hide, Imported, Intake


def import_rows(store: Store, rows: DirectoryRows, hide: Hide | None = None) -> Imported:
    """Take in these rows, in one transaction; the same rows again change nothing."""
    with Intake(store, hide) as intake:
        for table in TABLES:
            intake.take(table, getattr(rows, table))
        return intake.merge()


@dataclass(frozen=True, slots=True)
class Status:
    """How much the directory holds, where from, and how old it is."""

    authors: int
    protocols: int
    recipients: int
    deliveries: int
    gone_authors: int
    source: str
    imported_at: datetime | None
    complete_at: datetime | None
    """When an import was last declared complete."""


def status(store: Store) -> Status:
    tables = (*TABLES, "gone_authors")
    counted = {table: int(store.value(f"SELECT count(*) FROM {table}")) for table in tables}  # noqa: S608
    return Status(
        **counted,
        source=store.fact("directory_source"),
        imported_at=imported_at(store),
        complete_at=convert.moment(store.fact("directory_complete_at")),
    )


def imported_at(store: Store) -> datetime | None:
    """When rows were last imported; None if never."""
    return convert.moment(store.fact("directory_imported_at"))


# --- look-ups ---


class Lookup:
    """What linking asks about one message; the shape of its `Lookup` protocol.

    One message may ask the same for hundreds of recipients: what was found is kept as long as this lives.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._with: dict[str, dict[str | None, list[Delivery]]] = {}
        self._found: dict[tuple[object, ...], list[Delivery]] = {}
        self._protocols: dict[str, Protocol | None] = {}

    def deliveries_with(self, message_id: str, key: str | None = None) -> Sequence[Delivery]:
        found = self._with.get(message_id)
        if found is None:
            found = self._with[message_id] = {None: self._deliveries("message_id = ?", message_id)}
            for delivery in found[None]:
                found.setdefault(delivery.key, []).append(delivery)
        return found.get(key, ())

    def deliveries_beginning(self, local: str) -> Sequence[Delivery]:
        return self._deliveries("message_id >= ? AND message_id < ?", f"{local}@", f"{local}A")  # A follows @

    def knows_message_ids(self) -> bool:
        return bool(self._store.value("SELECT 1 FROM deliveries WHERE message_id > '' LIMIT 1"))

    def deliveries_to(self, key: str, since: datetime, until: datetime, most: int = -1) -> Sequence[Delivery]:
        return self._within("key = ?", key, since, until, most)

    def deliveries_at(self, domain: str, since: datetime, until: datetime, most: int) -> Sequence[Delivery]:
        return self._within("substr(key, instr(key, '@') + 1) = ?", domain, since, until, most)

    def deliveries_named(self, local: str, since: datetime, until: datetime, most: int) -> Sequence[Delivery]:
        return self._within("substr(key, 1, instr(key, '@') - 1) = ?", local, since, until, most)

    def protocol(self, number: str) -> Protocol | None:
        if number not in self._protocols:
            self._protocols[number] = protocol(self._store, number)
        return self._protocols[number]

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

    def _within(self, where: str, value: str, since: datetime, until: datetime, most: int) -> list[Delivery]:
        asked = (where, value, since, until, most)
        if asked not in self._found:
            times = clock.to_store(since), clock.to_store(until)
            self._found[asked] = self._deliveries(f"{where} AND sent_at BETWEEN ? AND ?", value, *times, most=most)
        return self._found[asked]

    def _deliveries(self, where: str, *values: str, most: int = -1) -> list[Delivery]:
        rows = self._store.rows(
            f"SELECT * FROM deliveries WHERE {where} ORDER BY sent_at DESC LIMIT ?",  # noqa: S608
            [*values, most],
        )
        rows.reverse()
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


def gone_addresses(store: Store) -> set[str]:
    """Keys of authors who are no longer in the directory, unless somebody who is uses the same address."""
    rows = store.rows(
        "SELECT a.email FROM gone_authors g JOIN authors a ON a.id = g.author WHERE NOT EXISTS"
        " (SELECT 1 FROM authors o WHERE o.email = a.email AND o.id NOT IN (SELECT author FROM gone_authors))"
    )
    return {address.parse(row["email"]).key for row in rows}


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
    pattern = "%" + re.sub(r"([\\%_])", r"\\\1", text.valid(words[:200])) + "%"
    rows = store.rows(
        "SELECT p.* FROM protocols p WHERE (p.number LIKE :w ESCAPE '\\' OR p.title LIKE :w ESCAPE '\\'"
        " OR p.project LIKE :w ESCAPE '\\')"
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
