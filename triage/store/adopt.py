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
from triage.store import cases, journal, ledger, letterbook
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
            return _adopt_unknown(store, found)
        if known.state is LetterState.RELEASED:
            return _take_back(store, known, found)
        waits = known.state in (LetterState.HANDED_OVER, LetterState.UNCONFIRMED, LetterState.LEAVING)
        if waits and found.in_sent:
            return _settle(store, known)
        return Adopted(Adoption.KNOWN, known)


def _settle(store: Store, known: Letter) -> Adopted:
    try:
        return Adopted(Adoption.SETTLED, ledger.decide(store, known.id, sent=True, detail=_("found in Sent")))
    except RefusedError:
        return Adopted(Adoption.KNOWN, known)  # the process that sends it is about to say so itself


def _known(store: Store, found: Found) -> Letter | None:
    """By Message-ID, else by the visible reference: mail programs replace the one, people edit the other.

    References are short: one that names other addresses is another letter.
    """
    identity = letterbook.letter_by_message_id(store, [found.message_id])
    if identity is not None:
        return letterbook.letter(store, identity)
    claimed = {address.parse(key).key for key, _number in found.claims}
    for candidate in letterbook.letters_with_reference(store, found.reference):
        if not claimed or claimed & {item.key for item in candidate.items}:
            return candidate
    return None


def _adopt_unknown(store: Store, found: Found) -> Adopted:
    """A letter of a store that was restored, or of a second one: the next free numbers are its own."""
    keys = [key for key in dict.fromkeys(key for key, number in found.claims if number) if _usable(key)]
    if not keys or not (found.message_id or found.reference):
        return Adopted(Adoption.KNOWN)  # without a name it would be adopted anew at every sync
    at = clock.to_store(_left(found))
    state = LetterState.SENT if found.in_sent else LetterState.HANDED_OVER
    letter = _insert_letter(store, "adopted", state, found.to, at, found.reference, found.message_id, found.subject)
    counted = [ledger.count_next(store, letter, key, at) for key in keys]
    return Adopted(Adoption.ADOPTED if all(counted) else Adoption.BEYOND_THREE, letterbook.letter(store, letter))


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
            "message_id": f"<{message_id.strip('<> ')}>" if message_id else "",
            "origin": origin,
            "created_at": clock.to_store(clock.now()),
            "claimed_at": at,
            "left_at": at,
        },
    )
