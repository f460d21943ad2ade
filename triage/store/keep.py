"""What came in, kept: raw part, hash, understanding, links and cursor in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from triage import clock
from triage.model import NO_BOUNCES, Arrival, Bounce, Cursor, Failure, Kind, Reason
from triage.rules.cases import place_stray
from triage.store import cases, journal, letterbook, links
from triage.store.base import Store

_LONGEST = 4_000
"""Characters of a text column that came by mail."""
_ANSWERS_MOST = 50
"""To one letter, of each sort: more are only kept."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A message that answers a letter of ours."""

    letter: int
    what: str
    """The history's word: answered, answered_automatically, or named."""
    detail: str


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
    answers: Mapping[str, Sequence[Answer]] = MappingProxyType({}),
    found: Mapping[str, links.Found] = MappingProxyType({}),
) -> Kept:
    """Keep a batch and its cursor, all or nothing; what is known by its hash is passed over.

    By digest: `answers`, the letters that a message answers; `found`, what linking found beside its links.
    """
    with store.write():
        have = known(store, (a.digest for a in arrivals))
        fresh = list({a.digest: a for a in arrivals if a.digest not in have}.values())
        before: dict[int, str] = {}
        new: list[int] = []
        strays = 0
        for arrival in fresh:
            strays += not arrival.bounce.failures
            try:
                with store.attempt():
                    touched_by = _keep_one(store, arrival, found.get(arrival.digest, links.Found()))
                    for answer in answers.get(arrival.digest, ()):
                        _note_answer(store, answer)
            except (sqlite3.IntegrityError, ValueError, OverflowError) as error:
                touched_by = _keep_one(store, _unreadable(arrival, error), links.Found())
            for case, section in touched_by.items():
                if section is None:
                    new.append(case)
                elif case not in new:
                    before.setdefault(case, section)
        touched = dict.fromkeys([*new, *before])
        cases.refresh_all(store, touched)
        reopened = [c for c, was in before.items() if was == "done" and _section(store, c) != "done" and c not in new]
        for case in reopened:
            journal.note(store, "reopened", case=case)
        if cursor is not None:
            store.do("INSERT OR REPLACE INTO cursors VALUES (?, ?, ?)", [cursor.folder, cursor.uidvalidity, cursor.uid])
    again = [case for case in before if case not in new]
    return Kept(len(fresh), len(arrivals) - len(fresh), strays, tuple(new), tuple(again), tuple(reopened))


def _keep_one(store: Store, arrival: Arrival, found: links.Found) -> dict[int, str | None]:
    """One message with its failures and links; returns the cases it touched and where they lay, None if new."""
    received = _received(arrival, store.once("now", clock.now))
    message = _insert_message(store, arrival, received)
    touched: dict[int, str | None] = {}
    for position, failure in enumerate(arrival.bounce.failures):
        lay_in = store.value("SELECT section FROM cases WHERE key = ?", [cases.key_of(failure.address)])
        case = cases.ensure(store, failure.address, failure.kind)
        touched.setdefault(case, lay_in)
        identity = _insert_failure(store, received, message, case, position, failure)
        if position < len(arrival.links) and (link := arrival.links[position]) is not None:
            links.insert(store, identity, link)
        if position < len(found.guesses) and found.guesses[position]:
            links.keep_guesses(store, identity, found.guesses[position])
    links.keep_carried(store, message, found.carried)
    return touched


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


def _insert_message(store: Store, arrival: Arrival, received: str) -> int:
    bounce, raw = arrival.bounce, arrival.raw
    reason = bounce.failures[0].reason if bounce.failures else bounce.reason
    section = None if bounce.failures else place_stray(bounce)
    new_address = bounce.auto_reply.new_address if bounce.auto_reply else ""
    message = store.insert(
        "messages",
        {
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
        },
    )
    if arrival.letter is not None and bounce.is_bounce:
        journal.note(store, "did_not_arrive", letter=arrival.letter, detail=bounce.subject[:200])
    return message


def _insert_failure(store: Store, received: str, message: int, case: int, position: int, failure: Failure) -> int:
    return store.insert(
        "failures",
        {
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
        },
    )


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
