"""Cases: read, and brought up to date from what they are made of.

What a case shows (kind, link, counts, dates, section) is derived from its failures, links and letters by `refresh`,
which every write that touches one of them calls in its own transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import count
from operator import itemgetter

from triage import clock
from triage.model import Address, Case, Failure, Hold, Kind, LetterState, Notice, Reason, Section, Seen
from triage.rules import cases as rules
from triage.rules import holds
from triage.store import convert
from triage.store.base import Row, Store

_CASE = "SELECT c.*, a.name AS author_name FROM cases c LEFT JOIN authors a ON a.id = c.author"
MOVED = "moved"
"""Why a case is closed whose failures turned out to be of another address; the next failure opens it."""
LONGEST = 1_000
"""Characters of a key; the schema says the same."""
_PERMANENT = tuple(kind.value for kind in Kind if kind.is_permanent)
_OPEN_STATES = ", ".join(f"'{state.value}'" for state in LetterState if state.is_open)
_AT_ONCE = 1_000
"""Cases that are derived together."""
_DERIVED = (
    *("kind", "strength", "evidence", "matched", "protocol", "author", "bounces", "first_seen", "last_seen"),
    *("last_failed", "failing_since", "notices", "last_left", "open_letter", "closed_at", "closed_because"),
    *("held", "held_until", "section", "wakes_at"),
)
_THESE = "c.id IN (SELECT value FROM json_each(?))"
_DUE = (
    "WITH due (id, since) AS MATERIALIZED"
    " (SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?))"
)


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
    return store.insert("cases", _new(key, parsed, kind))


def _new(key: str, parsed: Address, kind: Kind) -> Row:
    return {
        "key": key,
        "written": parsed.written[:LONGEST] or key,
        "fault": parsed.fault,
        "kind": kind.value,
        "section": Section.BIN.value,
    }


def ensure_all(store: Store, failures: Iterable[Failure]) -> dict[str, tuple[int, str | None]]:
    """By key: the case of each failure's address, and the section it lay in; None: it was made now. See `ensure`."""
    first: dict[str, Failure] = {}
    for failure in failures:
        first.setdefault(key_of(failure.address), failure)
    present: dict[str, tuple[int, str | None]] = {}
    for at in range(0, len(first), _AT_ONCE):
        some = list(first)[at : at + _AT_ONCE]
        marks = ", ".join("?" for _ in some)
        rows = store.rows(f"SELECT key, id, section FROM cases WHERE key IN ({marks})", some)  # noqa: S608
        present.update((row["key"], (row["id"], row["section"])) for row in rows)
    made = dict(zip((key for key in first if key not in present), count(store.next_id("cases")), strict=False))
    new_rows = [{"id": case, **_new(key, first[key].address, first[key].kind)} for key, case in made.items()]
    store.insert_many("cases", new_rows)
    return {key: present[key] if key in present else (made[key], None) for key in first}


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
    return next(map(convert.case, _refreshed(store, [identity])), None)


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
    due = list(dict.fromkeys([*identities, *_struck(store, lasting)]))
    for at in range(0, len(due), _AT_ONCE):
        _refreshed(store, due[at : at + _AT_ONCE])


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


def _refreshed(store: Store, identities: Sequence[int]) -> list[Row]:
    """These cases, derived anew: a few statements for all of them."""
    found = store.rows(f"SELECT * FROM cases c WHERE {_THESE}", [json.dumps(identities)])  # noqa: S608
    rows = [dict(row) for row in found]
    _from_letters(store, rows)
    _from_failures(store, rows)
    _from_moving(rows)
    _from_history_rule(store, rows)
    _kinds(store, rows)
    _failing_since(store, rows)
    lasting = store.once("holds", lambda: current_holds(store))
    now = clock.now()
    for row in rows:
        row.update(_from_holds(lasting, row))
        placed = rules.place(convert.case(row), now, store.limits)
        row.update(section=placed.section.value, wakes_at=convert.stored(placed.wakes_at))
    sets = ", ".join(f"{name} = ?" for name in _DERIVED)
    changed = [row for row, before in zip(rows, found, strict=True) if row != before]
    values = itemgetter(*_DERIVED, "id")
    store.do_many(f"UPDATE cases SET {sets} WHERE id = ?", [values(row) for row in changed])  # noqa: S608
    return rows


def _fill(rows: Sequence[Row], derived: Iterable[Row], otherwise: Row) -> None:
    """Put what was derived into the rows, by id; `otherwise` where nothing was found."""
    by_id = {row["id"]: row for row in derived}
    for row in rows:
        row.update(by_id.get(row["id"], otherwise))


def _from_failures(store: Store, rows: Sequence[Row]) -> None:
    """Link, counts and dates. A delay is no failure yet."""
    derived = store.rows(
        "SELECT f.case_id AS id, count(*) AS bounces, min(f.received_at) AS first_seen,"  # noqa: S608
        " max(f.received_at) AS last_seen,"
        " max(CASE WHEN l.strength <> 'guess' AND f.kind <> 'delayed' THEN f.received_at END) AS last_failed"
        " FROM failures f LEFT JOIN links l ON l.failure = f.id"
        f" WHERE {_THESE.replace('c.id', 'f.case_id')} GROUP BY f.case_id",
        [_ids(rows)],
    )
    _fill(rows, derived, {"bounces": 0, "first_seen": None, "last_seen": None, "last_failed": None})
    links = store.rows(
        "SELECT c.id, l.strength, l.evidence, l.matched, l.protocol, l.author FROM cases c JOIN links l ON l.id ="  # noqa: S608
        " (SELECT l.id FROM links l JOIN failures f ON f.id = l.failure WHERE f.case_id = c.id"
        f" ORDER BY l.strength = 'guess', f.received_at DESC, l.score DESC, f.id DESC LIMIT 1) WHERE {_THESE}",
        [_ids(rows)],
    )
    _fill(rows, links, {"strength": None, "evidence": None, "matched": "", "protocol": "", "author": ""})


