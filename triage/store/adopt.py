"""Notices that the store did not send itself: recorded by staff, or found in Drafts and Sent. They count the same."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage import address, clock
from triage.claims import OUR_MESSAGE_ID
from triage.errors import RefusedError
from triage.lang import _
from triage.model import NOTICES_EVER, Found, Kind, Letter, LetterState, Purpose
from triage.rules.notices import next_number
from triage.store import cases, departures, journal, ledger, letterbook, missed
from triage.store.base import Store
from triage.store.departures import Departure
from triage.text import line


class Adoption(StrEnum):
    """What became of a letter found in a folder of the mailbox."""

    KNOWN = "known"
    SETTLED = "settled"
    ADOPTED = "adopted"
    BEYOND_THREE = "beyond_three"
    ASKS = "asks"
    """One of ours, but nothing proves which addresses it is about: a person is asked."""


@dataclass(frozen=True, slots=True)
class Unproven(Found):
    """A letter that shows a name of ours, but neither header nor reference proves which addresses it is about."""

    named: tuple[str, ...] = ()
    """Keys of the addresses in its text."""


@dataclass(frozen=True, slots=True)
class Adopted:
    result: Adoption
    letter: Letter | None = None


def record(store: Store, written: str, left_at: datetime, to: str) -> int:
    """Count a notice that staff sent without Triage; returns its number, the same again for the same day and addressee.

    Raises RefusedError for what is no address at all and fails nowhere, and if the address has had three.
    """
    parsed, left_at = address.parse(written), clock.from_store(clock.to_store(left_at))
    with store.write():
        known = cases.by_key(store, parsed.key)
        if known is None and not (parsed.local and parsed.domain and len(parsed.key) <= cases.LONGEST):
            raise RefusedError(_("{address} is no address.", address=line(parsed.written) or "<>"))
        number = _like(store, parsed.key, left_at, to)
        if number:
            return number
        if next_number(cases.notices(store, parsed.key)) > NOTICES_EVER:
            raise RefusedError(
                _("{address} has had three notices; a fourth is not recorded.", address=parsed.written),
                _("`triage show {address}` lists them.", address=parsed.written),
            )
        if known is None:
            cases.ensure(store, parsed, Kind.UNCLEAR)  # as it is written
        departures.note_recorded(store, parsed.key, left_at, to)
        return _recorded(store, parsed.key, left_at, to)


def _recorded(store: Store, key: str, left_at: datetime, to: str) -> int:
    """The letter of a notice that staff sent; returns its number, 0 beyond three."""
    found = Found("", "", ((key, 1),), in_sent=True, to=to, date=left_at)
    letter = _insert_letter(store, "recorded", LetterState.SENT, found)
    ledger.count_next(store, letter, key, clock.to_store(left_at), "recorded", to)
    return letterbook.letter(store, letter).items[0].number


def _like(store: Store, key: str | None, left_at: datetime, to: str, origin: str = "%") -> int | None:
    """The number of the notice about an address (None: any) of the same day to the same addressee; None: there is none.

    0 where it is beyond three.
    """
    rows = store.rows(
        "SELECT i.number, l.to_address, coalesce(l.left_at, l.claimed_at) AS left_at FROM letter_items i"
        " JOIN letters l ON l.id = i.letter JOIN cases c ON c.id = i.case_id"
        " WHERE l.purpose = 'correction' AND l.state NOT IN ('composed', 'released') AND l.origin LIKE :origin"
        " AND (c.key = :key OR :key IS NULL)",
        {"key": key, "origin": origin},
    )
    day, addressee = clock.local(left_at).date(), address.parse(to).key
    for row in rows:
        same_day = clock.local(clock.from_store(row["left_at"])).date() == day
        if same_day and address.parse(row["to_address"]).key == addressee:
            return int(row["number"])
    return None


def adopt(store: Store, found: Found) -> Adopted:
    """Take note of a letter of ours that lies in Drafts or Sent. Never raises for what it finds."""
    with store.write():
        known = _known(store, found)
        if known is None:
            return _ask(store, found) if isinstance(found, Unproven) else _adopt_unknown(store, found)
        letterbook.learn_id(store, known.id, found.message_id)
        if _was_asked(known) and found.claims:
            return _prove(store, known, found, LetterState.SENT if found.in_sent else LetterState.HANDED_OVER)
        if known.state is LetterState.RELEASED and known.items:
            return _take_back(store, known, found)
        if found.in_sent and known.state.is_open and not is_asked(known):
            ledger.has_left(store, known, LetterState.SENT, _left(found), _("found in Sent"))
            return Adopted(Adoption.SETTLED, letterbook.letter(store, known.id))
        return Adopted(Adoption.KNOWN, known)


def is_asked(letter: Letter) -> bool:
    """Found by its text alone, with no proof of its addresses; a person says which they are, or that it is none."""
    return _was_asked(letter) and letter.state is LetterState.UNCONFIRMED


def _was_asked(letter: Letter) -> bool:
    return letter.origin == "adopted" and not letter.items


def is_recorded(store: Store, letter: Letter) -> bool:
    """Whether a notice of this letter's day to its addressee counts: about an address in it, or, of one that names
    none, any that a person recorded.
    """
    if letter.left_at is None:
        return False
    named = [row["key"] for row in store.rows("SELECT key FROM named WHERE letter = ?", [letter.id])]
    if not named:
        return bool(_like(store, None, letter.left_at, letter.to, "recorded"))
    return any(_like(store, key, letter.left_at, letter.to) for key in named)


def _known(store: Store, found: Found) -> Letter | None:
    """By Message-ID, else by the visible reference: mail programs replace the one, people edit the other.

    A reference that names other addresses is another letter's; so is one beside another Message-ID of our own making.
    """
    identity = letterbook.letter_by_message_id(store, [found.message_id])
    if identity is not None:
        return letterbook.letter(store, identity)
    claimed = {name for key, _number in found.claims for name in (key, address.parse(key).key)}
    for candidate in letterbook.letters_with_reference(store, found.reference):
        if OUR_MESSAGE_ID.fullmatch(found.message_id) and OUR_MESSAGE_ID.fullmatch(candidate.message_id):
            continue
        if not claimed or not candidate.items or claimed & {item.key for item in candidate.items}:
            return candidate
    return None


def recall(store: Store) -> int:
    """Take note of letters that the log of departures knows and this store has forgotten; returns how many.

    One of which the log does not say that it came through is unconfirmed, until Sent or a person says so. To be asked
    before `ledger.recover`, which releases what was only claimed.
    """
    recalled = 0
    with store.write():
        for departure in departures.unread(store):
            with suppress(sqlite3.IntegrityError), store.attempt():  # one line that does not fit stops no other
                recalled += _recall(store, departure)
    return recalled


def _recall(store: Store, departure: Departure) -> bool:
    """Whether the store had forgotten it, or took it for one that did not leave."""
    found, state = departure.letter, departure.state
    if state is None:
        left, to = _left(found), found.to
        new = [key for key, _number in found.claims if _like(store, key, left, to, "recorded") is None]
        for key in new:
            _recorded(store, key, left, to)
        return bool(new)
    if state is LetterState.RELEASED:
        return False
    known = _known(store, found)
    if known is None:
        known = _adopt_unknown(store, found, LetterState.UNCONFIRMED if state is LetterState.LEAVING else state).letter
        if known is not None and departure.place:
            missed.lie_in(store, [known.id], departure.place)
        return known is not None
    letterbook.learn_id(store, known.id, found.message_id)
    arrived = LetterState.SENT if state is LetterState.SENT else LetterState.HANDED_OVER
    if _was_asked(known):
        return _prove(store, known, found, arrived).result is not Adoption.KNOWN
    if known.state is not LetterState.RELEASED:
        ledger.has_left(store, known, state, _left(found))
        return False
    ledger.take_back(store, known, arrived, _left(found), _("it left: the log of departures says so"))
    return True


def _adopt_unknown(store: Store, found: Found, state: LetterState | None = None) -> Adopted:
    """A letter of a store that was restored, or of a second one: the next free numbers are its own."""
    if not found.claims or not (found.message_id or found.reference):
        return Adopted(Adoption.KNOWN)  # without a name it would be adopted anew at every sync
    state = state or (LetterState.SENT if found.in_sent else LetterState.HANDED_OVER)
    letter = _insert_letter(store, "adopted", state, found)
    return _counted(store, letter, found.claims, clock.to_store(_left(found)))


def _counted(store: Store, letter: int, claims: Iterable[tuple[str, int]], at: str) -> Adopted:
    """Its addresses are put into a letter: each takes its next number, but for a letter that is no notice."""
    counted = True
    for key, number in claims:
        if number:
            counted = ledger.count_next(store, letter, key, at) and counted
        else:
            cases.refresh(store, ledger.about(store, letter, key)[0])
    return Adopted(Adoption.ADOPTED if counted else Adoption.BEYOND_THREE, letterbook.letter(store, letter))


def _ask(store: Store, found: Unproven) -> Adopted:
    """Nothing is counted; but until a person has answered, no letter leaves about the addresses in the text."""
    if not (found.message_id or found.reference):
        return Adopted(Adoption.KNOWN)
    letter = _insert_letter(store, "adopted", LetterState.UNCONFIRMED, found)
    detail = _("which addresses it is about cannot be proved")
    store.update("letters", letter, {"detail": detail})
    for key in dict.fromkeys(found.named):
        store.insert("named", {"letter": letter, "key": key})
        case = cases.by_key(store, key)
        if case is not None:
            journal.note(store, "asks", case=case.id, letter=letter, detail=detail)
            cases.refresh(store, case.id)
    journal.note(store, "asks", letter=letter, detail=found.subject[:200])
    return Adopted(Adoption.ASKS, letterbook.letter(store, letter))


def _prove(store: Store, asked: Letter, found: Found, state: LetterState) -> Adopted:
    """Another copy proves what the first did not, whatever was answered meanwhile; what was recorded counts once."""
    left = _left(found)
    new = [
        (key, number)
        for key, number in found.claims
        if _like(store, key, asked.left_at or left, asked.to, "recorded") is None
    ]
    if asked.state in (LetterState.SENT, state) and not new:
        return Adopted(Adoption.KNOWN, asked)
    if asked.state is LetterState.UNCONFIRMED:
        store.update("letters", asked.id, {"state": LetterState.RELEASED.value})  # from there it may go into Drafts
    if asked.state is not LetterState.SENT:
        at, purpose = clock.to_store(left), _purpose(found).value
        store.update("letters", asked.id, {"state": state.value, "left_at": at, "detail": "", "purpose": purpose})
    result = _counted(store, asked.id, new, clock.to_store(left)).result
    proved = letterbook.letter(store, asked.id)
    ledger.after(store, asked.id, proved.state.value)
    departures.note(store, proved, proved.state)
    return Adopted(result, proved)


def _take_back(store: Store, known: Letter, found: Found) -> Adopted:
    state = LetterState.SENT if found.in_sent else LetterState.HANDED_OVER
    detail = _("found in Sent after all") if found.in_sent else _("still lies in Drafts")
    counted = ledger.take_back(store, known, state, _left(found), detail)
    return Adopted(Adoption.ADOPTED if counted else Adoption.BEYOND_THREE, letterbook.letter(store, known.id))


def _left(found: Found) -> datetime:
    """Its own date, but never in the future: that would put off everything until then."""
    return min(found.date, clock.now()) if found.date else clock.now()


def _purpose(found: Found) -> Purpose:
    numbers = [number for _key, number in found.claims]
    return Purpose.CORRECTION if any(numbers) or not numbers else Purpose.POSTMASTER


def _insert_letter(store: Store, origin: str, state: LetterState, found: Found) -> int:
    at = clock.to_store(_left(found))
    return store.insert(
        "letters",
        {
            "purpose": _purpose(found).value,
            "state": state.value,
            "to_address": found.to,
            "to_name": "",
            "author": "",
            "subject": found.subject,
            "body": "",
            "language": "",
            "template": "",
            "reference": found.reference,
            "message_id": letterbook.in_brackets(found.message_id),
            "origin": origin,
            "created_at": clock.to_store(clock.now()),
            "claimed_at": at,
            "left_at": at,
        },
    )
