"""What ties failures to mails of ours: the link of each, the guesses about it, and what its message carried of ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from triage import clock
from triage.model import Evidence, Failure, Link, Raw, Strength
from triage.store import cases, journal
from triage.store.base import Row, Store

_LONGEST = 4_000
"""Characters of a text column that came by mail."""
_MOST_GUESSES = 20
_UNTIED = "coalesce(l.strength, 'guess') = 'guess'"
_NEWS = "f.received_at > max(coalesce(c.last_failed, ''), coalesce(c.closed_at, ''))"
"""A failure that would change its case if it counted: nothing newer counts, and the case was not closed since."""


@dataclass(frozen=True, slots=True)
class Found:
    """What linking found beside the links themselves."""

    guesses: tuple[Sequence[Link], ...] = ()
    """For each failure of the message, the best first."""
    carried: str = ""
    """Links and numbers in the body of the returned mail, a line each."""


NOTHING = Found()


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A failure without a link that counts, with what was kept of its message."""

    id: int
    case: int
    key: str
    position: int
    """Among the failures of its message."""
    carried: str
    raw: Raw


def row(failure: int, link: Link, decided_by: str = "") -> Row:
    return {
        "failure": failure,
        "protocol": link.protocol,
        "author": link.author,
        "strength": link.strength.value,
        "evidence": link.evidence.value,
        "matched": link.matched[:_LONGEST],
        "score": link.score,
        "decided_by": decided_by,
    }


def keep_guesses(store: Store, failure: int, guesses: Sequence[Link]) -> None:
    """These are the guesses about a failure now, inside `store.write()`."""
    store.do("DELETE FROM guesses WHERE failure = ?", [failure])
    for guess in guesses:
        if not guess.strength.counts:
            values = [guess.protocol, guess.author, guess.evidence.value, guess.matched[:_LONGEST], guess.score]
            store.do("INSERT OR IGNORE INTO guesses VALUES (?, ?, ?, ?, ?, ?)", [failure, *values])


def keep_carried(store: Store, message: int, text: str) -> None:
    """What the dropped body carried of ours, inside `store.write()`."""
    if text:
        store.do("INSERT OR REPLACE INTO carried VALUES (?, ?)", [message, text[:_LONGEST]])


def relink(store: Store, failure: int, found: Sequence[Link]) -> None:
    """What was found anew about a failure without a link that counts, inside `store.write()`."""
    present = store.rows("SELECT * FROM guesses WHERE failure = ? ORDER BY protocol", [failure])
    told = {g.protocol: (g.author, g.evidence.value, g.matched[:_LONGEST], g.score) for g in found}
    known = {r["protocol"]: (r["author"], r["evidence"], r["matched"], r["score"]) for r in present}
    if told == known and not any(link.strength.counts for link in found):
        return
    store.do("DELETE FROM links WHERE failure = ?", [failure])
    if found:
        store.insert("links", row(failure, found[0]))
    keep_guesses(store, failure, found)


def is_movable(store: Store, case: int) -> bool:
    """Nobody has written about the case, or on it: its failures may turn out to be of another address."""
    return not store.value(
        "SELECT note <> '' OR taken_by <> '' OR EXISTS (SELECT 1 FROM letter_items WHERE case_id = c.id)"
        " OR EXISTS (SELECT 1 FROM notices WHERE address = c.key) OR EXISTS (SELECT 1 FROM named WHERE key = c.key)"
        " FROM cases c WHERE id = ?",
        [case],
    )


