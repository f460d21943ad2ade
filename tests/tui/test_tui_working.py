"""What the keys do, and that each says why when it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from office import Office
from textual.pilot import Pilot
from textual.widgets import Input, OptionList
from tui.screen_text import opened, play, press, screen, settle, type_in

from triage import clock, lang
from triage.desk import Desk, queue, sending
from triage.errors import SourceError
from triage.model import LetterState, Outcome, Section, Sent
from triage.tui.app import TriageApp
from triage.tui.screens import send_dialog
from triage.tui.screens.main import MainScreen
from triage.tui.screens.prompts import until
from triage.tui.screens.review import ReviewScreen
from triage.tui.screens.send_dialog import ARMED_AFTER, SendDialog
from triage.tui.widgets.queue_list import QueueList


def listed(pilot: Pilot[None]) -> QueueList:
    return main(pilot).queue_list


def main(pilot: Pilot[None]) -> MainScreen:
    return next(s for s in pilot.app.screen_stack if isinstance(s, MainScreen))


def current(pilot: Pilot[None]) -> str:
    """The address under the cursor."""
    entry = listed(pilot).current
    return entry.address if entry else ""


def toast(pilot: Pilot[None]) -> str:
    """What was said last."""
    return " ".join(notification.message for notification in pilot.app._notifications)


# --- moving and choosing ---


def test_the_cursor_moves_with_letters_and_arrows_and_stops_at_the_ends(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        rows = []
        for key in ("j", "down", "j", "k", "g", "up", "G", "pageup", "pagedown"):
            await press(pilot, key)
            rows.append(listed(pilot).cursor)
        assert rows == [1, 2, 2, 1, 0, 0, 2, 0, 2]

    play(desk, steps)


def test_space_marks_and_steps_on_and_escape_unmarks(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "space", "space")
        assert len(listed(pilot).marks) == 2
        assert listed(pilot).cursor == 2
        assert "2 marked" in screen(pilot.app)
        await press(pilot, "escape")
        assert not listed(pilot).marks

    play(desk, steps)


def test_a_range_is_marked_from_where_it_began_to_where_the_cursor_goes(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "v", "j", "j", "k", "v", "j")
        assert listed(pilot).marks == set(listed(pilot).ids[:2])

    play(desk, steps)


def test_a_range_that_is_left_marks_nothing(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "space", "v", "j", "escape")
        assert listed(pilot).marks == {listed(pilot).ids[0]}

    play(desk, steps)


def test_all_of_the_same_kind_are_marked(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "*")
        await press(pilot, "end", "enter")
        entries = queue.page(desk, sorted(listed(pilot).marks))
        assert {e.address for e in entries} == {"info@tragwerk-beck.example", "max.musterman@bau-huber.example"}

    play(desk, steps)


def test_marks_belong_to_their_section(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "space", "2")
        assert not listed(pilot).marks
        await press(pilot, "1")
        assert len(listed(pilot).marks) == 1

    play(desk, steps)


def test_what_has_left_the_section_is_no_longer_marked(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "A")
        queue.close(desk, [listed(pilot).ids[0]])
        await press(pilot, "s")
        assert len(listed(pilot).marks) == 2

    play(desk, steps)


# --- filter ---


def test_the_filter_is_live_and_the_cursor_stays_on_its_case(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "j")
        before = current(pilot)
        await press(pilot, "/")
        await type_in(pilot, "beck")
        assert [e.address for e in queue.page(desk, listed(pilot).ids)] == [before]
        await press(pilot, "enter", "escape")
        assert len(listed(pilot).ids) == 3
        assert current(pilot) == before

    play(desk, steps)


def test_marks_survive_the_filter_and_hidden_ones_are_counted(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "space", "/")
        await type_in(pilot, "weber")
        await press(pilot, "enter")
        assert "1 marked (1 hidden)" in screen(pilot.app)

    play(desk, steps)


def test_a_filter_sticks_to_its_section(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "/")
        await type_in(pilot, "weber")
        await press(pilot, "enter", "2")
        assert len(listed(pilot).ids) == 1
        assert main(pilot).place.filter == ""
        await press(pilot, "1")
        assert main(pilot).place.filter == "weber"
        assert current(pilot) == "p.weber@planung-sued.exmaple"

    play(desk, steps)


def test_a_wrong_filter_leaves_the_list_as_it_is(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "/")
        main(pilot).filter_line.input.value = "kind:nonsense"
        await settle(pilot)
        assert len(listed(pilot).ids) == 3
        assert "There is no kind nonsense." in screen(pilot.app)

    play(desk, steps)


def test_keys_typed_into_the_filter_do_nothing_else(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "/")
        await type_in(pilot, "dxqr12")
        assert main(pilot).section is Section.NEW
        assert not sending.letters_in_work(desk)
        assert main(pilot).filter_line.input.value == "dxqr12"

    play(desk, steps)


# --- acts ---


def test_done_puts_a_case_away_and_the_cursor_takes_the_next_and_undo_brings_it_back(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        first, second, _third = queue.page(desk, listed(pilot).ids)
        await press(pilot, "x")
        assert current(pilot) == second.address
        assert "z undoes: closed max.musterman@bau-huber.example" in screen(pilot.app)
        await press(pilot, "z")
        assert first.id in listed(pilot).ids
        await press(pilot, "Z")
        assert first.id not in listed(pilot).ids

    play(desk, steps)


def test_x_in_done_takes_a_case_back_to_work(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "x", "5", "x")
        assert queue.counts(desk)[Section.NEW] == 3

    play(desk, steps)


def test_a_draft_says_what_it_made_and_marks_the_case(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "d")
        assert "one letter up for review" in toast(pilot)
        assert "✎○○○" in screen(pilot.app)
        assert listed(pilot).cursor == 1

    play(desk, steps)


def test_a_draft_says_what_was_left_out_and_why(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "2", "d")
        assert "No letter was made." in toast(pilot)
        assert "stranger@elsewhere.example: nothing proves" in toast(pilot)

    play(desk, steps)


def test_more_than_three_left_out_are_a_list(office: Office) -> None:
    for n in range(5):
        office.bounce(f"stranger{n}@elsewhere.example", forged=True)

    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "2", "A", "d")
        text = screen(pilot.app)
        assert all(f"stranger{n}@elsewhere.example" in text for n in range(5))
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, MainScreen)

    with office.synced() as desk:
        play(desk, steps)


def test_a_case_of_the_bin_is_linked_by_a_person(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "2", "l")
        await type_in(pilot, "0878")
        await press(pilot, "enter")
        assert queue.counts(desk)[Section.BIN] == 0
        assert queue.find(desk, "stranger@elsewhere.example").protocol == "2026-0878"

    play(desk, steps)


def test_a_case_waits_until_the_day_typed(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "w")
        await type_in(pilot, "nonsense")
        await press(pilot, "enter")
        assert "nonsense is no day" in screen(pilot.app)
        pilot.app.screen.query_one(Input).value = "7"
        await press(pilot, "enter")
        assert queue.counts(desk)[Section.WAITING] == 1

    play(desk, steps)


def test_a_wait_is_a_day_or_a_number_of_days(office: Office) -> None:
    office.at(0)
    assert lang.day(until("7")) == "2026-11-09"
    assert lang.day(until("2026-12-01")) == "2026-12-01"
    for written in ("0", "-3", "yesterday", "2026-11-02", "2031-01-01"):
        with pytest.raises(Exception, match=r"day"):
            until(written)


def test_a_note_is_written_and_shown(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "n")
        await type_in(pilot, "rang twice")
        await press(pilot, "enter")
        assert "rang twice" in screen(pilot.app)

    play(desk, steps)


def test_a_case_is_taken_and_given_back(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "@")
        assert " @○○○" in screen(pilot.app)
        await press(pilot, "@")
        assert " @○○○" not in screen(pilot.app)

    play(desk, steps)


def test_every_key_that_cannot_act_says_why(office: Office) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        for key in ("*", "enter", "l", "d", "r", "x", "w", "n", "@", "o", "y", "z", "Z", "."):
            pilot.app.clear_notifications()
            await press(pilot, key)
            assert isinstance(pilot.app.screen, MainScreen), key
            assert toast(pilot), key

    with office.desk() as desk:
        play(desk, steps)


# --- the fourth notice ---


def test_the_card_of_the_fourth_notice_closes_as_unreachable(blocked: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "4", "d")
        assert not sending.letters_in_work(blocked)
        await press(pilot, "x")
        found = queue.find(blocked, "p.weber@planung-sued.exmaple")
        assert (found.section, found.closed_because) == (Section.DONE, "unreachable")

    play(blocked, steps)


def test_the_card_of_the_fourth_notice_has_no_way_to_send(blocked: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "4", "d")
        await press(pilot, "Y", "enter", "S", "r", "d")
        assert not sending.letters_in_work(blocked)
        assert queue.find(blocked, "p.weber@planung-sued.exmaple").notices == 3

    play(blocked, steps)


# --- letters ---


def test_nothing_is_sent_before_the_dialog_was_seen(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(send_dialog, "ARMED_AFTER", 60.0)

    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "d", "r", "Y", "Y", "y", "J", "enter")
        assert isinstance(pilot.app.screen, SendDialog)
        assert [x.state for x in sending.letters_in_work(desk)] == [LetterState.COMPOSED]

    play(desk, steps)


def test_enter_alone_sends_nothing(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "d", "r", "Y")
        await pilot.pause(ARMED_AFTER + 0.2)
        await press(pilot, "enter", "space")
        assert isinstance(pilot.app.screen, SendDialog)
        assert [x.state for x in sending.letters_in_work(desk)] == [LetterState.COMPOSED]

    play(desk, steps)


def test_a_letter_is_sent_by_y_once_the_dialog_is_armed(desk: Desk, office: Office) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "d", "r", "Y")
        await pilot.pause(ARMED_AFTER + 0.2)
        await press(pilot, "Y")
        assert isinstance(pilot.app.screen, MainScreen)
        assert not sending.letters_in_work(desk)
        assert len(list(office.letters.glob("*.eml"))) == 1
        assert queue.find(desk, "p.weber@planung-sued.exmaple").notices == 1

    play(desk, steps)


def test_many_letters_want_their_number_typed(office: Office) -> None:
    office.bounce("weber", "unknown")
    office.bounce("beck", "spam")

    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "d", "r", "S")
        await pilot.pause(ARMED_AFTER + 0.2)
        await type_in(pilot, "1")
        await press(pilot, "enter")
        assert "2 letters would leave" in screen(pilot.app)
        pilot.app.screen.query_one(Input).value = "2"
        await press(pilot, "enter")
        assert not sending.letters_in_work(desk)

    with office.synced() as desk:
        play(desk, steps)


def test_an_address_is_left_out_and_a_letter_thrown_away_and_both_come_back(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "d", "r", "-")
        assert isinstance(pilot.app.screen.focused, OptionList)
        await press(pilot, "enter")
        assert len(sending.letters_in_work(desk)[0].items) == 2
        await press(pilot, "X")
        assert not sending.letters_in_work(desk)
        await press(pilot, "z", "z")
        assert len(sending.letters_in_work(desk)[0].items) == 3

    play(desk, steps)


def test_a_letter_is_edited_in_place_where_there_is_no_editor(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "d", "r", "e")
        pilot.app.screen.query_one(Input).value = "Another subject"
        await press(pilot, "ctrl+s")
        assert sending.letters_in_work(desk)[0].subject == "Another subject"
        assert "Another subject" in screen(pilot.app)

    play(desk, steps)


def test_a_letter_is_written_anew_in_the_other_language(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "d", "r", "t")
        assert sending.letters_in_work(desk)[0].language == "en"
        assert isinstance(pilot.app.screen, ReviewScreen)

    play(desk, steps)


class Outlet:
    """Takes every letter and answers as it is told."""

    def __init__(self, result: Sent) -> None:
        self._result = result

    def deliver(self, _mail: object, _envelope: object, before_data: Callable[[], None]) -> Outcome:
        before_data()
        return Outcome(self._result)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("result", "state"), [(Sent.HANDED_OVER, "in Drafts"), (Sent.UNKNOWN, "unconfirmed")])
def test_a_letter_that_nobody_saw_leave_is_settled_by_a_person(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, result: Sent, state: str
) -> None:
    from triage import post

    monkeypatch.setattr(post, "open_outlet", lambda _settings: Outlet(result))

    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "d", "r", "Y")
        await pilot.pause(ARMED_AFTER + 0.2)
        await press(pilot, "Y")
        assert state in screen(pilot.app)
        await press(pilot, "e")
        assert "Only a letter up for review can be changed or sent." in toast(pilot)
        await press(pilot, "s", "end", "enter")
        assert isinstance(pilot.app.screen, MainScreen)
        assert queue.find(desk, "p.weber@planung-sued.exmaple").notices == 0

    play(desk, steps)


def test_a_letter_that_may_no_longer_leave_comes_back_with_the_reasons(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "A", "d", "r", "Y")
        queue.close(desk, [queue.find(desk, "p.weber@planung-sued.exmaple").id])
        await pilot.pause(ARMED_AFTER + 0.2)
        await press(pilot, "Y")
        text = screen(pilot.app)
        assert "Back in review" in text
        assert "p.weber@planung-sued.exmaple" in text
        assert "the case is closed" in text
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, ReviewScreen)

    play(desk, steps)


# --- sync and what is new ---


def test_a_first_sync_shows_what_it_brought_at_once(office: Office) -> None:
    office.bounce("weber")

    async def steps(pilot: Pilot[None]) -> None:
        assert current(pilot) == "p.weber@planung-sued.exmaple"

    with office.desk() as desk:
        play(desk, steps, sync_first=True)


def test_new_cases_are_announced_and_not_inserted_until_asked_for(office: Office) -> None:
    office.bounce("beck")

    async def steps(pilot: Pilot[None]) -> None:
        office.at(1)
        office.bounce("weber")
        await press(pilot, "s")
        assert current(pilot) == "info@tragwerk-beck.example"
        assert len(listed(pilot).ids) == 1
        assert "1 new – . to see" in screen(pilot.app)
        await press(pilot, ".")
        assert len(listed(pilot).ids) == 2
        assert current(pilot) == "p.weber@planung-sued.exmaple"
        assert ". to see" not in screen(pilot.app)

    with office.synced() as desk:
        play(desk, steps)


def test_a_mailbox_that_cannot_be_read_is_said_until_it_can(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from triage.desk import reading

    def refused(*_arguments: object) -> None:
        raise SourceError("The server refuses the password.", "Look at password_command.")

    async def steps(pilot: Pilot[None]) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(reading, "sync", refused)
            await press(pilot, "s")
        pilot.app.clear_notifications()
        await press(pilot, "j")
        assert "! The server refuses the password.  Look at password_command." in screen(pilot.app)
        await press(pilot, "s")
        assert "refuses the password" not in screen(pilot.app)

    play(desk, steps)


def test_an_error_that_nobody_foresaw_is_said_and_the_app_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from triage.desk import reading

    def broken(*_arguments: object) -> None:
        raise ZeroDivisionError("odd")

    async def steps(pilot: Pilot[None]) -> None:
        monkeypatch.setattr(reading, "sync", broken)
        await pilot.press("s")
        for _round in range(20):
            await pilot.pause(0.02)
        assert "Unexpected: ZeroDivisionError: odd" in screen(pilot.app)
        await press(pilot, "j")
        assert listed(pilot).cursor == 1

    play(desk, steps)


def test_escape_cancels_a_sync(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    from triage.desk import reading
    from triage.desk.reading import Synced

    def slow(_desk: Desk, _progress: object, cancelled: object) -> Synced:
        assert callable(cancelled)
        until_then = time.monotonic() + 5
        while not cancelled() and time.monotonic() < until_then:
            time.sleep(0.01)
        return Synced(cancelled=bool(cancelled()))

    async def steps(pilot: Pilot[None]) -> None:
        monkeypatch.setattr(reading, "sync", slow)
        await pilot.press("s")
        await pilot.pause(0.1)
        assert "reading the mailbox" in screen(pilot.app)
        await press(pilot, "escape")
        assert "cancelled" in toast(pilot)

    play(desk, steps)


# --- other screens ---


def test_the_week_turns_back_but_not_into_the_future_and_is_exported_beside_an_earlier_one(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "W", "right")
        assert "has not begun" in toast(pilot)
        for _twice in range(2):
            await press(pilot, "E", "enter")
        await press(pilot, "left")
        assert "Week 44" in screen(pilot.app)

    play(desk, steps)
    assert sorted(p.name for p in tmp_path.glob("triage-*.md")) == ["triage-2026-W45-2.md", "triage-2026-W45.md"]


def test_the_keys_screen_narrows_to_what_is_typed(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "?")
        await type_in(pilot, "undo")
        text = screen(pilot.app)
        assert "undo" in text
        assert "next line" not in text

    play(desk, steps)


def test_the_palette_knows_every_act_by_name(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, ":")
        await type_in(pilot, "history")
        await pilot.pause(0.3)
        await press(pilot, "enter")
        await pilot.pause(0.2)
        assert "History" in screen(pilot.app)

    play(desk, steps)


def test_the_history_names_the_cases(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "x", "H")
        text = screen(pilot.app)
        assert "closed" in text
        assert "max.musterman@bau-huber.example" in text

    play(desk, steps)


def test_the_raw_message_is_shown(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "o")
        assert "From: Mail Delivery System <MAILER-DAEMON@mx.iprot.example>" in screen(pilot.app)

    play(desk, steps)


def test_the_first_frame_stands_before_the_store_is_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    painted: list[str] = []
    ids = queue.ids

    def watched(desk: Desk, section: Section | None, filter_text: str = "") -> list[int]:
        painted.append(screen(app))
        return ids(desk, section, filter_text)

    monkeypatch.setattr(queue, "ids", watched)
    app = TriageApp(desk)

    async def run() -> None:
        async with opened(app, (80, 24)):
            pass

    asyncio.run(run())
    assert "kind      address" in painted[0]
    assert "All done" not in painted[0]


def test_leaving_the_app_answers_with_no_error(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await pilot.press("q")

    assert play(desk, steps).return_code in (0, None)
    assert clock.now().year == 2026
