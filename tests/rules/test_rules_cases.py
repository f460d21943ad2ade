"""Where a case lies, and when time moves it on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from triage.model import Case, Kind, Limits, Placed, Section, Strength
from triage.rules.cases import place

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LIMITS = Limits()
CASE = Case(
    id=1,
    key="a@b.example",
    written="a@b.example",
    kind=Kind.WRONG_MAILBOX,
    strength=Strength.PROOF,
    last_failed=NOW - timedelta(hours=2),
    failing_since=NOW - timedelta(hours=2),
)


def section(**changes: object) -> Section:
    return place(replace(CASE, **changes), NOW, LIMITS).section  # type: ignore[arg-type]


def test_a_proven_failure_is_work_now() -> None:
    assert section() is Section.NEW


@pytest.mark.parametrize("strength", [None, Strength.GUESS])
def test_what_is_not_provably_ours_rests_in_the_bin(strength: Strength | None) -> None:
    assert section(strength=strength) is Section.BIN


def test_an_unclear_report_rests_in_the_bin_until_a_person_decides() -> None:
    assert section(kind=Kind.UNCLEAR) is Section.BIN
    assert section(kind=Kind.UNCLEAR, strength=Strength.DECIDED) is Section.NEW


def test_a_notice_is_out_and_nothing_failed_since() -> None:
    assert section(notices=1, last_left=NOW - timedelta(hours=1)) is Section.WAITING


def test_a_failure_after_the_notice_is_work_once_the_days_between_are_over() -> None:
    assert section(notices=1, last_left=NOW - timedelta(days=6)) is Section.NEW
    assert place(replace(CASE, notices=1, last_left=NOW - timedelta(days=2)), NOW, LIMITS) == Placed(
        Section.WAITING, datetime(2026, 11, 26, tzinfo=UTC)
    )


def test_three_notices_and_a_newer_failure_are_blocked_at_once() -> None:
    assert section(notices=3, last_left=NOW - timedelta(days=1)) is Section.BLOCKED
    assert section(notices=3, last_left=NOW) is Section.WAITING


@pytest.mark.parametrize("kind", [Kind.MAILBOX_FULL, Kind.DELIVERY_PROBLEM, Kind.DELAYED])
def test_a_kind_that_may_mend_itself_waits(kind: Kind) -> None:
    assert section(kind=kind) is Section.WAITING


def test_a_full_box_and_a_broken_way_become_work_when_they_last() -> None:
    assert section(kind=Kind.MAILBOX_FULL, failing_since=NOW - timedelta(days=8)) is Section.NEW
    assert section(kind=Kind.DELIVERY_PROBLEM, failing_since=NOW - timedelta(days=4)) is Section.NEW
    assert section(kind=Kind.DELAYED, failing_since=NOW - timedelta(days=40)) is Section.WAITING


def test_a_snoozed_case_waits_until_its_moment() -> None:
    until = NOW + timedelta(days=1)
    assert place(replace(CASE, waits_until=until), NOW, LIMITS) == Placed(Section.WAITING, until)
    assert place(replace(CASE, waits_until=until), until, LIMITS) == Placed(Section.NEW)


def test_a_closed_case_is_done_until_a_newer_failure_that_counts() -> None:
    assert section(closed_at=NOW) is Section.DONE
    assert section(closed_at=NOW - timedelta(days=1)) is Section.NEW
    assert section(closed_at=NOW - timedelta(days=1), last_failed=None, strength=Strength.GUESS) is Section.DONE


def test_a_burst_waits_as_one_matter() -> None:
    until = NOW + timedelta(hours=5)
    assert place(replace(CASE, held="b.example", held_until=until), NOW, LIMITS) == Placed(Section.WAITING, until)
