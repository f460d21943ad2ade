"""The notice ledger: who may claim, what leaves, and the walls in the schema."""

from __future__ import annotations

import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from store_world import NOW, compose, fail

from triage import clock
from triage.errors import RefusedError, StoreError
from triage.model import LetterState, Limits, Outcome, Refusal, Refused, Section, Sent
from triage.store import Store, cases, journal, ledger, letterbook, owners
from triage.store.ledger import Claim, NotClaimed

ADDRESS = "p.weber@planung.example"
OTHER = "k.beck@planung.example"
LIMITS = Limits()


def claim(store: Store, letter: int) -> Claim | NotClaimed:
    return ledger.claim(store, letterbook.letter(store, letter), clock.now(), LIMITS, "iprot.example")


def sent(store: Store, number: int, address: str = ADDRESS) -> None:
    """One notice goes the whole way."""
    claimed = claim(store, compose(store, {address: number}))
    assert isinstance(claimed, Claim)
    assert ledger.leaving(store, claimed)
    assert ledger.settle(store, claimed, Outcome(Sent.SENT)) is LetterState.SENT


def pass_days(days: int) -> None:
    clock.fix(clock.now() + timedelta(days=days))


def test_a_letter_claims_its_numbers_and_waits_for_the_next_failure(store: Store) -> None:
    case = fail(store, ago=timedelta(hours=1))
    sent(store, 1)
    found = cases.by_id(store, case)
    assert found is not None
    assert (found.notices, found.section) == (1, Section.WAITING)


def test_three_notices_go_out_with_failures_and_days_between_and_never_a_fourth(store: Store) -> None:
    case = fail(store)
    for number in (1, 2, 3):
        sent(store, number)
        pass_days(6)
        fail(store)
    letter = compose(store, {ADDRESS: 3})
    assert claim(store, letter) == NotClaimed(((ADDRESS, Refused(Refusal.THREE_SENT)),))
    assert letterbook.letter(store, letter).state is LetterState.COMPOSED
    assert [n.number for n in cases.notices(store, ADDRESS)] == [1, 2, 3]
    found = cases.by_id(store, case)
    assert found is not None
    assert found.section is Section.BLOCKED


def test_no_second_notice_without_a_newer_failure(store: Store) -> None:
    fail(store)
    sent(store, 1)
    pass_days(30)
    assert claim(store, compose(store, {ADDRESS: 2})) == NotClaimed(((ADDRESS, Refused(Refusal.NOTHING_NEW)),))


def test_claiming_is_all_or_nothing(store: Store) -> None:
    fail(store)
    fail(store, OTHER)
    sent(store, 1)
    both = compose(store, {OTHER: 1, ADDRESS: 2})
    assert isinstance(claim(store, both), NotClaimed)
    assert cases.notices(store, OTHER) == []


def test_a_number_that_changed_since_the_review_sends_the_letter_back(store: Store) -> None:
    fail(store)
    stale = compose(store, {ADDRESS: 1})
    sent(store, 1)
    pass_days(6)
    fail(store)
    assert claim(store, stale) == NotClaimed(((ADDRESS, None),))


def test_what_the_server_refused_frees_its_number_and_keeps_its_row(store: Store) -> None:
    fail(store)
    claimed = claim(store, compose(store, {ADDRESS: 1}))
    assert isinstance(claimed, Claim)
    assert ledger.leaving(store, claimed)
    assert ledger.settle(store, claimed, Outcome(Sent.REFUSED, "554 no")) is LetterState.RELEASED
    assert [n.counts for n in cases.notices(store, ADDRESS)] == [False]
    sent(store, 1)
    assert [n.counts for n in cases.notices(store, ADDRESS)] == [False, True]


def test_a_letter_nobody_knows_the_fate_of_blocks_the_next_until_a_person_settles_it(store: Store) -> None:
    fail(store)
    letter = compose(store, {ADDRESS: 1})
    claimed = claim(store, letter)
    assert isinstance(claimed, Claim)
    assert ledger.leaving(store, claimed)
    assert ledger.settle(store, claimed, Outcome(Sent.UNKNOWN)) is LetterState.UNCONFIRMED
    pass_days(6)
    fail(store)
    assert claim(store, compose(store, {ADDRESS: 2})) == NotClaimed(((ADDRESS, Refused(Refusal.LETTER_OPEN)),))
    assert ledger.decide(store, letter, sent=True).state is LetterState.SENT


