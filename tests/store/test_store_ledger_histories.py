"""Random lives of a ledger: whatever happens, never a fourth notice, never the same letter twice."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from store_world import NOW, compose, fail

from triage import clock
from triage.errors import RefusedError
from triage.model import Found, LetterState, Limits, Outcome, Sent
from triage.rules.notices import next_number
from triage.store import Store, adopt, cases, ledger, letterbook, owners
from triage.store.ledger import Claim, NotClaimed

ADDRESSES = ["a@planung.example", "b@planung.example"]
addresses = st.sampled_from(ADDRESSES)


class LedgerLife(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        clock.fix(NOW)
        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name) / "triage.db", "karin")
        self.claims: list[Claim] = []
        self.data_sent: dict[int, int] = {}
        """How often each letter's text crossed the wire."""
        for address in ADDRESSES:
            fail(self.store, address)

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()
        clock.fix(None)

    @rule(hours=st.integers(1, 200))
    def time_passes(self, hours: int) -> None:
        clock.fix(clock.now() + timedelta(hours=hours))

    @rule(address=addresses)
    def it_fails_again(self, address: str) -> None:
        fail(self.store, address)

    @rule(address=addresses, skew=st.sampled_from([0, 0, 0, 1, -1]))
    def somebody_drafts_and_claims(self, address: str, skew: int) -> None:
        number = next_number(cases.notices(self.store, address)) + skew
        letter = letterbook.letter(self.store, compose(self.store, {address: min(3, max(1, number))}))
        claimed = ledger.claim(self.store, letter, clock.now(), Limits(), "iprot.example")
        if not isinstance(claimed, NotClaimed):
            self.claims.append(claimed)

    @rule(which=st.integers(0, 30), result=st.sampled_from(list(Sent)))
    def a_process_delivers(self, which: int, result: Sent) -> None:
        if self.claims:
            claim = self.claims[which % len(self.claims)]
            if ledger.leaving(self.store, claim):
                self.data_sent[claim.letter] = self.data_sent.get(claim.letter, 0) + 1
                ledger.settle(self.store, claim, Outcome(result))

    @rule(which=st.integers(0, 30))
    def a_process_dies(self, which: int) -> None:
        if self.claims:
            dead = self.claims[which % len(self.claims)]
            alive = owners.is_alive
            owners.is_alive = lambda owner: owner != dead.token
            try:
                ledger.recover(self.store)
            finally:
                owners.is_alive = alive

    @rule(which=st.integers(0, 30), sent=st.booleans())
    def a_person_settles(self, which: int, sent: bool) -> None:
        if self.claims:
            with suppress(RefusedError):
                ledger.decide(self.store, self.claims[which % len(self.claims)].letter, sent=sent)

    @rule(address=addresses, days=st.integers(0, 40))
    def staff_record_one(self, address: str, days: int) -> None:
        try:
            adopt.record(self.store, address, clock.now() - timedelta(days=days), "k.roth@planwerk.example")
        except RefusedError:
            assert len([n for n in cases.notices(self.store, address) if n.counts]) == 3

    @rule(address=addresses, number=st.integers(1, 9), name=st.integers(0, 5), in_sent=st.booleans())
    def a_strange_letter_is_found(self, address: str, number: int, name: int, in_sent: bool) -> None:
        adopt.adopt(self.store, Found(f"<strange{name}@iprot.example>", "", ((address, number),), in_sent))

    @rule(which=st.integers(0, 30))
    def a_known_letter_is_found_in_sent(self, which: int) -> None:
        if self.claims:
            letter = letterbook.letter(self.store, self.claims[which % len(self.claims)].letter)
            claims = tuple((item.key, item.number) for item in letter.items)
            adopt.adopt(self.store, Found(letter.message_id, letter.reference, claims, True))

    @invariant()
    def no_address_has_more_than_three(self) -> None:
        for address in ADDRESSES:
            counted = [n.number for n in cases.notices(self.store, address) if n.counts]
            assert len(counted) <= 3
            assert len(set(counted)) == len(counted)

    @invariant()
    def no_letter_left_twice(self) -> None:
        assert all(times == 1 for times in self.data_sent.values())

    @invariant()
    def every_letter_that_certainly_left_is_counted(self) -> None:
        for claim in self.claims:
            letter = letterbook.letter(self.store, claim.letter)
            if letter.state in (LetterState.SENT, LetterState.UNCONFIRMED, LetterState.HANDED_OVER):
                for item in letter.items:
                    notices = [n for n in cases.notices(self.store, item.key) if n.letter == letter.id and n.counts]
                    full = sum(n.counts for n in cases.notices(self.store, item.key)) == 3
                    assert notices or full


TestLedgerLife = LedgerLife.TestCase
TestLedgerLife.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_a_letter_beyond_three_takes_the_number_that_a_released_one_frees() -> None:
    """Found by chance: two recorded by hand, one taken for dead that had left, one that died before it left."""
    life = LedgerLife()
    try:
        address = ADDRESSES[1]
        life.staff_record_one(address, 2)
        life.time_passes(87)
        life.somebody_drafts_and_claims(address, 0)
        life.staff_record_one(address, 5)
        life.a_process_dies(0)
        life.somebody_drafts_and_claims(address, 0)
        life.a_known_letter_is_found_in_sent(0)
        life.a_process_dies(1)
        life.every_letter_that_certainly_left_is_counted()
        life.no_address_has_more_than_three()
    finally:
        life.teardown()
