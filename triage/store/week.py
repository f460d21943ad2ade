"""The numbers of a range of days, for the summary."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta

from triage import clock
from triage.model import Kind, WeekNumbers
from triage.store.base import Store

_TOP = 10


def week(store: Store, first: date, last: date) -> WeekNumbers:
    """Counts of the local days `first` to `last`, both included.

    Kinds, domains and authors count the failures that are tied to mails of ours: anybody can write the others.
    """
    start = clock.to_store(datetime.combine(first, time()).astimezone())
    end = clock.to_store(datetime.combine(last + timedelta(days=1), time()).astimezone())
    span = [start, end]
    messages = store.rows(
        "SELECT received_at, kind, section FROM messages WHERE received_at >= ? AND received_at < ?", span
    )
    failures = store.rows(
        "SELECT f.received_at, f.kind, c.key, a.name AS author FROM failures f JOIN cases c ON c.id = f.case_id"
        " JOIN links l ON l.failure = f.id AND l.strength <> 'guess' LEFT JOIN authors a ON a.id = l.author"
        " WHERE f.received_at >= ? AND f.received_at < ?",
        span,
    )
    days = Counter(
        clock.local(clock.from_store(m["received_at"])).date() for m in messages if Kind(m["kind"]).is_bounce
    )
    notices = _notices(store, span)
    numbers = Counter(number for _day, _address, _to, number in notices)
    return WeekNumbers(
        first=first,
        last=last,
        messages=len(messages),
        bounces=sum(days.values()),
        strays=sum(1 for m in messages if m["section"] is not None),
        new_cases=_count(store, "SELECT count(*) FROM cases WHERE first_seen >= ? AND first_seen < ?", span),
        notices=(numbers[1], numbers[2], numbers[3]),
        closed=_count(
            store,
            "SELECT count(*) FROM cases WHERE section = 'done' AND closed_because NOT IN ('history', 'moved')"
            " AND closed_at >= ? AND closed_at < ?",
            span,
        ),
        open_now=_count(store, "SELECT count(*) FROM cases WHERE section IN ('new', 'waiting', 'blocked')", []),
        blocked_now=_count(store, "SELECT count(*) FROM cases WHERE section = 'blocked'", []),
        by_kind=tuple((Kind(k), n) for k, n in _top(Counter(f["kind"] for f in failures))),
        by_day=tuple(
            (first + timedelta(days=i), days[first + timedelta(days=i)]) for i in range((last - first).days + 1)
        ),
        by_domain=tuple(_top(Counter(f["key"].rpartition("@")[2] for f in failures))),
        by_author=tuple(_top(Counter(f["author"] for f in failures if f["author"]))),
        days_to_fix=_days_to_fix(store, span),
        letters=tuple(notices),
        blocked=tuple(
            r["written"] for r in store.rows("SELECT written FROM cases WHERE section = 'blocked' ORDER BY key")
        ),
    )


def _top(counter: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda pair: (-pair[1], pair[0]))[:_TOP]


def _count(store: Store, sql: str, values: list[str]) -> int:
    return int(store.value(sql, values) or 0)


def _notices(store: Store, span: list[str]) -> list[tuple[date, str, str, int]]:
    rows = store.rows(
        "SELECT l.left_at, c.written, l.to_address, n.number FROM notices n JOIN letters l ON l.id = n.letter"
        " JOIN cases c ON c.key = n.address"
        " WHERE n.released = 0 AND l.left_at >= ? AND l.left_at < ? ORDER BY l.left_at, n.id",
        span,
    )
    return [
        (clock.local(clock.from_store(r["left_at"])).date(), r["written"], r["to_address"], r["number"]) for r in rows
    ]


def _days_to_fix(store: Store, span: list[str]) -> float | None:
    """Mean days from first failure to closing, of the cases closed in the range by a person or the directory."""
    found = store.value(
        "SELECT avg(julianday(closed_at) - julianday(first_seen)) FROM cases WHERE section = 'done'"
        " AND closed_because <> 'history' AND notices > 0 AND closed_at >= ? AND closed_at < ?",
        span,
    )
    return round(float(found), 1) if found is not None else None
