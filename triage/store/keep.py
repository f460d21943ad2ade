"""What came in, kept: raw part, hash, understanding, links and cursor in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from triage import clock
from triage.model import NO_BOUNCES, Arrival, Bounce, Cursor, Failure, Kind, Link, Reason
from triage.rules.cases import place_stray
from triage.store import cases, journal, letterbook, links
from triage.store.base import Row, Store

_LONGEST = 4_000
"""Characters of a text column that came by mail."""
_REFUSED = (sqlite3.IntegrityError, ValueError, OverflowError)
_Touched = dict[int, str | None]
"""Cases, and the section each lay in; None: it is new."""
_ANSWERS_MOST = 50
"""To one letter, of each sort: more are only kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A message that answers a letter of ours."""

    letter: int
    what: str
    """The history's word: answered, answered_automatically, or named."""
    detail: str


_Answers = Mapping[str, Sequence[Answer]]


@dataclass(frozen=True, slots=True)
class Answered:
    """A message that answers a letter about a case; all of it as its sender wrote it."""

    received_at: datetime
    sender: str
    subject: str
    kind: Kind
    reference: str
    """Of the letter."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a batch added. Case ids; a case may be new and in the bin."""

    messages: int = 0
    known: int = 0
    strays: int = 0
    new: tuple[int, ...] = ()
    again: tuple[int, ...] = ()
    reopened: tuple[int, ...] = ()


def cursors(store: Store) -> dict[str, Cursor]:
    """How far each folder has been read."""
    return {r["folder"]: Cursor(r["folder"], r["uidvalidity"], r["uid"]) for r in store.rows("SELECT * FROM cursors")}


def known(store: Store, digests: Iterable[str]) -> set[str]:
    """Which of these messages are kept already: they need not be understood again."""
    wanted = list(digests)
    marks = ", ".join("?" for _ in wanted)
    return {r["digest"] for r in store.rows(f"SELECT digest FROM messages WHERE digest IN ({marks})", wanted)}  # noqa: S608


def bounced(store: Store, digests: Iterable[str]) -> list[str]:
    """Those of these kept messages that became failures."""
    wanted = list(digests)
    marks = ", ".join("?" for _ in wanted)
    rows = store.rows(
        f"SELECT digest FROM messages m WHERE digest IN ({marks})"  # noqa: S608
        " AND EXISTS (SELECT 1 FROM failures WHERE message = m.id) ORDER BY id",
        wanted,
    )
    return [row["digest"] for row in rows]


def begin_history(store: Store, before: datetime) -> None:
    """Once, at the first sync: what failed last before this moment is history, not work."""
    if not store.fact("history_before"):
        store.set_fact("history_before", clock.to_store(before))


def keep(
    store: Store,
    arrivals: Sequence[Arrival],
    cursor: Cursor | None,
    answers: _Answers = MappingProxyType({}),
    found: Mapping[str, links.Found] = MappingProxyType({}),
) -> Kept:
    """Keep a batch and its cursor, all or nothing; what is known by its hash is passed over.

    By digest: `answers`, the letters that a message answers; `found`, what linking found beside its links.
    """
    with store.write():
        have = known(store, (a.digest for a in arrivals))
        fresh = list({a.digest: a for a in arrivals if a.digest not in have}.values())
        touched = _keep_each(store, fresh, answers, found)
        cases.refresh_all(store, touched)
        again = [case for case, section in touched.items() if section is not None]
        reopened = [c for c in again if touched[c] == "done" and _section(store, c) != "done"]
        for case in reopened:
            journal.note(store, "reopened", case=case)
        if cursor is not None:
            store.do("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)", [cursor.folder, cursor.uidvalidity, cursor.uid])
    new = [case for case, section in touched.items() if section is None]
    strays = sum(not arrival.bounce.failures for arrival in fresh)
    return Kept(len(fresh), len(arrivals) - len(fresh), strays, tuple(new), tuple(again), tuple(reopened))


def _keep_each(
    store: Store, arrivals: Sequence[Arrival], answers: _Answers, found: Mapping[str, links.Found]
) -> _Touched:
    """All together; where the tables don't take one of them, one after the other."""
    try:
        with store.attempt():
            return _keep_all(store, arrivals, answers, found)
    except _REFUSED as error:
        if len(arrivals) == 1:
            return _keep_all(store, [_unreadable(arrivals[0], error)], {}, {})
    touched: _Touched = {}
    for arrival in arrivals:
        for case, section in _keep_each(store, [arrival], answers, found).items():
            touched.setdefault(case, section)
    return touched


