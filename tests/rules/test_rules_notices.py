"""May this address get another notice? Histories of every shape, and each refusal by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.model import (
    NOTICES_EVER,
    Allowed,
    Case,
    Kind,
    LetterState,
    Limits,
    Notice,
    Refusal,
    Refused,
    Strength,
)
from triage.rules.notices import may_notify, next_number

BERLIN_WINTER = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN_WINTER)
LIMITS = Limits()


def case(**changes: object) -> Case:
    """An open case about a wrong mailbox that failed this morning, with proof."""
    base = Case(
        id=1,
        key="p.weber@planung.example",
        written="p.weber@planung.example",
        kind=Kind.WRONG_MAILBOX,
        strength=Strength.PROOF,
        last_failed=NOW - timedelta(hours=1),
        failing_since=NOW - timedelta(hours=1),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def notice(number: int, days_ago: float, state: LetterState = LetterState.SENT) -> Notice:
    return Notice("p.weber@planung.example", number, number, state, NOW - timedelta(days=days_ago))


def test_the_first_notice_about_a_proven_failure_may_go_out() -> None:
    assert may_notify(case(), [], NOW, LIMITS) == Allowed(1)


def test_the_next_notice_has_the_next_number() -> None:
    assert may_notify(case(), [notice(1, 20), notice(2, 9)], NOW, LIMITS) == Allowed(3)


def test_a_fourth_notice_is_refused_for_ever() -> None:
    three = [notice(1, 400), notice(2, 300), notice(3, 200)]
    assert may_notify(case(), three, NOW, LIMITS) == Refused(Refusal.THREE_SENT)


def test_a_released_notice_frees_its_number_and_does_not_count() -> None:
    notices = [notice(1, 20), notice(2, 12, LetterState.RELEASED)]
    assert may_notify(case(), notices, NOW, LIMITS) == Allowed(2)


@pytest.mark.parametrize("state", [s for s in LetterState if s.is_open])
def test_an_open_letter_blocks_the_next_one(state: LetterState) -> None:
    assert may_notify(case(), [notice(1, 20, state)], NOW, LIMITS) == Refused(Refusal.LETTER_OPEN)


def test_nothing_failed_since_the_last_notice() -> None:
    quiet = case(last_failed=NOW - timedelta(days=11))
    assert may_notify(quiet, [notice(1, 10)], NOW, LIMITS) == Refused(Refusal.NOTHING_NEW)


def test_five_calendar_days_must_lie_between_two_notices() -> None:
    """Wednesday evening plus five days is Monday, from its first minute."""
    wednesday = notice(1, 0)
    wednesday = replace(wednesday, left_at=datetime(2026, 11, 18, 23, 30, tzinfo=BERLIN_WINTER))
    sunday = datetime(2026, 11, 22, 23, 59, tzinfo=BERLIN_WINTER)
    monday = datetime(2026, 11, 23, 0, 0, tzinfo=BERLIN_WINTER)
    failed = case(last_failed=datetime(2026, 11, 22, 12, 0, tzinfo=BERLIN_WINTER))
    assert may_notify(failed, [wednesday], sunday, LIMITS) == Refused(Refusal.TOO_SOON, monday)
    assert may_notify(failed, [wednesday], monday, LIMITS) == Allowed(2)


def test_calendar_days_are_those_of_the_wall_not_of_utc() -> None:
    """23:30 UTC on the 17th is already the 18th in Berlin."""
    late = replace(notice(1, 0), left_at=datetime(2026, 11, 17, 23, 30, tzinfo=UTC))
    midday = datetime(2026, 11, 22, 12, 0, tzinfo=BERLIN_WINTER)
    failed = case(last_failed=midday - timedelta(hours=2))
    assert may_notify(failed, [late], midday, LIMITS) == Refused(
        Refusal.TOO_SOON, datetime(2026, 11, 23, tzinfo=BERLIN_WINTER)
    )


@pytest.mark.parametrize("strength", [None, Strength.GUESS])
def test_no_evidence_no_notice(strength: Strength | None) -> None:
    assert may_notify(case(strength=strength), [], NOW, LIMITS) == Refused(Refusal.NO_EVIDENCE)


@pytest.mark.parametrize(
    "kind", [Kind.SPAM_OR_POLICY, Kind.OUR_FAULT, Kind.TOO_LARGE, Kind.DELAYED, Kind.MAILBOX_FULL, Kind.UNCLEAR]
)
def test_the_author_is_not_asked_for_what_the_author_cannot_mend(kind: Kind) -> None:
    assert may_notify(case(kind=kind), [], NOW, LIMITS) == Refused(Refusal.NOT_THE_AUTHORS)


def test_a_full_box_becomes_the_authors_when_it_lasts() -> None:
    lasting = case(kind=Kind.MAILBOX_FULL, failing_since=NOW - timedelta(days=8))
    assert may_notify(lasting, [], NOW, LIMITS) == Allowed(1)


def test_an_unclear_failure_becomes_the_authors_when_a_person_decides_so() -> None:
    assert may_notify(case(kind=Kind.UNCLEAR, strength=Strength.DECIDED), [], NOW, LIMITS) == Allowed(1)


def test_a_closed_case_gets_no_notice_until_something_newer_fails() -> None:
    closed = case(closed_at=NOW)
    assert may_notify(closed, [], NOW, LIMITS) == Refused(Refusal.CLOSED)
    assert may_notify(replace(closed, last_failed=NOW + timedelta(1)), [], NOW, LIMITS) == Allowed(1)


def test_a_burst_holds_all_letters_until_it_is_over() -> None:
    until = NOW + timedelta(hours=3)
    held = case(held="planung.example", held_until=until)
    assert may_notify(held, [], NOW, LIMITS) == Refused(Refusal.HELD, until)
    assert may_notify(held, [], until, LIMITS) == Allowed(1)


# --- over random histories ---

moments = st.integers(-100_000, 1_000).map(lambda minutes: NOW + timedelta(minutes=minutes))
maybe = st.none() | moments
histories = st.lists(
    st.builds(
        Notice,
        key=st.just("k"),
        number=st.integers(1, NOTICES_EVER),
        letter=st.integers(1, 9),
        state=st.sampled_from([s for s in LetterState if s is not LetterState.COMPOSED]),
        left_at=maybe,
    ),
    max_size=7,
)
cases = st.builds(
    Case,
    id=st.just(1),
    key=st.just("k"),
    written=st.just("k"),
    kind=st.sampled_from(list(Kind)),
    strength=st.none() | st.sampled_from(list(Strength)),
    last_failed=maybe,
    failing_since=maybe,
    closed_at=maybe,
    held_until=maybe,
    open_letter=st.none() | st.sampled_from([s for s in LetterState if s.is_open]),
)


@given(cases, histories)
def test_whatever_happened_an_allowed_number_is_free_and_at_most_three(case: Case, history: list[Notice]) -> None:
    answer = may_notify(case, history, NOW, LIMITS)
    if isinstance(answer, Allowed):
        taken = {n.number for n in history if n.counts}
        assert 1 <= answer.number <= NOTICES_EVER
        assert answer.number not in taken
        assert sum(n.counts for n in history) < NOTICES_EVER


@given(cases, histories)
def test_whatever_happened_an_allowed_notice_has_evidence_and_something_new(case: Case, history: list[Notice]) -> None:
    if isinstance(may_notify(case, history, NOW, LIMITS), Allowed):
        assert case.strength is not None
        assert case.strength is not Strength.GUESS
        assert case.last_failed is not None
        assert not any(n.state.is_open for n in history)
        for n in history:
            if n.counts and n.left_at is not None:
                assert case.last_failed > n.left_at
                assert (NOW.date() - n.left_at.astimezone(NOW.tzinfo).date()).days >= LIMITS.days_between


@given(histories)
def test_a_process_that_only_does_what_is_allowed_never_exceeds_three(history: list[Notice]) -> None:
    """Send on every day of a year, with a new failure every hour: three go out, however it began."""
    notices = [n for n in history if not n.state.is_open and n.counts][:NOTICES_EVER]
    notices = [replace(n, number=i + 1) for i, n in enumerate(notices)]
    for days in range(365):
        today = NOW + timedelta(days=1 + days)
        failing = case(last_failed=today - timedelta(minutes=1))
        answer = may_notify(failing, notices, today, LIMITS)
        if isinstance(answer, Allowed):
            notices.append(Notice("k", answer.number, 0, LetterState.SENT, today))
    assert sorted(n.number for n in notices) == [1, 2, 3]


@given(histories)
def test_the_next_number_is_free_or_beyond_the_last(history: list[Notice]) -> None:
    number = next_number(history)
    assert number not in {n.number for n in history if n.counts}
    assert all(m in {n.number for n in history if n.counts} for m in range(1, number))
