"""Deciding in the bin: what may be meant, why nothing is proven, and a person's choice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import unsure_world as world
from office import PEOPLE, Office
from textual.pilot import Pilot
from textual.widgets import OptionList
from tui.screen_text import play, press, same_as_kept, screen, type_in

from triage import lang
from triage.desk import Desk, queue
from triage.model import Section, Strength
from triage.tui.screens.link import LinkDialog


@pytest.fixture
def unsure(office: Office) -> Office:
    world.extend(office)
    return office


@pytest.fixture
def kurz(unsure: Office) -> Iterator[Desk]:
    """One case in the bin, that three protocols fit."""
    world.bounce(unsure, world.KURZ)
    with unsure.synced() as desk:
        yield desk


def shown(desk: Desk, *keys: str) -> str:
    found: list[str] = []

    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, *keys)
        found.append(screen(pilot.app))

    play(desk, steps)
    return found[0]


def listed(pilot: Pilot[None]) -> list[str]:
    """The lines of the dialog's list, from the first word on."""
    options = pilot.app.screen.query_one(OptionList)
    return [str(options.get_option_at_index(i).prompt) for i in range(options.option_count)]


@pytest.mark.parametrize("language", lang.LANGUAGES)
def test_the_chooser_lists_guesses_with_likelihood_and_evidence_then_all_others(kurz: Desk, language: str) -> None:
    lang.use(language)
    same_as_kept(f"link_{language}", shown(kurz, "2", "l"))


@pytest.mark.parametrize("language", lang.LANGUAGES)
def test_a_case_of_the_bin_says_its_doubt_and_what_it_may_be_about(kurz: Desk, language: str) -> None:
    lang.use(language)
    same_as_kept(f"unsure_{language}", shown(kurz, "2", "enter"))


def test_enter_links_to_the_guess_under_the_cursor_and_z_takes_it_back(kurz: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "2", "l", "down", "enter")
        case = queue.find(kurz, world.KURZ)
        assert (case.strength, case.protocol, case.section) == (Strength.DECIDED, "2026-0879", Section.NEW)
        await press(pilot, "z")
        assert queue.find(kurz, world.KURZ).section is Section.BIN
        await press(pilot, "l")
        assert len(listed(pilot)) == 4

    play(kurz, steps)


def test_escape_leaves_and_nothing_is_linked(kurz: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "2", "l", "down", "escape")
        assert not isinstance(pilot.app.screen, LinkDialog)
        assert queue.counts(kurz)[Section.BIN] == 1

    play(kurz, steps)


def test_typing_narrows_the_guesses_and_finds_any_other_protocol(kurz: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "2", "l")
        await type_in(pilot, "rohbau")
        [only] = listed(pilot)
        assert "one of 3" in only
        for _letter in "rohbau":
            await press(pilot, "backspace")
        await type_in(pilot, "jour")
        [other] = listed(pilot)
        assert "one of" not in other
        await press(pilot, "enter")
        assert queue.find(kurz, world.KURZ).protocol == "2026-0877"

    play(kurz, steps)


def test_words_that_fit_no_protocol_say_what_to_do_and_enter_does_nothing(kurz: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "2", "l")
        await type_in(pilot, "zeppelin")
        assert "triage directory import" in screen(pilot.app)
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, LinkDialog)

    play(kurz, steps)


def test_where_nothing_hints_at_a_protocol_the_chooser_says_what_to_do(unsure: Office) -> None:
    world.bounce(unsure, "nobody@nowhere.example")
    with unsure.synced() as desk:
        text = shown(desk, "2", "l")
    assert "Doubt: nothing of a mail of ours came back." in text
    assert "type a number or a part of a title" in text


def test_a_mail_of_ours_that_nothing_in_the_directory_fits_says_so(unsure: Office) -> None:
    world.bounce(unsure, "nobody@nowhere.example", message_id="unknown@iprot.example")
    with unsure.synced() as desk:
        text = shown(desk, "2")
    assert "nothing in the directory fits: l links it" in text
    assert "doubt" not in text


def test_a_forged_bounce_names_its_doubt_in_panel_and_chooser(unsure: Office) -> None:
    unsure.bounce("stranger@elsewhere.example", forged=True)
    with unsure.synced() as desk:
        assert "doubt    the returned mail names another sender" in shown(desk, "2")
        assert "Doubt: the returned mail names another sender." in shown(desk, "2", "l")


def test_of_several_marked_cases_each_guess_says_how_many_it_fits(unsure: Office) -> None:
    world.bounce(unsure, world.KURZ)
    world.bounce(unsure, world.SLIPPED)
    with unsure.synced() as desk:

        async def steps(pilot: Pilot[None]) -> None:
            await press(pilot, "2", "A", "l")
            assert "Link 2 cases to a protocol" in screen(pilot.app)
            assert "2 of 2" in listed(pilot)[0]
            await press(pilot, "enter")
            assert queue.counts(desk)[Section.BIN] == 0

        play(desk, steps)


def test_a_case_that_is_linked_is_linked_anew_without_talk_of_doubt(unsure: Office) -> None:
    unsure.bounce("weber")
    with unsure.synced() as desk:
        text = shown(desk, "l")
    assert "Doubt" not in text
    assert "hints" not in text
    assert "2026-0877" in text


def test_a_case_says_that_its_address_was_forwarded_and_what_the_report_wrote(unsure: Office) -> None:
    world.bounce(unsure, world.FORWARDED_TO, original=PEOPLE["beck"], message_id="m.beck@iprot.example")
    world.bounce(unsure, world.GARBLED, message_id="mueller@iprot.example")
    with unsure.synced() as desk:
        both = shown(desk, "g", "enter") + shown(desk, "G", "enter")
    assert "address  forwarded to beck.privat@freemail.example, which fails" in both
    assert "address  the report wrote m??ller@bau-huber.example" in both


def test_who_left_the_company_rests_in_the_bin_with_whom_to_write_to_and_x_puts_it_away(unsure: Office) -> None:
    world.gone(unsure)
    with unsure.synced() as desk:
        text = shown(desk, "2")
        assert "deputy  n.neu@bau-huber.example" in text
        shown(desk, "2", "x")
        assert (queue.counts(desk)[Section.BIN], queue.counts(desk)[Section.DONE]) == (0, 1)


def test_titles_and_addresses_of_the_directory_stay_text(unsure: Office) -> None:
    path = unsure.folder / "directory" / "protocols.csv"
    path.write_text(path.read_text("utf-8").replace("Abnahme", "[red]Abnahme[/] \x1b[31m[/"), "utf-8")
    world.bounce(unsure, world.KURZ)
    with unsure.synced() as desk:
        assert "[red]Abnahme[/]" in shown(desk, "2", "l")
