"""Notices that the store did not send itself: recorded by staff, or found in Drafts and Sent. They count the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from triage import address, clock
from triage.errors import RefusedError
from triage.lang import _
from triage.model import NOTICES_EVER, Found, Kind, Letter, LetterState, Purpose
from triage.rules.notices import next_number
from triage.store import cases, journal, keep, ledger
from triage.store.base import Store


class Adoption(StrEnum):
    """What became of a letter found in a folder of the mailbox."""

    KNOWN = "known"
    SETTLED = "settled"
    ADOPTED = "adopted"
    BEYOND_THREE = "beyond_three"


@dataclass(frozen=True, slots=True)
class Adopted:
    result: Adoption
    letter: Letter | None = None


def record(store: Store, written: str, left_at: datetime, to: str) -> int:
    """Count a notice that staff sent without Triage; returns its number, the same again for the same notice.

    Raises RefusedError if the address has had three.
    """
    parsed = address.parse(written)
    with store.write():
        case = _case(store, parsed.key, parsed.written, parsed.fault)
        at = clock.to_store(left_at)
        for notice in cases.notices(store, parsed.key):
            if notice.counts and notice.left_at == clock.from_store(at) and notice.to == to:
                return notice.number
        number = next_number(cases.notices(store, parsed.key))
        if number > NOTICES_EVER:
            raise RefusedError(
                _("{address} has had three notices; a fourth is not recorded.", address=parsed.written),
                _("`triage show {address}` lists them.", address=parsed.written),
            )
        letter = _insert_letter(store, "recorded", LetterState.SENT, to, at, reference="", message_id="", subject="")
        _insert_notice(store, letter, case, parsed.key, number, at)
        journal.note(store, "recorded", case=case, letter=letter, detail=to)
        cases.refresh(store, case)
    return number


def adopt(store: Store, found: Found) -> Adopted:
    """Take note of a letter of ours that lies in Drafts or Sent. Never raises for what it finds."""
    with store.write():
        known = _known(store, found)
        if known is None:
            return _adopt_unknown(store, found)
        if known.state in (LetterState.HANDED_OVER, LetterState.UNCONFIRMED) and found.in_sent:
            return Adopted(Adoption.SETTLED, ledger.decide(store, known.id, sent=True, detail=_("found in Sent")))
        if known.state is LetterState.RELEASED and found.in_sent:
            return _take_back(store, known, found)
        return Adopted(Adoption.KNOWN, known)


def _known(store: Store, found: Found) -> Letter | None:
    """By Message-ID, else by the visible reference: mail programs replace the one, people edit the other."""
    identity = ledger.letter_by_message_id(store, [found.message_id])
    if identity is None and found.reference:
        identity = store.value(
            "SELECT id FROM letters WHERE reference = ? AND state <> 'composed' ORDER BY id DESC LIMIT 1",
            [found.reference],
        )
    return ledger.letter(store, int(identity)) if identity is not None else None


def _adopt_unknown(store: Store, found: Found) -> Adopted:
    """A letter of a store that was restored, or of a second one: the next free numbers are its own."""
    claims = [(key, number) for key, number in found.claims if number]
    if not claims or not (found.message_id or found.reference):
        return Adopted(Adoption.KNOWN)  # without a name it would be adopted anew at every sync
    at = clock.to_store(found.date or clock.now())
    state = LetterState.SENT if found.in_sent else LetterState.HANDED_OVER
    letter = _insert_letter(store, "adopted", state, found.to, at, found.reference, found.message_id, found.subject)
    counted = [_claim_next(store, letter, key, at) for key, _number in claims]
    return Adopted(Adoption.ADOPTED if all(counted) else Adoption.BEYOND_THREE, ledger.letter(store, letter))


def _take_back(store: Store, known: Letter, found: Found) -> Adopted:
    """A released letter that turned up in Sent left after all: it counts again, under its numbers or the next free."""
    at = clock.to_store(found.date or clock.now())
    detail = _("found in Sent after all")
    store.update("letters", known.id, {"state": LetterState.SENT.value, "left_at": at, "detail": detail})
    counted = True
    for item in known.items:
        if item.number:
            taken = {n.number for n in cases.notices(store, item.key) if n.counts}
            if item.number not in taken:
                store.do("UPDATE notices SET released = 0 WHERE letter = ? AND address = ?", [known.id, item.key])
                journal.note(store, "adopted", case=item.case, letter=known.id, detail=str(item.number))
            else:
                counted = _claim_next(store, known.id, item.key, at) and counted
        cases.refresh(store, item.case)
    return Adopted(Adoption.ADOPTED if counted else Adoption.BEYOND_THREE, ledger.letter(store, known.id))


def _claim_next(store: Store, letter: int, key: str, at: str) -> bool:
    """The next free number for a letter that certainly exists; False, and an alarm in the history, beyond three."""
    parsed = address.parse(key)
    case = _case(store, key, parsed.written, parsed.fault)
    number = next_number(cases.notices(store, key))
    if number > NOTICES_EVER:
        journal.note(store, "beyond_three", case=case, letter=letter, detail=key)
        return False
    _insert_notice(store, letter, case, key, number, at)
    journal.note(store, "adopted", case=case, letter=letter, detail=str(number))
    cases.refresh(store, case)
    return True


def _case(store: Store, key: str, written: str, fault: str | None) -> int:
    found = cases.by_key(store, key)
    return found.id if found else store.insert("cases", keep.case_row(key, written, fault, Kind.UNCLEAR.value))


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
            "message_id": f"<{message_id.strip('<> ')}>" if message_id else "",
            "origin": origin,
            "created_at": clock.to_store(clock.now()),
            "claimed_at": at,
            "left_at": at,
        },
    )


def _insert_notice(store: Store, letter: int, case: int, key: str, number: int, at: str) -> None:
    store.do(
        "INSERT INTO letter_items (letter, case_id, number, protocol, kind) VALUES (?, ?, ?, '', 'unclear')"
        " ON CONFLICT (letter, case_id) DO UPDATE SET number = excluded.number",
        [letter, case, number],
    )
    store.insert("notices", {"letter": letter, "address": key, "number": number, "claimed_at": at})
