"""The notice ledger: the numbers that letters hold. No notice leaves but through `claim`.

claim -> leaving (committed between RCPT and DATA) -> settle. A claim and every later step is a compare-and-swap on the
letter's state and on the token of the process that claimed it, in an immediate transaction: a process that lost its
letter can neither send nor settle it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from triage import address, clock
from triage.errors import RefusedError
from triage.lang import _
from triage.model import (
    NOTICES_EVER,
    Allowed,
    Case,
    Kind,
    Letter,
    LetterState,
    Limits,
    Outcome,
    Purpose,
    Refused,
    Sent,
)
from triage.rules.letters import MOVES, may_ask_postmaster
from triage.rules.notices import may_notify, next_number
from triage.store import cases, departures, journal, owners
from triage.store.base import Store
from triage.store.letterbook import cases_of, letter, letters, letters_with_reference, names_for

_SETTLED_AS = {
    Sent.SENT: LetterState.SENT,
    Sent.HANDED_OVER: LetterState.HANDED_OVER,
    Sent.REFUSED: LetterState.RELEASED,
    Sent.UNKNOWN: LetterState.UNCONFIRMED,
}


@dataclass(frozen=True, slots=True)
class NotClaimed:
    """Why nothing was claimed: per address a refusal, or None where its number, or the letter itself, has changed."""

    reasons: tuple[tuple[str, Refused | None], ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to let this letter leave, once."""

    letter: int
    token: str


def claim(store: Store, reviewed: Letter, now: datetime, limits: Limits, domain: str) -> Claim | NotClaimed:
    """Take the numbers that the reviewed letter names, all or none. `may_notify` decides, inside the transaction.

    What is claimed is what was reviewed, to the letter. Raises RefusedError if it is no longer up for review,
    NotFoundError if it is gone.
    """
    with store.write():
        found = letter(store, reviewed.id)
        if found.state is not LetterState.COMPOSED:
            raise RefusedError(
                _("Letter {reference} is no longer up for review.", reference=found.reference),
                _("`triage letters` shows what became of it."),
            )
        if letters_with_reference(store, found.reference):
            raise RefusedError(
                _("Another letter bears the reference {reference}, too.", reference=found.reference),
                _("Throw this one away and draft it again."),
            )
        if _text(found) != _text(reviewed):
            return NotClaimed(tuple((item.written, None) for item in found.items))
        refused: list[tuple[str, Refused | None]] = []
        for item in found.items:
            case = cases.refresh(store, item.case)
            answer = may_leave(store, case, found.purpose, now, limits) if case else None
            if isinstance(answer, Refused) or answer is None or answer.number != item.number:
                refused.append((item.written, answer if isinstance(answer, Refused) else None))
        if refused or not found.items:
            return NotClaimed(tuple(refused))
        token = owners.token()
        claims = [(item.key, item.number) for item in found.items]
        message_id, _unused = names_for(store, claims, domain)
        at = clock.to_store(now)
        changes = {"state": LetterState.CLAIMED.value, "claimed_at": at, "owner": token, "message_id": message_id}
        store.update("letters", found.id, changes)
        for item in found.items:
            if item.number:
                row = {"letter": found.id, "address": item.key, "number": item.number, "claimed_at": at}
                store.insert("notices", row)
        journal.seal(store, found.id)
        after(store, found.id, "claimed")
    return Claim(found.id, token)


def _text(found: Letter) -> tuple[object, ...]:
    """All that a person reviews."""
    return (found.reference, found.purpose, found.to, found.to_name, found.subject, found.body, found.items)


def may_leave(store: Store, case: Case, purpose: Purpose, now: datetime, limits: Limits) -> Allowed | Refused:
    """Whether a letter of this purpose about the case may leave now, and the number of its notice (0: none)."""
    if purpose is Purpose.CORRECTION:
        return may_notify(case, cases.notices(store, case.key), now, limits)
    return may_ask_postmaster(case, now)


def leaving(store: Store, claim: Claim) -> bool:
    """Commit that the letter is leaving; False if the claim was lost, and then nothing may leave."""
    store.refuse_to_be_nested()
    return _move(store, claim.letter, LetterState.CLAIMED, LetterState.LEAVING, claim.token)


