"""The demo's world goes on: on three dates three notices leave, and never a fourth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from triage import clock
from triage.desk import demo, drafting, queue, reading, sending
from triage.desk.base import Desk
from triage.model import LetterState, Refusal, Section

MONDAY = datetime.fromisoformat("2026-11-23T17:00:00+01:00")
"""The afternoon of the reference's day."""
FRIDAY = timedelta(days=4)
WEBER = "p.weber@planung-sued.exmaple"
LASTING = (
    WEBER,
    "manuel.brandtner@bau-hubber.example",
    "can.özdemir@haustechnik-lindner.example",
    "sabine.kellre@tragwerk-beck.example",
    "haas@www.elektro-haas.example",
    "k.steiner@ingbuero-steiner.example",
    "thomas.gruber@holzbau-egger.example",
    "m.zilmaz@metallbau-yilmaz.example",
)

Opened = Callable[[timedelta], Desk]


@pytest.fixture
def opened_after(tmp_path: Path) -> Iterator[Opened]:
    """Opens the demo on one store, so long after the reference's Monday, with its mailbox read."""
    desks: list[Desk] = []

    def opened(later: timedelta) -> Desk:
        clock.fix(MONDAY + later)
        desk = demo.open_demo(tmp_path / "triage.db")
        desks.append(desk)
        reading.sync(desk)
        return desk

    yield opened
    for desk in desks:
        desk.close()
    clock.fix(None)


def notify(desk: Desk, written: str) -> int | Refusal:
    """Draft and send a letter about one address: the number of the notice that left, or why none may."""
    drafted = drafting.draft(desk, [queue.find(desk, written).id])
    for left_out in drafted.left_out:
        assert left_out.refused is not None, left_out.why
        return left_out.refused.reason
    [delivered] = sending.send(desk, drafted.letters)
    assert delivered.letter.state is LetterState.SENT
    [item] = delivered.letter.items
    assert item.written == written
    return item.number


def test_on_three_dates_three_notices_leave_and_on_the_fourth_the_case_is_blocked(opened_after: Opened) -> None:
    desk = opened_after(timedelta())
    assert notify(desk, WEBER) == 1
    assert notify(desk, WEBER) is Refusal.NOTHING_NEW

    desk = opened_after(timedelta(days=6))
    assert notify(desk, WEBER) is Refusal.NOTHING_NEW
    assert queue.find(desk, WEBER).section is Section.WAITING

    desk = opened_after(timedelta(days=8))
    assert queue.find(desk, WEBER).section is Section.NEW
    assert notify(desk, WEBER) == 2
    assert notify(opened_after(timedelta(days=13)), WEBER) is Refusal.NOTHING_NEW

    desk = opened_after(timedelta(days=15))
    assert notify(desk, WEBER) == 3
    assert notify(desk, WEBER) is Refusal.THREE_SENT
    assert queue.find(desk, WEBER).section is Section.WAITING

    desk = opened_after(timedelta(days=22))
    assert notify(desk, WEBER) is Refusal.THREE_SENT
    assert queue.find(desk, WEBER).section is Section.BLOCKED


def test_a_failure_soon_after_a_notice_waits_for_its_day(opened_after: Opened) -> None:
    assert notify(opened_after(FRIDAY), WEBER) == 1
    assert notify(opened_after(timedelta(days=7)), WEBER) is Refusal.TOO_SOON
    assert notify(opened_after(timedelta(days=10)), WEBER) == 2


def test_all_eight_that_keep_failing_can_have_their_three_notices_and_no_more(opened_after: Opened) -> None:
    for week, number in enumerate((1, 2, 3)):
        desk = opened_after(FRIDAY + timedelta(weeks=week))
        assert [notify(desk, written) for written in LASTING] == [number] * 8
    desk = opened_after(FRIDAY + timedelta(weeks=3))
    assert [notify(desk, written) for written in LASTING] == [Refusal.THREE_SENT] * 8
    assert {queue.find(desk, written).section for written in LASTING} == {Section.BLOCKED}