def test_a_sent_letter_is_settled_for_good(store: Store) -> None:
    fail(store)
    letter = compose(store, {ADDRESS: 1})
    claimed = claim(store, letter)
    assert isinstance(claimed, Claim)
    ledger.leaving(store, claimed)
    ledger.settle(store, claimed, Outcome(Sent.SENT))
    assert ledger.settle(store, claimed, Outcome(Sent.REFUSED)) is LetterState.SENT
    with pytest.raises(RefusedError):
        ledger.decide(store, letter, sent=False)


def test_a_letter_is_claimed_once(store: Store) -> None:
    fail(store)
    letter = compose(store, {ADDRESS: 1})
    assert isinstance(claim(store, letter), Claim)
    with pytest.raises(RefusedError):
        claim(store, letter)


def test_a_process_that_lost_its_claim_can_neither_send_nor_settle(store: Store) -> None:
    fail(store)
    letter = compose(store, {ADDRESS: 1})
    assert isinstance(claim(store, letter), Claim)
    stranger = Claim(letter, "elsewhere")
    assert not ledger.leaving(store, stranger)
    assert ledger.settle(store, stranger, Outcome(Sent.REFUSED)) is LetterState.CLAIMED


def test_of_a_dead_process_claimed_letters_are_released_and_leaving_ones_unconfirmed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(store)
    fail(store, OTHER)
    early, late = compose(store, {ADDRESS: 1}), compose(store, {OTHER: 1})
    claim(store, early)
    claimed = claim(store, late)
    assert isinstance(claimed, Claim)
    ledger.leaving(store, claimed)
    assert ledger.recover(store) == []  # we are alive
    monkeypatch.setattr(owners, "is_alive", lambda _owner: False)
    assert {x.id: x.state for x in ledger.recover(store)} == {
        early: LetterState.RELEASED,
        late: LetterState.UNCONFIRMED,
    }
    assert not ledger.leaving(store, claimed)


def test_threads_that_claim_at_once_get_one_claim_between_them(store: Store) -> None:
    fail(store)
    letters = [compose(store, {ADDRESS: 1}) for _ in range(6)]
    won: list[int] = []
    start = threading.Barrier(len(letters))

    def contend(letter: int) -> None:
        start.wait()
        if isinstance(claim(store, letter), Claim):
            won.append(letter)

    threads = [threading.Thread(target=contend, args=[letter]) for letter in letters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(cases.notices(store, ADDRESS)) == 1


def test_the_same_claims_bear_the_same_name_in_a_restored_store(store: Store, tmp_path: Path) -> None:
    fail(store)
    letter = compose(store, {ADDRESS: 1})
    copy = tmp_path / "copy.db"
    store.db.execute("VACUUM INTO ?", [str(copy)])
    letterbook.key_file(store).rename(tmp_path / "copy.db.key")
    (tmp_path / "triage.db.key").write_bytes((tmp_path / "copy.db.key").read_bytes())
    claim(store, letter)
    with Store(copy, "karin") as restored:
        claim(restored, letter)
        assert letterbook.letter(restored, letter).message_id == letterbook.letter(store, letter).message_id != ""


def test_a_letter_up_for_review_can_be_undone_and_a_claimed_one_cannot(store: Store) -> None:
    fail(store)
    compose(store, {ADDRESS: 1})
    assert journal.undo(store) is not None
    assert letterbook.letters(store, list(LetterState)) == []
    journal.redo(store)
    [letter] = letterbook.letters(store, [LetterState.COMPOSED])
    claim(store, letter.id)
    assert journal.undo(store) is None
    assert letterbook.letter(store, letter.id).state is LetterState.CLAIMED


# --- the walls ---


def row(store: Store, number: int, released: int = 0) -> None:
    letter = store.value("SELECT min(id) FROM letters")
    store.insert(
        "notices",
        {
            "letter": letter,
            "address": ADDRESS,
            "number": number,
            "released": released,
            "claimed_at": "2026-11-23T00:00:00Z",
        },
    )


@pytest.fixture
def lettered(store: Store) -> Store:
    fail(store)
    sent(store, 1)
    return store


@pytest.mark.parametrize("number", [0, 4, -1])
def test_the_schema_knows_no_fourth_notice(lettered: Store, number: int) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="CHECK"), lettered.write():
        row(lettered, number)


