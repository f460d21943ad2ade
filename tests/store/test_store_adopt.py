"""Notices sent beside the store count the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from store_world import NOW, compose, fail

from triage import address, claims, clock
from triage.errors import RefusedError
from triage.model import Found, Kind, LetterState, Limits, Outcome, Purpose, Refusal, Refused, Section, Sent
from triage.store import Store, adopt, cases, journal, ledger, letterbook, owners
from triage.store.adopt import Adoption, Unproven
from triage.store.ledger import Claim, NotClaimed

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


def test_what_is_no_address_but_fails_is_recorded(store: Store) -> None:
    fail(store, "p.weber.planung.example")
    assert adopt.record(store, "p.weber.planung.example", NOW, "k@x.example") == 1
    assert numbers(store, "p.weber.planung.example") == [1]


def test_an_address_without_end_is_not_recorded(store: Store) -> None:
    with pytest.raises(RefusedError, match="no address"):
        adopt.record(store, "a" * 1_200 + "@planung.example", NOW, "")


def test_a_letter_about_what_is_no_address_counts_and_one_about_an_endless_one_does_not_raise(store: Store) -> None:
    for key in ("p.weber.planung.example", "a" * 1_200 + "@planung.example"):
        letter = Found(f"<{len(key)}@iprot.example>", "", ((key, 1),), True)
        assert adopt.adopt(store, letter).result is Adoption.ADOPTED
        assert numbers(store, key[:1_000]) == [1]


def test_a_recorded_day_of_long_ago_is_recorded_once(store: Store) -> None:
    for _time in range(2):
        adopt.record(store, ADDRESS, NOW.replace(year=1960), "k@x.example")
    assert numbers(store) == [1]


def test_a_letter_beyond_three_takes_the_number_that_becomes_free(store: Store) -> None:
    last = handed_over(store)
    for name in ("x1", "x2", "x4"):
        adopt.adopt(store, found(name))
    ledger.decide(store, last, sent=False)
    assert numbers(store) == [1, 2, 3]
    assert adopt.adopt(store, found("x4")).result is Adoption.KNOWN


def test_a_case_is_found_by_its_key_as_it_is_whatever_the_key_of_the_key_may_be(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store may hold keys of an older version."""
    letter = letterbook.letter(store, handed_over(store))
    ledger.decide(store, letter.id, sent=False)
    adopt.record(store, ADDRESS, NOW, "")
    now = address.parse
    monkeypatch.setattr(address, "parse", lambda written: replace(now(written), key=f"x{now(written).key}"))
    assert adopt.adopt(store, Found(letter.message_id, "", ((ADDRESS, 1),), True)).result is Adoption.ADOPTED
    monkeypatch.undo()
    assert numbers(store) == [1, 2]


def test_a_letter_taken_back_under_another_number_may_be_released_and_seen_again(store: Store) -> None:
    first = letterbook.letter(store, handed_over(store))
    ledger.decide(store, first.id, sent=False)
    adopt.record(store, ADDRESS, NOW, "")
    seen = Found(first.message_id, "", (), in_sent=False)
    adopt.adopt(store, seen)
    ledger.decide(store, first.id, sent=False)
    assert adopt.adopt(store, replace(seen, in_sent=True)).result is Adoption.ADOPTED
    assert numbers(store) == [1, 2]


@pytest.mark.parametrize("alive", [True, None])
@pytest.mark.parametrize("is_leaving", [True, False])
def test_a_letter_that_lies_in_sent_has_left_whoever_holds_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, alive: bool | None, is_leaving: bool
) -> None:
    fail(store)
    letter = compose(store, {ADDRESS: 1})
    claimed = ledger.claim(store, letterbook.letter(store, letter), clock.now(), Limits(), "iprot.example")
    assert isinstance(claimed, Claim)
    if is_leaving:
        ledger.leaving(store, claimed)
    monkeypatch.setattr(owners, "is_alive", lambda _owner: alive)
    name = Found(letterbook.letter(store, letter).message_id, "", (), True)
    assert adopt.adopt(store, name).result is Adoption.SETTLED
    with pytest.raises(RefusedError):
        ledger.decide(store, letter, sent=False)
    assert not ledger.leaving(store, claimed)
    assert ledger.settle(store, claimed, Outcome(Sent.REFUSED)) is LetterState.SENT


def test_a_draft_that_a_person_sent_later_left_then(store: Store) -> None:
    letter = letterbook.letter(store, handed_over(store))
    clock.fix(NOW + timedelta(days=10))
    adopt.adopt(store, Found(letter.message_id, "", (), True, date=NOW + timedelta(days=9)))
    assert letterbook.letter(store, letter.id).left_at == NOW + timedelta(days=9)


