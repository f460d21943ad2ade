"""Notices that the store did not send itself: recorded by staff, or found in Drafts and Sent. They count the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage import address, clock
from triage.claims import OUR_MESSAGE_ID
from triage.errors import RefusedError
from triage.lang import _
from triage.model import NOTICES_EVER, Found, Kind, Letter, LetterState, Purpose
from triage.rules.notices import next_number
from triage.store import cases, departures, journal, ledger, letterbook
from triage.store.base import Store


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

    Raises RefusedError for what is no address at all, and if the address has had three.
    """
    parsed = address.parse(written)
    if not parsed.local or not parsed.domain:
        raise RefusedError(_("{address} is no address.", address=parsed.written or "<>"))
    day, addressee = clock.local(left_at).date(), address.parse(to).key
    with store.write():
        case = cases.ensure(store, parsed, Kind.UNCLEAR)
        for notice in cases.notices(store, parsed.key):
            same_day = notice.left_at is not None and clock.local(notice.left_at).date() == day
            if notice.counts and same_day and address.parse(notice.to).key == addressee:
                return notice.number
        number = next_number(cases.notices(store, parsed.key))
        if number > NOTICES_EVER:
            raise RefusedError(
                _("{address} has had three notices; a fourth is not recorded.", address=parsed.written),
                _("`triage show {address}` lists them.", address=parsed.written),
            )
        at = clock.to_store(left_at)
        letter = _insert_letter(store, "recorded", LetterState.SENT, to, at, reference="", message_id="", subject="")
        ledger.count(store, letter, case, parsed.key, number, at)
        journal.note(store, "recorded", case=case, letter=letter, detail=to)
        cases.refresh(store, case)
    return number


def adopt(store: Store, found: Found) -> Adopted:
    """Take note of a letter of ours that lies in Drafts or Sent. Never raises for what it finds."""
    with store.write():
        known = _known(store, found)
        if known is None:
            return _ask(store, found) if isinstance(found, Unproven) else _adopt_unknown(store, found)
        letterbook.learn_id(store, known.id, found.message_id)
        if is_asked(known):
            return _answered_by_itself(store, known, found)
        if known.state is LetterState.RELEASED and known.items:
            return _take_back(store, known, found)
        waits = known.state in (LetterState.HANDED_OVER, LetterState.UNCONFIRMED, LetterState.LEAVING)
        if waits and found.in_sent:
            return _settle(store, known)
        return Adopted(Adoption.KNOWN, known)


def is_asked(letter: Letter) -> bool:
    """Found by its text alone, with no proof of its addresses; a person says which they are, or that it is none."""
    return letter.origin == "adopted" and letter.state is LetterState.UNCONFIRMED and not letter.items


def is_recorded(store: Store, letter: Letter) -> bool:
    """Whether a person recorded a notice of this letter's day to its addressee."""
    if letter.left_at is None:
        return False
    day, to = clock.local(letter.left_at).date(), address.parse(letter.to).key
    rows = store.rows("SELECT to_address, left_at FROM letters WHERE origin = 'recorded' AND left_at IS NOT NULL")
    return any(
        address.parse(row["to_address"]).key == to and clock.local(clock.from_store(row["left_at"])).date() == day
        for row in rows
    )


def _settle(store: Store, known: Letter) -> Adopted:
    try:
        return Adopted(Adoption.SETTLED, ledger.decide(store, known.id, sent=True, detail=_("found in Sent")))
    except RefusedError:
        return Adopted(Adoption.KNOWN, known)  # the process that sends it is about to say so itself