def _kinds(store: Store, rows: Sequence[Row]) -> None:
    """That of the newest permanent failure, else of the newest.

    Of those that count before the others, and of those since the last letter or closing before the older ones, for a
    mended address may fail for another reason.
    """
    marks = ", ".join("?" for _ in _PERMANENT)
    kinds = store.rows(  # of each group, SQLite takes the kind from the row that has the max
        f"{_DUE} SELECT d.id, f.kind, max((coalesce(l.strength, 'guess') <> 'guess') || (f.received_at > d.since)"  # noqa: S608
        f" || (f.kind IN ({marks})) || f.received_at || printf('%019d', f.id)) AS greatest"
        " FROM due d JOIN failures f ON f.case_id = d.id LEFT JOIN links l ON l.failure = f.id GROUP BY d.id",
        [_due(rows), *_PERMANENT],
    )
    _fill(rows, ({"id": row["id"], "kind": row["kind"]} for row in kinds), {})


def _from_letters(store: Store, rows: Sequence[Row]) -> None:
    ids = _ids(rows)
    left = store.rows(
        "SELECT i.case_id AS id, max(CASE WHEN l.state IN ('composed', 'released') THEN NULL"  # noqa: S608
        " ELSE coalesce(l.left_at, l.claimed_at) END) AS last_left,"
        f" max(CASE WHEN l.state IN ({_OPEN_STATES}) THEN l.state END) AS open_letter"
        " FROM letter_items i JOIN letters l ON l.id = i.letter"
        f" WHERE {_THESE.replace('c.id', 'i.case_id')} GROUP BY i.case_id",
        [ids],
    )
    _fill(rows, left, {"last_left": None, "open_letter": None})
    named = store.rows(
        "SELECT c.id, l.state AS open_letter FROM cases c JOIN named n ON n.key = c.key"  # noqa: S608
        f" JOIN letters l ON l.id = n.letter AND l.state = 'unconfirmed' WHERE {_THESE}",
        [ids],
    )  # one that may be about it, which only a person can tell
    _fill([row for row in rows if row["open_letter"] is None], named, {})
    counted = store.rows(
        "SELECT c.id, count(*) AS notices FROM cases c JOIN notices n ON n.address = c.key AND n.released = 0"  # noqa: S608
        f" WHERE {_THESE} GROUP BY c.id",
        [ids],
    )
    _fill(rows, counted, {"notices": 0})


def _from_moving(rows: Sequence[Row]) -> None:
    """Its failures had turned out to be of another address; these did not."""
    for row in rows:
        if row["closed_because"] == MOVED and row["bounces"]:
            row.update(closed_at=None, closed_because="")


def _from_history_rule(store: Store, rows: Sequence[Row]) -> None:
    """What had failed long before the first sync was dealt with before Triage: history, not work."""
    horizon = store.once("history_before", lambda: store.fact("history_before"))
    for row in rows if horizon else ():
        if row["closed_because"] == "reopened" or (row["closed_at"] and row["closed_because"] != "history"):
            continue
        newest = row["last_failed"] or _last_delayed(store, row) or row["last_seen"]
        old = newest is not None and newest <= horizon
        row.update(closed_at=horizon if old else None, closed_because="history" if old else "")


def _last_delayed(store: Store, row: Row) -> str | None:
    """Of what counts, where only delays do."""
    found = store.value(
        "SELECT max(f.received_at) FROM failures f JOIN links l ON l.failure = f.id AND l.strength <> 'guess'"
        " WHERE f.case_id = ?",
        [row["id"]],
    )
    return str(found) if found else None


def _failing_since(store: Store, rows: Sequence[Row]) -> None:
    """The first failure that counts since the last letter or closing."""
    derived = store.rows(
        f"{_DUE} SELECT d.id, min(f.received_at) AS failing_since FROM due d JOIN failures f ON f.case_id = d.id"  # noqa: S608
        " JOIN links l ON l.failure = f.id AND l.strength <> 'guess'"
        " WHERE f.received_at > d.since AND f.kind <> 'delayed' GROUP BY d.id",
        [_due(rows)],
    )
    _fill(rows, derived, {"failing_since": None})


def _ids(rows: Sequence[Row]) -> str:
    return json.dumps([row["id"] for row in rows])


def _due(rows: Sequence[Row]) -> str:
    """Ids, each with the moment when the last letter about the case left, or it was closed."""
    return json.dumps([[row["id"], max(row["last_left"] or "", row["closed_at"] or "")] for row in rows])


def _from_holds(lasting: list[Hold], row: Row) -> Row:
    mine = set(holds.subjects(row["key"], Kind(row["kind"]))) if lasting else set()
    until = max((hold for hold in lasting if hold.subject in mine), key=lambda h: h.until, default=None)
    return {"held": until.subject if until else "", "held_until": convert.stored(until.until if until else None)}