@pytest.mark.parametrize("days", [-5, 400])
def test_no_date_in_sent_puts_it_before_its_handing_over_or_beyond_today(store: Store, days: int) -> None:
    letter = letterbook.letter(store, handed_over(store))
    clock.fix(NOW + timedelta(days=1))
    adopt.adopt(store, Found(letter.message_id, "", (), True, date=NOW + timedelta(days=days)))
    assert letterbook.letter(store, letter.id).left_at == (NOW if days < 0 else clock.now())


def unproven(name: str = "mua1", reference: str = "T-23456789", named: tuple[str, ...] = (ADDRESS,)) -> Unproven:
    to = "k.roth@planwerk.example"
    return Unproven(f"<{name}@mua.example>", reference, (), True, to, "Bitte prüfen", NOW - timedelta(days=9), named)


def test_a_letter_that_proves_nothing_counts_nothing_and_blocks_what_it_names(store: Store) -> None:
    fail(store)
    assert adopt.adopt(store, unproven()).result is Adoption.ASKS
    assert adopt.adopt(store, unproven()).result is Adoption.KNOWN
    assert adopt.adopt(store, unproven("mua2")).result is Adoption.KNOWN
    case = cases.by_key(store, ADDRESS)
    assert case is not None
    assert (case.notices, case.open_letter) == (0, LetterState.UNCONFIRMED)
    assert [letter.reference for letter in letterbook.letters_about(store, case.id)] == ["T-23456789"]
    letter = letterbook.letter(store, compose(store, {ADDRESS: 1}))
    refused = ledger.claim(store, letter, clock.now(), Limits(), "iprot.example")
    assert refused == NotClaimed(((ADDRESS, Refused(Refusal.LETTER_OPEN)),))


def test_it_blocks_a_case_that_comes_later_too(store: Store) -> None:
    adopt.adopt(store, unproven())
    fail(store)
    case = cases.by_key(store, ADDRESS)
    assert case is not None
    assert case.open_letter is LetterState.UNCONFIRMED


@pytest.mark.parametrize("sent", [True, False])
def test_once_a_person_has_answered_nothing_is_blocked(store: Store, sent: bool) -> None:
    fail(store)
    asked = adopt.adopt(store, unproven()).letter
    assert asked is not None
    ledger.decide(store, asked.id, sent=sent)
    case = cases.by_key(store, ADDRESS)
    assert case is not None
    assert case.open_letter is None
    assert adopt.adopt(store, unproven()).result is Adoption.KNOWN
    assert letterbook.letter(store, asked.id).state is (LetterState.SENT if sent else LetterState.RELEASED)


def test_another_copy_that_proves_its_addresses_ends_the_question(store: Store) -> None:
    fail(store)
    asked = adopt.adopt(store, unproven()).letter
    assert asked is not None
    proven = Found("<mua1@mua.example>", "T-23456789", ((ADDRESS, 1),), True)
    assert adopt.adopt(store, proven).result is Adoption.ADOPTED
    assert (numbers(store), letterbook.letter(store, asked.id).state) == ([1], LetterState.SENT)
    assert adopt.adopt(store, proven).result is Adoption.KNOWN


def proven(in_sent: bool = True) -> Found:
    date = NOW - timedelta(days=9)
    return Found("<other@mua.example>", "T-23456789", ((ADDRESS, 1),), in_sent, "k.roth@planwerk.example", "", date)


@pytest.mark.parametrize("in_sent", [True, False])
def test_a_copy_that_proves_its_addresses_counts_though_a_person_said_it_is_no_notice(
    store: Store, in_sent: bool
) -> None:
    fail(store)
    asked = adopt.adopt(store, unproven()).letter
    assert asked is not None
    ledger.decide(store, asked.id, sent=False)
    assert adopt.adopt(store, proven(in_sent)).result is Adoption.ADOPTED
    assert numbers(store) == [1]


def test_a_copy_in_drafts_that_proves_its_addresses_counts_until_it_is_sent(store: Store) -> None:
    fail(store)
    asked = adopt.adopt(store, unproven()).letter
    assert asked is not None
    assert adopt.adopt(store, proven(in_sent=False)).result is Adoption.ADOPTED
    assert (numbers(store), letterbook.letter(store, asked.id).state) == ([1], LetterState.HANDED_OVER)
    case = cases.by_key(store, ADDRESS)
    assert case is not None
    assert case.open_letter is LetterState.HANDED_OVER
    assert adopt.adopt(store, proven()).result is Adoption.SETTLED