def settle(store: Store, claim: Claim, outcome: Outcome) -> LetterState:
    """Write down what became of a claimed or leaving letter; returns the state it is in now.

    If it was taken for dead and released meanwhile, and may have left, it counts again. If this cannot be written down,
    nobody holds the letter any more, and the next `recover` finds it unconfirmed.
    """
    wanted = _SETTLED_AS[outcome.result]
    try:
        with store.write():
            present = letter(store, claim.letter)
            if present.state is LetterState.RELEASED and outcome.result is not Sent.REFUSED:
                if owner_of(store, claim.letter) == claim.token:
                    taken_back = LetterState.HANDED_OVER if outcome.result is Sent.HANDED_OVER else LetterState.SENT
                    take_back(store, present, taken_back, clock.now(), outcome.detail)
            elif wanted in MOVES[present.state]:
                _move(store, claim.letter, present.state, wanted, claim.token, outcome.detail)
            return letter(store, claim.letter).state
    finally:
        owners.let_go(claim.token)


def decide(store: Store, identity: int, *, sent: bool, detail: str = "") -> Letter:
    """A person settles an open letter: it left, or it certainly did not. Raises RefusedError.

    One that a living process here holds is left to it.
    """
    with store.write():
        found = letter(store, identity)
        wanted = LetterState.SENT if sent else LetterState.RELEASED
        held = found.state in (LetterState.CLAIMED, LetterState.LEAVING)
        theirs = held and owners.is_alive(owner_of(store, identity))
        if theirs or not found.state.is_open or wanted not in MOVES[found.state]:
            raise RefusedError(
                _("Letter {name} cannot be settled so: {state}.", name=found.reference, state=found.state.value),
                _("Letters in Drafts and unconfirmed ones can be settled."),
            )
        _move(store, identity, found.state, wanted, None, detail)
        return letter(store, identity)


def recover(store: Store) -> list[Letter]:
    """Letters whose process died: claimed ones never left and are released, leaving ones become unconfirmed."""
    if not _orphans(store):
        return []
    with store.write():
        orphans = _orphans(store)
        for found in orphans:
            leaves = found.state is LetterState.LEAVING
            wanted = LetterState.UNCONFIRMED if leaves else LetterState.RELEASED
            _move(store, found.id, found.state, wanted, None, _("the program ended before it was settled"))
    return [letter(store, found.id) for found in orphans]


def has_left(store: Store, known: Letter, state: LetterState, at: datetime, detail: str = "") -> None:
    """Sent, or the log of departures, knows that a letter left, or began to: whoever holds its claim, it is so.

    A draft that was sent later than it was handed over left then. Inside `store.write()`.
    """
    if known.state is LetterState.CLAIMED:
        _move(store, known.id, LetterState.CLAIMED, LetterState.LEAVING, None)
        known = letter(store, known.id)
    if state in MOVES[known.state]:
        if known.state is LetterState.HANDED_OVER:
            left = max(at, known.left_at or at)
            store.update("letters", known.id, {"left_at": clock.to_store(left)})
        _move(store, known.id, known.state, state, None, detail)


def _orphans(store: Store) -> list[Letter]:
    held = letters(store, [LetterState.CLAIMED, LetterState.LEAVING])
    return [found for found in held if owners.is_alive(owner_of(store, found.id)) is False]


def owner_of(store: Store, identity: int) -> str:
    return str(store.value("SELECT owner FROM letters WHERE id = ?", [identity]))


def _move(store: Store, identity: int, old: LetterState, new: LetterState, token: str | None, detail: str = "") -> bool:
    """Compare-and-swap of a letter's state; with a token also of its owner."""
    now = clock.to_store(clock.now())
    with store.write():
        left = now if new in (LetterState.LEAVING, LetterState.HANDED_OVER, LetterState.SENT) else None
        changed = store.do(
            "UPDATE letters SET state = :new, left_at = coalesce(left_at, :left), detail = :detail"
            " WHERE id = :id AND state = :old AND (:token IS NULL OR owner = :token)",
            {"new": new.value, "old": old.value, "left": left, "detail": detail, "id": identity, "token": token},
        )
        if changed and new is LetterState.RELEASED:
            store.do("UPDATE notices SET released = 1 WHERE letter = ?", [identity])
            store.do("UPDATE letters SET left_at = NULL WHERE id = ?", [identity])
            _count_the_uncounted(store, identity)
        if changed:
            after(store, identity, new.value, detail)
            leaves = new is LetterState.LEAVING and token is not None
            departures.note(store, letter(store, identity), new, leaves=leaves)
    return bool(changed)


