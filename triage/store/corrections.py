"""What imports of the directory changed about an address, and what was mailed to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from triage import clock
from triage.rules.closing import Closing, Mailed, Moved, closing, last_delivered
from triage.store.base import Store

_MOST = 500
"""Mails to one address that are looked at, the newest."""


@dataclass(frozen=True, slots=True)
class Correction:
    """An address of the directory that was changed, or went away: then `new` is ""."""

    at: datetime
    protocol: str
    old: str
    new: str


def made_of(store: Store, key: str, limit: int = 20) -> list[Correction]:
    """What an address was changed to, newest first; the same change on many lists is one."""
    return _corrections(store, "old_key = ?", key, limit)


def came_from(store: Store, key: str, limit: int = 20) -> list[Correction]:
    """Which addresses this one stands in for, newest first."""
    return _corrections(store, "new_key = ? AND new_key <> ''", key, limit)


def to_close(store: Store) -> list[tuple[int, Closing]]:
    """Open cases that the directory says are over. `rules.closing` decides."""
    since = "coalesce(c.last_failed, c.last_seen, '')"
    rows = store.rows(
        f"SELECT c.id, c.key, c.protocol, {since} AS since FROM cases c WHERE c.section <> 'done'"  # noqa: S608
        f" AND EXISTS (SELECT 1 FROM address_history WHERE old_key = c.key AND at >= {since})"
    )
    found = [(row["id"], closing(row["protocol"], *_standing(store, row["key"], row["since"]))) for row in rows]
    return [(case, over) for case, over in found if over is not None]


def delivered(store: Store, key: str, case: int | None) -> datetime | None:
    """When the newest mail to the address left that nothing came back for; None if there is none."""
    mails = store.rows(
        "SELECT sent_at, message_id FROM deliveries WHERE key = ? AND sent_at BETWEEN '1' AND ?"
        " ORDER BY sent_at DESC LIMIT ?",
        [key, clock.to_store(clock.now()), _MOST],
    )
    bounces = store.rows(
        "SELECT f.received_at, coalesce(l.matched, '') AS matched FROM failures f LEFT JOIN links l ON l.failure = f.id"
        " WHERE f.case_id = ? ORDER BY f.received_at DESC LIMIT ?",
        [case, _MOST],
    )
    return last_delivered(
        [Mailed(clock.from_store(row["sent_at"]), row["message_id"]) for row in mails],
        [(clock.from_store(row["received_at"]), row["matched"]) for row in bounces],
    )


def _corrections(store: Store, where: str, key: str, limit: int) -> list[Correction]:
    rows = store.rows(
        f"SELECT at, max(protocol) AS protocol, old_address, new_address FROM address_history WHERE {where}"  # noqa: S608
        " GROUP BY at, old_key, new_key ORDER BY at DESC, max(id) DESC LIMIT ?",
        [key, limit],
    )
    return [
        Correction(clock.from_store(row["at"]), row["protocol"], row["old_address"], row["new_address"]) for row in rows
    ]


def _standing(store: Store, key: str, since: str) -> tuple[list[Moved], set[str]]:
    """What became of an address since a moment, list by list as they are now, and the lists that still hold it."""
    rows = store.rows(
        "SELECT h.protocol, max(h.at) AS at, coalesce(r.email, '') AS now FROM address_history h"
        " LEFT JOIN recipients r ON r.id = h.recipient AND r.protocol = h.protocol"
        " WHERE h.old_key = :key AND h.at >= :since AND coalesce(r.key, '') <> :key"
        " GROUP BY h.recipient, h.protocol ORDER BY at DESC, h.protocol",
        {"key": key, "since": since},
    )
    moved = [Moved(row["protocol"], clock.from_store(row["at"]), row["now"]) for row in rows]
    still = store.rows("SELECT DISTINCT protocol FROM recipients WHERE key = ?", [key])
    return moved, {row["protocol"] for row in still}