def _keep_all(
    store: Store, arrivals: Sequence[Arrival], answers: _Answers, found: Mapping[str, links.Found]
) -> _Touched:
    """Messages with their failures and links, some statements for all of them."""
    now = store.once("now", clock.now)
    at = {arrival.digest: _received(arrival, now) for arrival in arrivals}
    messages = dict(enumerate(arrivals, store.next_id("messages")))
    store.insert_many("messages", [_message_row(store, m, a, at[a.digest]) for m, a in messages.items()])
    reported = [(m, a, n) for m, a in messages.items() for n in range(len(a.bounce.failures))]
    touched = cases.ensure_all(store, (a.bounce.failures[n] for _m, a, n in reported))
    failures: list[Row] = []
    tied: list[Row] = []
    guessed: dict[int, Sequence[Link]] = {}
    for identity, (message, arrival, position) in enumerate(reported, store.next_id("failures")):
        failure = arrival.bounce.failures[position]
        case, _section = touched[cases.key_of(failure.address)]
        failures.append(_failure_row(identity, at[arrival.digest], message, case, position, failure))
        if position < len(arrival.links) and (link := arrival.links[position]) is not None:
            tied.append(links.row(identity, link))
        guesses = found.get(arrival.digest, links.NOTHING).guesses
        if position < len(guesses) and any(not guess.strength.counts for guess in guesses[position]):
            guessed[identity] = guesses[position]
    store.insert_many("failures", failures)
    store.insert_many("links", tied)
    for identity, some in guessed.items():
        links.keep_guesses(store, identity, some)
    for message, arrival in messages.items():
        links.keep_carried(store, message, found.get(arrival.digest, links.NOTHING).carried)
        if arrival.letter is not None and arrival.bounce.is_bounce:
            journal.note(store, "did_not_arrive", letter=arrival.letter, detail=arrival.bounce.subject[:200])
        for answer in answers.get(arrival.digest, ()):
            _note_answer(store, answer)
    return dict(touched.values())


def _unreadable(arrival: Arrival, error: Exception) -> Arrival:
    """What the tables do not take is kept as a stray that says so: one bad message stops nothing."""
    bounce = Bounce(Kind.UNCLEAR, faults=(f"cannot be kept: {type(error).__name__}",), reason=Reason("unreadable"))
    return replace(arrival, raw=replace(arrival.raw, received_at=None), bounce=bounce, links=(), letter=None)


def _section(store: Store, case: int) -> str:
    return str(store.value("SELECT section FROM cases WHERE id = ?", [case]))


def _received(arrival: Arrival, now: datetime) -> str:
    """The server's mark of arrival; a report's own date only where there is no other, and never in the future."""
    at = arrival.raw.received_at or arrival.bounce.date or now
    return clock.to_store(min(at, now))


def _message_row(store: Store, identity: int, arrival: Arrival, received: str) -> Row:
    bounce, raw = arrival.bounce, arrival.raw
    reason = bounce.failures[0].reason if bounce.failures else bounce.reason
    section = None if bounce.failures else place_stray(bounce)
    new_address = bounce.auto_reply.new_address if bounce.auto_reply else ""
    return {
        "id": identity,
        "digest": arrival.digest,
        "source": raw.source,
        "uidvalidity": raw.uidvalidity,
        "uid": raw.uid,
        "received_at": received,
        "kept_at": store.once("kept_at", lambda: clock.to_store(clock.now())),
        "size": max(raw.size, len(raw.content)),
        "kept": arrival.kept,
        "kind": bounce.kind.value,
        "sender": bounce.sender[:_LONGEST],
        "subject": bounce.subject[:_LONGEST],
        "message_id": bounce.message_id[:_LONGEST],
        "original_message_id": bounce.original_message_id[:_LONGEST],
        "rule": reason.rule,
        "words": reason.words[:_LONGEST],
        "new_address": new_address[:_LONGEST],
        "faults": ", ".join(bounce.faults),
        "section": section.value if section else None,
        "letter": arrival.letter,
    }


def _failure_row(identity: int, received: str, message: int, case: int, position: int, failure: Failure) -> Row:
    return {
        "id": identity,
        "message": message,
        "case_id": case,
        "position": position,
        "received_at": received,
        "written": failure.address.written[:_LONGEST],
        "final_recipient": failure.final_recipient[:_LONGEST],
        "kind": failure.kind.value,
        "action": failure.action[:100],
        "status": failure.status[:100],
        "reply": failure.reply[:100],
        "diagnostic": failure.diagnostic[:_LONGEST],
        "remote_mta": failure.remote_mta[:_LONGEST],
        "rule": failure.reason.rule,
        "words": failure.reason.words[:_LONGEST],
    }


# --- answers ---


def _note_answer(store: Store, answer: Answer) -> None:
    """In the history of each case that the letter is about. A flood of them is cut: the messages are kept anyway."""
    noted = store.value("SELECT count(*) FROM history WHERE letter = ? AND what = ?", [answer.letter, answer.what])
    if noted >= _ANSWERS_MOST:
        return
    for case in letterbook.cases_of(store, answer.letter):
        journal.note(store, answer.what, case=case, letter=answer.letter, detail=answer.detail)


def answered(store: Store, case: int) -> list[Answered]:
    """The messages that answer letters about a case, newest first. Bounces of the letters are none."""
    marks = ", ".join("?" for _ in NO_BOUNCES)
    rows = store.rows(
        "SELECT m.received_at, m.sender, m.subject, m.kind, l.reference FROM messages m"  # noqa: S608
        " JOIN letters l ON l.id = m.letter JOIN letter_items i ON i.letter = l.id"
        f" WHERE i.case_id = ? AND m.kind IN ({marks}) ORDER BY m.received_at DESC, m.id DESC LIMIT ?",
        [case, *NO_BOUNCES, _ANSWERS_MOST],
    )
    return [
        Answered(clock.from_store(r["received_at"]), r["sender"], r["subject"], Kind(r["kind"]), r["reference"])
        for r in rows
    ]