def test_the_schema_gives_each_number_once_among_those_not_released(lettered: Store) -> None:
    with lettered.write():
        row(lettered, 1, released=1)
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"), lettered.write():
        row(lettered, 1)


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM notices",
        "UPDATE notices SET number = 2",
        "UPDATE notices SET address = 'x'",
        "INSERT OR REPLACE INTO notices SELECT id, letter, 'x@y.example', 2, 0, claimed_at FROM notices",
        "DELETE FROM letters",
        "UPDATE letters SET state = 'composed'",
        "UPDATE letters SET state = 'released'",
        "UPDATE cases SET notices = 4",
    ],
)
def test_the_schema_refuses_to_forget_or_rename_what_was_sent(lettered: Store, sql: str) -> None:
    with pytest.raises(sqlite3.IntegrityError), lettered.write():
        lettered.do(sql)
    assert [n.number for n in cases.notices(lettered, ADDRESS)] == [1]


def test_times_are_those_of_the_fixed_clock(lettered: Store) -> None:
    [notice] = cases.notices(lettered, ADDRESS)
    assert notice.left_at == NOW


# --- what must not happen behind the ledger's back ---


def test_a_letter_taken_for_dead_that_left_after_all_counts_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(store)
    claimed = claim(store, compose(store, {ADDRESS: 1}))
    assert isinstance(claimed, Claim)
    assert ledger.leaving(store, claimed)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(owners, "is_alive", lambda _owner: False)
        ledger.recover(store)
    ledger.decide(store, claimed.letter, sent=False)
    assert [n.counts for n in cases.notices(store, ADDRESS)] == [False]
    assert ledger.settle(store, claimed, Outcome(Sent.SENT)) is LetterState.SENT
    assert [n.counts for n in cases.notices(store, ADDRESS)] == [True]


def test_a_letter_of_another_host_is_left_to_a_person(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(store)
    claimed = claim(store, compose(store, {ADDRESS: 1}))
    assert isinstance(claimed, Claim)
    monkeypatch.setattr(owners, "_place", lambda: "another host")
    assert ledger.recover(store) == []
    assert ledger.decide(store, claimed.letter, sent=False).state is LetterState.RELEASED


def test_a_letter_that_a_living_process_holds_is_not_settled_by_hand(store: Store) -> None:
    fail(store)
    claimed = claim(store, compose(store, {ADDRESS: 1}))
    assert isinstance(claimed, Claim)
    with pytest.raises(RefusedError):
        ledger.decide(store, claimed.letter, sent=False)


def test_what_was_changed_after_the_review_does_not_leave(store: Store) -> None:
    fail(store)
    reviewed = letterbook.letter(store, compose(store, {ADDRESS: 1}))
    with journal.act(store, "edited", "edited") as act:
        act.update("letters", reviewed.id, {"body": "another text"})
    assert ledger.claim(store, reviewed, clock.now(), LIMITS, "iprot.example") == NotClaimed(((ADDRESS, None),))


def test_the_number_of_a_letter_that_was_thrown_away_is_not_given_again(store: Store) -> None:
    fail(store)
    first = compose(store, {ADDRESS: 1})
    journal.undo(store)
    assert compose(store, {ADDRESS: 1}) > first


def test_a_claimed_letter_is_never_rewritten_nor_loses_an_address(store: Store) -> None:
    fail(store)
    letter = compose(store, {ADDRESS: 1})
    claim(store, letter)
    for sql in (
        f"UPDATE letters SET body = 'x' WHERE id = {letter}",
        f"DELETE FROM letter_items WHERE letter = {letter}",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="never"), store.write():
            store.do(sql)


def test_leaving_is_durable_when_it_says_so(store: Store) -> None:
    fail(store)
    claimed = claim(store, compose(store, {ADDRESS: 1}))
    assert isinstance(claimed, Claim)
    with pytest.raises(AssertionError), store.write():
        ledger.leaving(store, claimed)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_damaged_key_is_not_used(store: Store, content: bytes) -> None:
    letterbook.key_file(store).write_bytes(content)
    with pytest.raises(StoreError, match="damaged"):
        letterbook.names_for(store, [(ADDRESS, 1)], "iprot.example")


def test_a_key_that_is_missing_beside_sent_letters_is_not_made_anew(store: Store) -> None:
    fail(store)
    sent(store, 1)
    letterbook.key_file(store).unlink()
    with pytest.raises(StoreError, match="missing"):
        letterbook.names_for(store, [(ADDRESS, 2)], "iprot.example")
