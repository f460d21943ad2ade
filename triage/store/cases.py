"""Cases: read, and brought up to date from what they are made of.

What a case shows (kind, link, counts, dates, section) is derived from its failures, links and letters by `refresh`,
which every write that touches one of them calls in its own transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from triage import clock
from triage.model import Address, Case, Hold, Kind, LetterState, Notice, Reason, Section, Seen
from triage.rules import cases as rules
from triage.rules import holds
from triage.store import convert
from triage.store.base import Row, Store

_CASE = "SELECT c.*, a.name AS author_name FROM cases c LEFT JOIN authors a ON a.id = c.author"
LONGEST = 1_000
"""Characters of a key; the schema says the same."""
_PERMANENT = tuple(kind.value for kind in Kind if kind.is_permanent)


def by_id(store: Store, identity: int) -> Case | None:
    row = store.row(f"{_CASE} WHERE c.id = ?", [identity])
    return convert.case(row) if row else None


def by_key(store: Store, key: str) -> Case | None:
    row = store.row(f"{_CASE} WHERE c.key = ?", [key])
    return convert.case(row) if row else None


def key_of(parsed: Address) -> str:
    """The key of an address as the tables take it: never empty, never endless."""
    return (parsed.key or parsed.written or "?")[:LONGEST]


def ensure(store: Store, parsed: Address, kind: Kind) -> int:
    """The case of an address, made if there is none; inside `store.write()`."""
    key = key_of(parsed)
    found = store.value("SELECT id FROM cases WHERE key = ?", [key])
    if found is not None:
        return int(found)
    return store.insert(
        "cases",
        {
            "key": key,
            "written": parsed.written[:LONGEST] or key,
            "fault": parsed.fault,
            "kind": kind.value,
            "section": Section.BIN.value,
        },
    )


def failing_among(store: Store, keys: Iterable[str]) -> set[str]:
    """Those of these keys that are among `failing_keys`."""
    wanted = list(keys)
    marks = ", ".join("?" for _ in wanted)
    rows = store.rows(
        f"SELECT key FROM cases WHERE section <> 'done' AND last_failed IS NOT NULL AND key IN ({marks})",  # noqa: S608
        wanted,
    )
    return {row["key"] for row in rows}


def failing_keys(store: Store) -> set[str]:
    """Keys of all addresses that fail now: of open cases in which something that counts failed, not only is late."""
    rows = store.rows("SELECT key FROM cases WHERE section <> 'done' AND last_failed IS NOT NULL")
    return {row["key"] for row in rows}


def notices(store: Store, key: str) -> list[Notice]:
    """All notices of an address, released ones too, in order."""
    rows = store.rows(
        "SELECT n.*, l.state, l.left_at, l.to_address, l.reference FROM notices n JOIN letters l ON l.id = n.letter"
        " WHERE n.address = ? ORDER BY n.number, n.id",
        [key],
    )
    return [convert.notice(row) for row in rows]


def failures(store: Store, identity: int, limit: int = 200) -> list[Seen]:
    """The failures of a case, newest first."""
    rows = store.rows(
        "SELECT f.*, m.source, l.protocol, l.author, l.strength, l.evidence, l.matched, l.score FROM failures f"
        " JOIN messages m ON m.id = f.message LEFT JOIN links l ON l.failure = f.id"
        " WHERE f.case_id = ? ORDER BY f.received_at DESC, f.id DESC LIMIT ?",
        [identity, limit],
    )
    return [
        Seen(
            id=row["id"],
            message=row["message"],
            received_at=clock.from_store(row["received_at"]),
            written=row["written"],
            final_recipient=row["final_recipient"],
            kind=Kind(row["kind"]),
            status=row["status"],
            reply=row["reply"],
            diagnostic=row["diagnostic"],
            remote_mta=row["remote_mta"],
            reason=Reason(row["rule"], row["words"]),
            source=row["source"],
            link=convert.link(row),
        )
        for row in rows
    ]


def current_holds(store: Store) -> list[Hold]:
    """The bursts that still last."""
    now = clock.now()
    since = clock.to_store(now - holds.LASTS - 2 * holds.WINDOW)
    rows = store.rows(
        "SELECT f.received_at, f.kind, c.key FROM failures f JOIN links l ON l.failure = f.id AND l.strength <> 'guess'"
        " JOIN cases c ON c.id = f.case_id WHERE f.received_at >= ?",
        [since],
    )
    happened = [holds.Happened(clock.from_store(r["received_at"]), r["key"], Kind(r["kind"])) for r in rows]
    return [hold for hold in holds.held(happened, store.limits) if hold.until > now]


def refresh(store: Store, identity: int) -> Case | None:
    """Derive a case anew and place it, inside `store.write()`."""
    row = store.row("SELECT * FROM cases WHERE id = ?", [identity])
    if row is None:
        return None
    changes = _from_letters(store, row)
    changes.update(_from_failures(store, {**row, **changes}))
    changes.update(_from_history_rule(store, {**row, **changes}))
    merged = {**row, **changes}
    merged["failing_since"] = changes["failing_since"] = _failing_since(store, merged)
    changes.update(_from_holds(store.once("holds", lambda: current_holds(store)), merged))
    case = convert.case({**merged, **changes})
    placed = rules.place(case, clock.now(), store.limits)
    changes.update(section=placed.section.value, wakes_at=convert.stored(placed.wakes_at))
    if differing := {name: value for name, value in changes.items() if row[name] != value}:
        store.update("cases", identity, differing)
    return replace(case, section=placed.section, wakes_at=placed.wakes_at)


def wake(store: Store) -> int:
    """Place again what time has moved on; returns how many."""
    now = clock.to_store(clock.now())
    if not store.value("SELECT 1 FROM cases WHERE wakes_at <= ? LIMIT 1", [now]):
        return 0
    with store.write():
        due = [row["id"] for row in store.rows("SELECT id FROM cases WHERE wakes_at <= ?", [now])]
        refresh_all(store, due)
    return len(due)


def refresh_all(store: Store, identities: Iterable[int]) -> None:
    """`refresh` many, and those that a burst has just struck; inside `store.write()`."""
    lasting = store.once("holds", lambda: current_holds(store))
    for identity in dict.fromkeys([*identities, *_struck(store, lasting)]):
        refresh(store, identity)


def _struck(store: Store, lasting: list[Hold]) -> list[int]:
    """Cases to work on that belong to a burst which began after they were placed."""
    found: list[int] = []
    for hold in lasting:
        rows = store.rows(
            "SELECT id FROM cases WHERE section = 'new' AND held <> :subject"
            " AND (kind = :subject OR substr(key, -length(:at)) = :at)",
            {"subject": hold.subject, "at": f"@{hold.subject}"},
        )
        found += [row["id"] for row in rows]
    return found


# --- what a case is derived from ---


def _from_failures(store: Store, row: Row) -> Row:
    """Kind, link, counts and dates.

    The kind is that of the newest permanent failure, else the newest: of those that count before the others, and of
    those since the last letter or closing before the older ones, for a mended address may fail for another reason.
    A delay is no failure yet.
    """
    marks = ", ".join("?" for _ in _PERMANENT)
    seen = store.row(
        "SELECT count(*) AS bounces, min(received_at) AS first_seen, max(received_at) AS last_seen,"
        " max(CASE WHEN l.strength <> 'guess' AND f.kind <> 'delayed' THEN received_at END) AS last_failed"
        " FROM failures f LEFT JOIN links l ON l.failure = f.id WHERE f.case_id = ?",
        [row["id"]],
    )
    kind = store.value(
        "SELECT f.kind FROM failures f LEFT JOIN links l ON l.failure = f.id"  # noqa: S608
        " WHERE f.case_id = ? ORDER BY coalesce(l.strength, 'guess') = 'guess', f.received_at <= ?,"
        f" f.kind IN ({marks}) DESC, f.received_at DESC, f.id DESC LIMIT 1",
        [row["id"], _since(row), *_PERMANENT],
    )
    link = store.row(
        "SELECT l.strength, l.evidence, l.matched, l.protocol, l.author"
        " FROM links l JOIN failures f ON f.id = l.failure"
        " WHERE f.case_id = ? ORDER BY l.strength = 'guess', f.received_at DESC, l.score DESC, f.id DESC LIMIT 1",
        [row["id"]],
    )
    unlinked = {"strength": None, "evidence": None, "matched": "", "protocol": "", "author": ""}
    return {**(seen or {}), "kind": kind or row["kind"], **(link or unlinked)}


def _from_letters(store: Store, row: Row) -> Row:
    open_states = ", ".join(f"'{state.value}'" for state in LetterState if state.is_open)
    found: dict[str, Any] = (
        store.row(
            "SELECT max(CASE WHEN l.state NOT IN ('composed', 'released') THEN coalesce(l.left_at, l.claimed_at) END)"  # noqa: S608
            f" AS last_left, max(CASE WHEN l.state IN ({open_states}) THEN l.state END) AS open_letter"
            " FROM letter_items i JOIN letters l ON l.id = i.letter WHERE i.case_id = ?",
            [row["id"]],
        )
        or {}
    )
    if found.get("open_letter") is None:  # one that may be about it, which only a person can tell
        found["open_letter"] = store.value(
            "SELECT l.state FROM named n JOIN letters l ON l.id = n.letter WHERE n.key = ? AND l.state = 'unconfirmed'",
            [row["key"]],
        )
    count = store.value("SELECT count(*) FROM notices WHERE address = ? AND released = 0", [row["key"]])
    return {**found, "notices": count}


def _from_history_rule(store: Store, row: Row) -> Row:
    """What had failed long before the first sync was dealt with before Triage: history, not work."""
    horizon = store.fact("history_before")
    if not horizon or (row["closed_at"] and row["closed_because"] != "history"):
        return {}
    if row["closed_because"] == "reopened":
        return {}
    newest = row["last_failed"] or row["last_seen"]
    old = newest is not None and newest <= horizon
    return {"closed_at": horizon if old else None, "closed_because": "history" if old else ""}


def _failing_since(store: Store, row: Row) -> str | None:
    """The first failure that counts since the last letter or closing."""
    found = store.value(
        "SELECT min(f.received_at) FROM failures f JOIN links l ON l.failure = f.id AND l.strength <> 'guess'"
        " WHERE f.case_id = ? AND f.received_at > ? AND f.kind <> 'delayed'",
        [row["id"], _since(row)],
    )
    return str(found) if found else None


def _since(row: Row) -> str:
    """When the last letter about the case left, or it was closed."""
    return max(row["last_left"] or "", row["closed_at"] or "")


def _from_holds(lasting: list[Hold], row: Row) -> Row:
    mine = set(holds.subjects(row["key"], Kind(row["kind"])))
    until = max((hold for hold in lasting if hold.subject in mine), key=lambda h: h.until, default=None)
    return {"held": until.subject if until else "", "held_until": convert.stored(until.until if until else None)}
