"""The screens as staff see them, kept as text beside these tests."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from office import Office
from textual.pilot import Pilot
from tui.screen_text import play, press, same_as_kept, screen

from triage import lang
from triage.desk import Desk
from triage.tui.screens.send_dialog import ARMED_AFTER


def shown(desk: Desk, *keys: str, size: tuple[int, int] = (80, 24), wait: float = 0.0) -> str:
    """The screen after these keys; what differs from store to store is masked in its own width."""
    found: list[str] = []

    async def keys_pressed(pilot: Pilot[None]) -> None:
        await press(pilot, *keys)
        await pilot.pause(wait)
        pilot.app.clear_notifications()
        await press(pilot)
        found.append(screen(pilot.app))

    play(desk, keys_pressed, size)
    return re.sub(r"\bT-[2-9A-Z]{8}\b", "T-________", found[0])


@pytest.mark.parametrize("language", lang.LANGUAGES)
def test_the_main_screen_shows_list_and_case_in_80_by_24(desk: Desk, language: str) -> None:
    lang.use(language)
    same_as_kept(f"main_{language}", shown(desk, "j"))


def test_the_main_screen_shows_list_and_case_side_by_side_in_140_by_40(desk: Desk) -> None:
    same_as_kept("main_wide", shown(desk, "j", size=(140, 40)))


@pytest.mark.parametrize("language", lang.LANGUAGES)
def test_80_columns_show_the_whole_footer(desk: Desk, language: str) -> None:
    lang.use(language)
    footer = shown(desk).splitlines()[-1]
    assert footer.startswith("space ")
    assert footer.endswith(("? Keys", "? Tasten"))


def test_a_case_in_full_shows_every_failure(desk: Desk) -> None:
    same_as_kept("inspect", shown(desk, "G", "enter"))


def test_the_review_shows_a_letter_as_it_will_be_sent(desk: Desk) -> None:
    same_as_kept("review", shown(desk, "A", "d", "r"))


@pytest.mark.parametrize("language", lang.LANGUAGES)
def test_80_columns_show_the_whole_footer_of_the_review(desk: Desk, language: str) -> None:
    lang.use(language)
    assert shown(desk, "A", "d", "r").splitlines()[-1].endswith(("esc Back", "esc Zurück"))


def test_the_send_dialog_says_where_letters_go_and_that_nothing_brings_them_back(desk: Desk) -> None:
    same_as_kept("send", shown(desk, "A", "d", "r", "Y", wait=ARMED_AFTER + 0.2))


def test_the_fourth_notice_is_answered_with_a_card(blocked: Desk) -> None:
    same_as_kept("fourth", shown(blocked, "4", "d"))


def test_the_week_shows_bars(desk: Desk) -> None:
    same_as_kept("week", shown(desk, "W"))


def test_an_empty_list_says_what_to_do(office: Office) -> None:
    with office.desk() as desk:
        same_as_kept("empty", shown(desk))


def test_the_bin_shows_what_nobody_can_prove(desk: Desk) -> None:
    same_as_kept("bin", shown(desk, "2"))


def test_many_failures_at_once_are_an_alarm_that_lasts(office: Office) -> None:
    for who in ("weber", "beck", "huber", "roth"):
        for _again in range(3):
            office.bounce(who, "spam", timedelta(minutes=20))
    with office.synced() as desk:
        same_as_kept("held", shown(desk, "3"))


def test_a_filter_that_nobody_understands_is_told_in_its_line(desk: Desk) -> None:
    same_as_kept("filter", shown(desk, "/", *"knd:"))
