"""Bursts of failures are one matter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from triage.model import Kind, Limits
from triage.rules.holds import LASTS, Happened, held

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LIMITS = Limits()


def failures(
    count: int, domain: str = "bau.example", kind: Kind = Kind.SPAM_OR_POLICY, apart: int = 1
) -> list[Happened]:
    return [Happened(NOW + timedelta(minutes=apart * i), f"p{i % 5}@{domain}", kind) for i in range(count)]


def test_ten_failures_over_three_addresses_of_a_domain_are_held() -> None:
    [hold] = held(failures(10, kind=Kind.WRONG_MAILBOX), LIMITS)
    assert (hold.subject, hold.failures, hold.addresses) == ("bau.example", 10, 5)
    assert hold.since == NOW
    assert hold.until == NOW + timedelta(minutes=9) + LASTS


def test_nine_are_not() -> None:
    assert held(failures(9), LIMITS) == []


def test_ten_over_two_hours_are_not() -> None:
    assert held(failures(10, apart=13), LIMITS) == []


def test_one_address_alone_is_no_burst() -> None:
    again = [Happened(NOW + timedelta(minutes=i), "a@b.example", Kind.WRONG_MAILBOX) for i in range(30)]
    assert held(again, LIMITS) == []


def test_a_cause_that_strikes_many_domains_is_held_and_wrong_addresses_of_many_domains_are_not() -> None:
    spread = [Happened(NOW, f"a@d{i}.example", Kind.OUR_FAULT) for i in range(12)]
    assert [hold.subject for hold in held(spread, LIMITS)] == ["our_fault"]
    monday = [Happened(NOW, f"a@d{i}.example", Kind.WRONG_MAILBOX) for i in range(12)]
    assert held(monday, LIMITS) == []


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 6)), max_size=60))
def test_a_hold_is_found_exactly_when_some_hour_holds_enough(marks: list[tuple[int, int]]) -> None:
    happened = [Happened(NOW + timedelta(minutes=m), f"p{who}@bau.example", Kind.WRONG_DOMAIN) for m, who in marks]
    windows = ([f for f in happened if start.at <= f.at <= start.at + timedelta(hours=1)] for start in happened)
    expected = any(len(w) >= 10 and len({f.key for f in w}) >= 3 for w in windows)
    assert bool(held(happened, LIMITS)) is expected