def move(store: Store, failure: Unlinked, to: Failure) -> int:
    """The report meant another address: the failure goes to its case, inside `store.write()`. Returns that case."""
    case = cases.ensure(store, to.address, to.kind)
    told = f"{failure.key} → {cases.key_of(to.address)}"
    for each in (failure.case, case):
        journal.note(store, "moved", case=each, detail=told[:_LONGEST])
    changes = {"case_id": case, "written": to.address.written[:_LONGEST], "final_recipient": to.final_recipient}
    store.update("failures", failure.id, changes)
    if not store.value("SELECT 1 FROM failures WHERE case_id = ? LIMIT 1", [failure.case]):
        store.do(
            "UPDATE cases SET closed_at = ?, closed_because = ?"
            " WHERE id = ? AND (closed_at IS NULL OR closed_because = 'history')",
            [clock.to_store(clock.now()), cases.MOVED, failure.case],
        )
    return case


def guesses(store: Store, case: int) -> list[Link]:
    """All protocols that a case's failures may be about, the likeliest first; none once something counts for each."""
    rows = store.rows(
        "SELECT g.* FROM guesses g JOIN failures f ON f.id = g.failure LEFT JOIN links l ON l.failure = f.id"  # noqa: S608
        f" WHERE f.case_id = ? AND {_UNTIED}"
        " ORDER BY g.score DESC, f.received_at DESC, g.protocol",
        [case],
    )
    best: dict[str, Link] = {}
    for r in rows:
        evidence = Evidence(r["evidence"])
        guess = Link(r["protocol"], r["author"], Strength.GUESS, evidence, r["matched"], r["score"])
        best.setdefault(guess.protocol, guess)
    return list(best.values())[:_MOST_GUESSES]


# --- linking again ---


def unlinked_cases(store: Store) -> list[int]:
    """Cases with a failure that nothing ties to a mail of ours yet, and that would be news there; closed ones, too."""
    rows = store.rows(
        "SELECT c.id FROM cases c WHERE c.last_seen > max(coalesce(c.last_failed, ''), coalesce(c.closed_at, ''))"  # noqa: S608
        " AND EXISTS (SELECT 1 FROM failures f LEFT JOIN links l ON l.failure = f.id"
        f" WHERE f.case_id = c.id AND {_NEWS} AND {_UNTIED})"
    )
    return [r["id"] for r in rows]


def unlinked_failures(store: Store, case: int, limit: int = -1, *, only_news: bool = False) -> list[Unlinked]:
    """Failures of a case without a link that counts, newest first; only those for which `unlinked_cases` names it."""
    rows = store.rows(
        "SELECT f.id, f.position, c.key, m.kept, m.source, m.received_at, k.text FROM failures f"  # noqa: S608
        " JOIN cases c ON c.id = f.case_id JOIN messages m ON m.id = f.message"
        " LEFT JOIN links l ON l.failure = f.id LEFT JOIN carried k ON k.message = m.id"
        f" WHERE f.case_id = ? AND {_UNTIED} AND ({_NEWS} OR NOT ?)"
        " ORDER BY f.received_at DESC, f.id DESC LIMIT ?",
        [case, only_news, limit],
    )
    return [
        Unlinked(
            id=r["id"],
            case=case,
            key=r["key"],
            position=r["position"],
            carried=r["text"] or "",
            raw=_raw(r),
        )
        for r in rows
    ]


def last_bounces(store: Store, limit: int) -> list[tuple[Raw, str, str]]:
    """(kept part, what its returned body carried, evidence of its first link) of the newest bounces."""
    rows = store.rows(
        "SELECT m.kept, m.source, m.received_at, k.text,"
        " (SELECT l.evidence FROM links l JOIN failures f ON f.id = l.failure"
        " WHERE f.message = m.id ORDER BY f.position LIMIT 1) AS evidence"
        " FROM messages m LEFT JOIN carried k ON k.message = m.id WHERE m.section IS NULL"
        " ORDER BY m.received_at DESC, m.id DESC LIMIT ?",
        [limit],
    )
    return [(_raw(r), r["text"] or "", r["evidence"] or "") for r in rows]


def _raw(row: Row) -> Raw:
    return Raw(bytes(row["kept"]), row["source"], received_at=clock.from_store(row["received_at"]))
