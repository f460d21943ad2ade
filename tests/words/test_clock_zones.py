"""Time: local days as the wall shows them, also across the change of the clocks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage import clock
from triage.model import Limits
from triage.rules.cases import earliest_next


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_calendar_days_are_counted_right_across_the_change_of_the_clocks(berlin: None) -> None:
    """Half past midnight on 25 October is summer time; a fixed winter offset would make it the 24th."""
    left = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    now = clock.local(datetime(2026, 10, 28, 12, 0, tzinfo=UTC))
    again = earliest_next(left, now, Limits())
    assert again == datetime(2026, 10, 29, 23, 0, tzinfo=UTC)
    assert again.isoformat() == "2026-10-30T00:00:00+01:00"


def test_a_time_without_a_zone_is_local_and_a_zone_is_believed(berlin: None) -> None:
    assert clock.parse("2026-07-01 08:00") == datetime(2026, 7, 1, 6, 0, tzinfo=UTC)
    assert clock.parse("2026-12-01").isoformat() == "2026-12-01T00:00:00+01:00"
    assert clock.parse("2026-12-01T08:00Z") == datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
    with pytest.raises(ValueError):
        clock.parse("gestern")


@given(st.integers(10**8, 2 * 10**11).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)))
def test_what_is_stored_comes_back_and_sorts_as_time_does(moment: datetime) -> None:
    assert clock.from_store(clock.to_store(moment)) == moment
    assert clock.to_store(moment) < clock.to_store(moment + timedelta(seconds=1))


@given(st.datetimes().map(lambda d: d.replace(tzinfo=UTC)))
def test_years_that_a_mail_makes_up_can_be_stored_and_read(moment: datetime) -> None:
    assert clock.from_store(clock.to_store(moment)).year in range(1969, 9002)
