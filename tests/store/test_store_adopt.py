"""Notices sent beside the store count the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store_world import NOW, compose, fail

from triage import clock
from triage.errors import RefusedError
from triage.model import Found, LetterState, Limits, Outcome, Section, Sent
from triage.store import Store, adopt, cases, journal, ledger, letterbook
from triage.store.adopt import Adoption
from triage.store.ledger import Claim

ADDRESS = "p.weber@planung.example"


def numbers(store: Store, address: str = ADDRESS) -> list[int]:
    return [n.number for n in cases.notices(store, address) if n.counts]


def found(name: str = "x1", number: int = 1, in_sent: bool = True, reference: str = "") -> Found:
    return Found(f"<{name}@iprot.example>", reference, ((ADDRESS, number),), in_sent)


def test_a_recorded_notice_counts_and_the_same_one_again_is_the_same(store: Store) -> None:
    day = NOW - timedelta(days=10)
    assert adopt.record(store, "P.Weber@planung.example", day, "k.roth@planwerk.example") == 1
    assert adopt.record(store, ADDRESS, day, "k.roth@planwerk.example") == 1
    assert adopt.record(store, ADDRESS, NOW - timedelta(days=4), "k.roth@planwerk.example") == 2
    assert numbers(store) == [1, 2]


def test_a_fourth_notice_is_not_recorded(store: Store) -> None:
    for days in (30, 20, 10):
        adopt.record(store, ADDRESS, NOW - timedelta(days=days), "")
    with pytest.raises(RefusedError, match="three"):
        adopt.record(store, ADDRESS, NOW - timedelta(days=1), "")
    assert numbers(store) == [1, 2, 3]


def test_an_address_known_only_from_a_recorded_notice_waits(store: Store) -> None:
    adopt.record(store, ADDRESS, NOW - timedelta(days=10), "")
    case = cases.by_key(store, ADDRESS)
    assert case is not None
    assert case.section is Section.WAITING


def test_a_letter_of_another_store_is_adopted_once_with_the_next_free_number(store: Store) -> None:
    fail(store)
    adopt.record(store, ADDRESS, NOW - timedelta(days=10), "")
    assert adopt.adopt(store, found()).result is Adoption.ADOPTED
    assert adopt.adopt(store, found()).result is Adoption.KNOWN
    assert numbers(store) == [1, 2]


def test_beyond_three_there_is_an_alarm_and_no_exception(store: Store) -> None:
    for name in ("x1", "x2", "x3"):
        assert adopt.adopt(store, found(name)).result is Adoption.ADOPTED
    assert adopt.adopt(store, found("x4")).result is Adoption.BEYOND_THREE
    assert numbers(store) == [1, 2, 3]
    case = cases.by_key(store, ADDRESS)
    assert case is not None
    assert "beyond_three" in [event.what for event in journal.events(store, case.id)]


def handed_over(store: Store, outcome: Sent = Sent.HANDED_OVER) -> int:
    fail(store)
    letter = compose(store, {ADDRESS: 1})
    claimed = ledger.claim(store, letterbook.letter(store, letter), clock.now(), Limits(), "iprot.example")
    assert isinstance(claimed, Claim)
    ledger.leaving(store, claimed)
    ledger.settle(store, claimed, Outcome(outcome))
    return letter


@pytest.mark.parametrize("by", ["message_id", "reference"])
@pytest.mark.parametrize("outcome", [Sent.HANDED_OVER, Sent.UNKNOWN])
def test_a_letter_seen_in_sent_is_sent_by_whichever_name(store: Store, by: str, outcome: Sent) -> None:
    letter = letterbook.letter(store, handed_over(store, outcome))
    name = (
        Found(letter.message_id, "", (), True)
        if by == "message_id"
        else Found("<new@mua.example>", letter.reference, (), True)
    )
    assert adopt.adopt(store, name).result is Adoption.SETTLED
    assert letterbook.letter(store, letter.id).state is LetterState.SENT


def test_a_letter_still_in_drafts_stays_handed_over(store: Store) -> None:
    letter = letterbook.letter(store, handed_over(store))
    adopt.adopt(store, Found(letter.message_id, letter.reference, (), in_sent=False))
    assert letterbook.letter(store, letter.id).state is LetterState.HANDED_OVER


def test_a_released_letter_that_turns_up_in_sent_counts_again(store: Store) -> None:
    letter = letterbook.letter(store, handed_over(store))
    ledger.decide(store, letter.id, sent=False)
    assert numbers(store) == []
    assert adopt.adopt(store, Found(letter.message_id, "", (), True)).result is Adoption.ADOPTED
    assert numbers(store) == [1]
    assert letterbook.letter(store, letter.id).state is LetterState.SENT


def test_a_released_letter_whose_number_was_taken_gets_the_next(store: Store) -> None:
    letter = letterbook.letter(store, handed_over(store))
    ledger.decide(store, letter.id, sent=False)
    adopt.record(store, ADDRESS, NOW, "")
    adopt.adopt(store, Found(letter.message_id, "", (), True))
    assert numbers(store) == [1, 2]


def test_a_letter_without_any_name_is_not_adopted_again_and_again(store: Store) -> None:
    assert adopt.adopt(store, Found("", "", ((ADDRESS, 1),), True)).result is Adoption.KNOWN
    assert numbers(store) == []


def test_a_reference_that_names_other_addresses_is_another_letter(store: Store) -> None:
    letter = letterbook.letter(store, handed_over(store))
    other = Found("<other@iprot.example>", letter.reference, (("k.beck@planung.example", 1),), True)
    assert adopt.adopt(store, other).result is Adoption.ADOPTED
    assert numbers(store, "k.beck@planung.example") == [1]
    assert letterbook.letter(store, letter.id).state is LetterState.HANDED_OVER


def test_a_released_letter_that_still_lies_in_drafts_counts_again(store: Store) -> None:
    letter = letterbook.letter(store, handed_over(store))
    ledger.decide(store, letter.id, sent=False)
    adopt.adopt(store, Found(letter.message_id, letter.reference, (), in_sent=False))
    assert letterbook.letter(store, letter.id).state is LetterState.HANDED_OVER
    assert numbers(store) == [1]


def test_a_letter_dated_in_the_future_left_now(store: Store) -> None:
    from dataclasses import replace

    adopt.adopt(store, replace(found(), date=NOW + timedelta(days=9_999)))
    [notice] = cases.notices(store, ADDRESS)
    assert notice.left_at == NOW


def test_the_same_day_recorded_twice_is_one_notice(store: Store) -> None:
    first = adopt.record(store, ADDRESS, NOW - timedelta(minutes=30), "K.Roth@planwerk.example")
    assert adopt.record(store, ADDRESS, NOW, "k.roth@planwerk.example") == first
    assert numbers(store) == [1]


@pytest.mark.parametrize("written", ["<>", "", "weber", "@x.example"])
def test_what_is_no_address_is_not_recorded(store: Store, written: str) -> None:
    with pytest.raises(RefusedError, match="no address"):
        adopt.record(store, written, NOW, "")
