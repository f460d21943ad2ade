"""The list: pages of lines, a cursor that stays on its case, columns that give way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from triage.model import Entry, Kind, LetterState, Section, Strength
from triage.tui.shown import ago, dots, fit, fit_address, short_name
from triage.tui.widgets.queue_line import Columns, header, pieces
from triage.tui.widgets.queue_list import PAGE, QueueList

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def entry(identity: int) -> Entry:
    return Entry(identity, f"person{identity}@firm.example", Kind.WRONG_MAILBOX, seen=NOW)


class ListApp(App[None]):
    """Nothing but the list, and which pages it asked for."""

    CSS = "QueueList { height: 1fr; overflow-y: scroll; }"

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Sequence[int]] = []

    def compose(self) -> ComposeResult:
        yield QueueList(self._load, lambda: NOW)

    def _load(self, ids: Sequence[int]) -> list[Entry]:
        self.asked.append(ids)
        return [entry(i) for i in ids if i % 1000 != 999]


def on_list(act: Callable[[ListApp, QueueList, Pilot[None]], None]) -> None:
    async def run() -> None:
        app = ListApp()
        async with app.run_test(size=(80, 12)) as pilot:
            act(app, app.query_one(QueueList), pilot)
            await pilot.pause()

    asyncio.run(run())


def test_only_pages_that_come_into_view_are_asked_for() -> None:
    def act(app: ListApp, queue: QueueList, _pilot: Pilot[None]) -> None:
        queue.show(list(range(1, 100_001)))
        queue.render_line(0)
        queue.edge(1)
        queue.render_line(queue.size.height - 1)
        assert [len(ids) for ids in app.asked] == [PAGE, 100_000 % PAGE]

    on_list(act)


def test_the_cursor_stays_on_its_case_when_others_come_and_go() -> None:
    def act(_app: ListApp, queue: QueueList, _pilot: Pilot[None]) -> None:
        queue.show([1, 2, 3, 4])
        queue.move(2)
        queue.show([9, 8, 1, 3, 4])
        assert queue.current_id == 3

    on_list(act)


def test_the_cursor_takes_the_next_case_that_is_left() -> None:
    def act(_app: ListApp, queue: QueueList, _pilot: Pilot[None]) -> None:
        queue.show([1, 2, 3, 4, 5])
        queue.move(1)
        queue.show([1, 5])
        assert queue.current_id == 5
        queue.show([1])
        assert queue.current_id == 1
        queue.show([])
        assert queue.current_id is None

    on_list(act)


def test_a_line_that_is_gone_from_the_store_is_blank() -> None:
    def act(_app: ListApp, queue: QueueList, _pilot: Pilot[None]) -> None:
        queue.show([999, 1])
        assert queue.render_line(0).text.strip() == ""
        assert "person1@" in queue.render_line(1).text

    on_list(act)


@pytest.mark.parametrize("width", [40, 62, 66, 79, 84, 120])
def test_a_line_fits_its_width_whatever_it_holds(width: int) -> None:
    columns = Columns.of(width)
    for each in (
        entry(1),
        Entry(2, "x" * 300 + "@" + "y" * 300, Kind.WRONG_DOMAIN, bounces=100_000, author="A" * 90, protocol="P" * 90),
        Entry(3, "日本語日本語日本語日本語日本語日本語@例え.example", Kind.CHALLENGE, author="Ƶ" * 20, seen=NOW),
        Entry(-4, "Somebody <s@firm.example>" * 9, Kind.AUTO_REPLY, subject="Automatic reply " * 30, seen=NOW),
    ):
        line = "".join(text for text, _role in pieces(each, columns, True, NOW))
        assert cell_len(line) <= max(width, 50)
    assert cell_len(header(columns)) <= max(width, 50)


def test_a_line_marks_a_letter_in_work_a_colleague_and_a_guess() -> None:
    columns = Columns.of(80)

    def shown(**values: object) -> str:
        return "".join(t for t, _r in pieces(Entry(1, "a@b.example", Kind.UNCLEAR, **values), columns, False, NOW))  # type: ignore[arg-type]

    assert shown(letter=LetterState.COMPOSED).startswith(" ✎○○○")
    assert shown(letter=LetterState.HANDED_OVER, notices=1).startswith(" →●○○")
    assert shown(letter=LetterState.UNCONFIRMED, notices=2).startswith(" ?●●○")
    assert shown(taken_by="Karin").startswith(" @○○○")
    assert "? K. Roth" in shown(author="Karin Roth", strength=Strength.GUESS, section=Section.BIN)


@given(st.text(max_size=80), st.integers(min_value=2, max_value=60))
def test_whatever_is_fitted_fills_its_cells_exactly(text: str, width: int) -> None:
    from triage.text import address, line

    assert cell_len(fit(line(text), width)) == width
    assert cell_len(fit_address(address(text), width)) == width


def test_the_local_part_of_an_address_gives_way_before_its_domain() -> None:
    assert fit_address("max.mustermann@bau-huber.example", 26) == "max.mus…@bau-huber.example"
    assert fit_address("a@b.example", 15) == "a@b.example    "


def test_dots_carry_the_rule_of_three() -> None:
    assert [dots(n) for n in range(5)] == ["○○○", "●○○", "●●○", "●●●", "●●●"]


def test_a_name_is_shortened_to_initial_and_surname() -> None:
    assert [short_name(n) for n in ("Karin Roth", "Roth", "", "[/] x")] == ["K. Roth", "Roth", "", "[/] x"]


def test_how_long_ago_the_mailbox_was_read() -> None:
    def told(**before: float) -> str:
        from datetime import timedelta

        return ago(NOW - timedelta(**before), NOW)

    assert told(seconds=20) == "synced just now"
    assert told(minutes=2) == "synced 2 min ago"
    assert told(hours=5) == "synced 5 h ago"
    assert told(days=9) == "synced 2026-11-14"
    assert ago(None, NOW) == "never synced"