def _known(store: Store, found: Found) -> Letter | None:
    """By Message-ID, else by the visible reference: mail programs replace the one, people edit the other.

    A reference that names other addresses is another letter's; so is one beside another Message-ID of our own making.
    """
    identity = letterbook.letter_by_message_id(store, [found.message_id])
    if identity is not None:
        return letterbook.letter(store, identity)
    claimed = {address.parse(key).key for key, _number in found.claims}
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
            found, state = departure.letter, departure.state
            known = letterbook.letter_by_message_id(store, [found.message_id])
            if state is LetterState.RELEASED:
                continue
            if known is None:
                state = LetterState.UNCONFIRMED if state is LetterState.LEAVING else state
                recalled += _adopt_unknown(store, found, state).letter is not None
                continue
            ledger.began_to_leave(store, letterbook.letter(store, known))
            if state is LetterState.SENT:
                adopt(store, found)
    return recalled


def _adopt_unknown(store: Store, found: Found, state: LetterState | None = None) -> Adopted:
    """A letter of a store that was restored, or of a second one: the next free numbers are its own."""
    keys = _keys(found)
    if not keys or not (found.message_id or found.reference):
        return Adopted(Adoption.KNOWN)  # without a name it would be adopted anew at every sync
    at = clock.to_store(_left(found))
    state = state or (LetterState.SENT if found.in_sent else LetterState.HANDED_OVER)
    letter = _insert_letter(store, "adopted", state, found.to, at, found.reference, found.message_id, found.subject)
    return _counted(store, letter, keys, at)


def _counted(store: Store, letter: int, keys: list[str], at: str) -> Adopted:
    counted = [ledger.count_next(store, letter, key, at) for key in keys]
    return Adopted(Adoption.ADOPTED if all(counted) else Adoption.BEYOND_THREE, letterbook.letter(store, letter))


def _keys(found: Found) -> list[str]:
    return [key for key in dict.fromkeys(key for key, number in found.claims if number) if _usable(key)]


def _ask(store: Store, found: Unproven) -> Adopted:
    """Nothing is counted; but until a person has answered, no letter leaves about the addresses in the text."""
    if not (found.message_id or found.reference):
        return Adopted(Adoption.KNOWN)
    at = clock.to_store(_left(found))
    state = LetterState.UNCONFIRMED
    letter = _insert_letter(store, "adopted", state, found.to, at, found.reference, found.message_id, found.subject)
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


def _answered_by_itself(store: Store, asked: Letter, found: Found) -> Adopted:
    """Another copy of it proves what the first one did not."""
    keys = _keys(found)
    if not keys or not found.in_sent:
        return Adopted(Adoption.KNOWN, asked)
    counted = _counted(store, asked.id, keys, clock.to_store(_left(found)))
    ledger.decide(store, asked.id, sent=True, detail=_("found in Sent"))
    return Adopted(counted.result, letterbook.letter(store, asked.id))


def _usable(key: str) -> bool:
    parsed = address.parse(key)
    return bool(parsed.local and parsed.domain)


def _take_back(store: Store, known: Letter, found: Found) -> Adopted:
    state = LetterState.SENT if found.in_sent else LetterState.HANDED_OVER
    detail = _("found in Sent after all") if found.in_sent else _("still lies in Drafts")
    counted = ledger.take_back(store, known, state, _left(found), detail)
    return Adopted(Adoption.ADOPTED if counted else Adoption.BEYOND_THREE, letterbook.letter(store, known.id))


def _left(found: Found) -> datetime:
    """Its own date, but never in the future: that would put off everything until then."""
    return min(found.date, clock.now()) if found.date else clock.now()


def _insert_letter(
    store: Store, origin: str, state: LetterState, to: str, at: str, reference: str, message_id: str, subject: str
) -> int:
    return store.insert(
        "letters",
        {
            "purpose": Purpose.CORRECTION.value,
            "state": state.value,
            "to_address": to,
            "to_name": "",
            "author": "",
            "subject": subject,
            "body": "",
            "language": "",
            "template": "",
            "reference": reference,
            "message_id": letterbook.in_brackets(message_id),
            "origin": origin,
            "created_at": clock.to_store(clock.now()),
            "claimed_at": at,
            "left_at": at,
        },
    )