def _count_the_uncounted(store: Store, released: int) -> None:
    """A letter that left though it was beyond three takes the number that became free: it was sent, after all."""
    rows = store.rows(
        "SELECT l.id, c.key, l.left_at FROM letter_items i JOIN letters l ON l.id = i.letter"
        " JOIN cases c ON c.id = i.case_id WHERE c.key IN (SELECT address FROM notices WHERE letter = :released)"
        " AND l.purpose = 'correction' AND l.state IN ('sent', 'unconfirmed', 'handed_over') AND NOT EXISTS"
        " (SELECT 1 FROM notices m WHERE m.letter = l.id AND m.address = c.key AND NOT m.released)"
        " ORDER BY l.left_at",
        {"released": released},
    )
    for row in rows:
        count_next(store, row["id"], row["key"], row["left_at"] or clock.to_store(clock.now()))


def after(store: Store, identity: int, what: str, detail: str = "") -> None:
    """History and cases follow the letter."""
    for case in cases_of(store, identity):
        journal.note(store, what, case=case, letter=identity, detail=detail)
        cases.refresh(store, case)
    for row in store.rows("SELECT c.id FROM named n JOIN cases c ON c.key = n.key WHERE n.letter = ?", [identity]):
        journal.note(store, what, case=row["id"], letter=identity, detail=detail)
        cases.refresh(store, row["id"])


# --- notices of letters that certainly exist ---


def take_back(store: Store, released: Letter, state: LetterState, at: datetime, detail: str) -> bool:
    """A released letter left after all, or lies in Drafts: it counts again, under its own numbers or the next free.

    False if one of its addresses has three without it. Inside `store.write()`.
    """
    left = clock.to_store(at)
    store.update("letters", released.id, {"state": state.value, "left_at": left, "detail": detail})
    counted = True
    for item in released.items:
        if released.purpose is not Purpose.CORRECTION:
            cases.refresh(store, item.case)
            continue
        taken = {n.number for n in cases.notices(store, item.key) if n.counts}
        if item.number in taken or not item.number:
            counted = count_next(store, released.id, item.key, left) and counted
        else:
            store.do(
                "UPDATE notices SET released = 0 WHERE id ="
                " (SELECT max(id) FROM notices WHERE letter = ? AND address = ? AND number = ?)",
                [released.id, item.key, item.number],
            )
            journal.note(store, "adopted", case=item.case, letter=released.id, detail=str(item.number))
        cases.refresh(store, item.case)
    departures.note(store, letter(store, released.id), state)
    return counted


def count_next(store: Store, identity: int, key: str, at: str, what: str = "adopted", detail: str = "") -> bool:
    """The next free number for a letter that exists; beyond three False, and an alarm in the history.

    It is about the address in either case, and takes the number that another letter frees.
    """
    case, key = about(store, identity, key)
    notices = cases.notices(store, key)
    if any(notice.counts and notice.letter == identity for notice in notices):
        return True
    number = next_number(notices)
    if number > NOTICES_EVER:
        journal.note(store, "beyond_three", case=case, letter=identity, detail=key)
    else:
        count(store, identity, case, key, number, at)
        journal.note(store, what, case=case, letter=identity, detail=detail or str(number))
    cases.refresh(store, case)
    return number <= NOTICES_EVER


def about(store: Store, identity: int, key: str) -> tuple[int, str]:
    """Put an address into a letter that exists, if it is not in it, without a number; returns its case and key."""
    case = cases.by_key(store, key)
    found = case.id if case else cases.ensure(store, address.parse(key), Kind.UNCLEAR)
    if found not in cases_of(store, identity):
        row = {"letter": identity, "case_id": found, "number": 0, "protocol": "", "kind": Kind.UNCLEAR.value}
        store.insert("letter_items", row)
    return found, str(store.value("SELECT key FROM cases WHERE id = ?", [found]))


def count(store: Store, identity: int, case: int, key: str, number: int, at: str) -> None:
    """Write down that a letter is this notice; the schema refuses a number that is taken."""
    store.do("UPDATE letter_items SET number = ? WHERE letter = ? AND case_id = ?", [number, identity, case])
    store.insert("notices", {"letter": identity, "address": key, "number": number, "claimed_at": at})