@pytest.mark.parametrize("answer", [True, False, None])
def test_what_a_person_recorded_of_it_is_not_counted_again_by_a_copy_that_proves_it(
    store: Store, answer: bool | None
) -> None:
    asked = adopt.adopt(store, unproven()).letter
    assert asked is not None
    adopt.record(store, ADDRESS, NOW - timedelta(days=9), "k.roth@planwerk.example")
    if answer is not None:
        ledger.decide(store, asked.id, sent=answer)
    adopt.adopt(store, proven())
    assert adopt.adopt(store, proven()).result is Adoption.KNOWN
    assert (numbers(store), letterbook.letter(store, asked.id).state) == ([1], LetterState.SENT)


def test_its_notices_are_recorded_only_if_one_about_what_it_names_counts(store: Store) -> None:
    asked = adopt.adopt(store, unproven()).letter
    assert asked is not None
    adopt.record(store, "k.beck@planung.example", NOW - timedelta(days=9), "k.roth@planwerk.example")
    assert not adopt.is_recorded(store, asked)
    adopt.record(store, ADDRESS, NOW - timedelta(days=9), "k.roth@planwerk.example")
    assert adopt.is_recorded(store, asked)


def test_a_notice_of_that_day_that_counts_already_is_enough(store: Store) -> None:
    """An answer to a letter of ours asks; its notice was never recorded, for Triage sent it."""
    handed_over(store, Sent.SENT)
    asked = adopt.adopt(store, replace(unproven(), date=NOW)).letter
    assert asked is not None
    assert adopt.is_recorded(store, asked)


def test_a_letter_to_a_postmaster_is_adopted_without_a_number(store: Store) -> None:
    fail(store, kind=Kind.SPAM_OR_POLICY)
    letter = Found("<pm@mua.example>", "T-23456789", ((ADDRESS, 0),), True, "postmaster@planung.example")
    adopted = adopt.adopt(store, letter).letter
    assert adopted is not None
    assert (adopted.purpose, [item.number for item in adopted.items], numbers(store)) == (Purpose.POSTMASTER, [0], [])
    case = cases.by_key(store, ADDRESS)
    assert case is not None
    assert ledger.may_leave(store, case, Purpose.POSTMASTER, NOW, Limits()) == Refused(Refusal.NOTHING_NEW)
    for name in ("x1", "x2", "x3"):
        adopt.adopt(store, found(name))
    assert numbers(store) == [1, 2, 3]


def test_a_letter_that_is_known_asks_nothing_though_its_text_was_changed(store: Store) -> None:
    letter = letterbook.letter(store, handed_over(store))
    assert adopt.adopt(store, unproven(reference=letter.reference)).result is Adoption.SETTLED
    assert numbers(store) == [1]


def test_the_message_id_that_a_mail_program_gave_is_learned(store: Store) -> None:
    letter = letterbook.letter(store, handed_over(store))
    adopt.adopt(store, Found("<mua@mua.example>", letter.reference, (), True))
    for message_id in ("mua@mua.example", letter.message_id):
        assert letterbook.letter_by_message_id(store, [message_id]) == letter.id


def test_no_message_id_is_that_of_no_letter(store: Store) -> None:
    adopt.record(store, ADDRESS, NOW, "")
    assert letterbook.letter_by_message_id(store, ["", "<>", " "]) is None


def test_two_letters_of_our_own_making_are_two_though_their_reference_is_one(store: Store) -> None:
    """Two stores at once may give one reference to two letters."""
    for digit in "12":
        ours = Found(f"<triage.{digit * 32}@iprot.example>", "T-23456789", ((ADDRESS, 1),), True)
        assert adopt.adopt(store, ours).result is Adoption.ADOPTED
    assert numbers(store) == [1, 2]


def test_a_letter_whose_reference_is_another_ones_by_now_does_not_leave(store: Store) -> None:
    fail(store)
    letter = letterbook.letter(store, compose(store, {ADDRESS: 1}))
    adopt.adopt(store, Found("<mua@mua.example>", letter.reference, (("x@y.example", 1),), True))
    with pytest.raises(RefusedError, match="Another letter bears"):
        ledger.claim(store, letter, clock.now(), Limits(), "iprot.example")


def test_references_part_letters_about_the_same_addresses(store: Store) -> None:
    fail(store)
    references = {letterbook.letter(store, compose(store, {ADDRESS: 1})).reference for _ in range(40)}
    assert len(references) == 40
    assert all(claims.proves(reference, Purpose.CORRECTION, [ADDRESS]) for reference in references)
