"""A letter that has gone from Drafts, or proves nothing, asks where its case or itself is opened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from office import PEOPLE, Office
from textual.pilot import Pilot
from tui.screen_text import play, press, same_as_kept, screen

from triage.desk import Desk, queue, reading, sending
from triage.model import Letter, LetterState
from triage.tui.screens.became import Became
from triage.tui.screens.review import ReviewScreen
from triage.tui.screens.send_dialog import ARMED_AFTER

MINUTES = 1 / (24 * 60)
REFERENCE = "T-23456789"


@pytest.fixture
def filed(office: Office) -> Path:
    """Where the mailbox keeps its drafts."""
    for part in ("cur", "new", "tmp"):
        (office.mail / ".Drafts" / part).mkdir(parents=True)
        (office.mail / part).mkdir(exist_ok=True)
    return office.mail / ".Drafts" / "cur" / "1"


def letter(claims: str) -> bytes:
    mail = EmailMessage()
    mail["To"] = "Karin Roth <k.roth@planwerk.example>"
    mail["Subject"] = "Bitte prüfen"
    mail["Message-ID"] = "<triage.00112233445566778899aabbccddeeff@iprot.example>"
    mail["X-Triage-Ref"] = REFERENCE
    if claims:
        mail["X-Triage-Claims"] = claims
    mail.set_content(f"Es geht um\n\n    {PEOPLE['weber']}\n\nVorgang {REFERENCE}\n")
    return mail.as_bytes()


@pytest.fixture
def gone(office: Office, filed: Path) -> Iterator[Desk]:
    """A draft that a second store made was seen, and lies there no more."""
    office.bounce("weber")
    filed.write_bytes(letter(f"1 {PEOPLE['weber'].replace('@', '%40')}"))
    with office.synced() as desk:
        filed.unlink()
        for minutes in (1, 20):
            office.at(minutes * MINUTES)
            reading.sync(desk)
        yield desk


@pytest.fixture
def asking(office: Office, filed: Path) -> Iterator[Desk]:
    """A letter of ours lies in Drafts, and nothing proves what it is about."""
    office.bounce("weber")
    filed.write_bytes(letter(""))
    with office.synced() as desk:
        yield desk


def the_letter(desk: Desk) -> Letter:
    [found] = queue.view(desk, queue.find(desk, PEOPLE["weber"]).id).letters
    return found


def test_the_card_tells_which_letter_and_the_two_answers(gone: Desk) -> None:
    found: list[str] = []

    async def look(pilot: Pilot[None]) -> None:
        await press(pilot, "3", "enter")
        await pilot.pause(ARMED_AFTER + 0.2)
        found.append(screen(pilot.app))

    play(gone, look)
    same_as_kept("became", found[0])


def test_the_status_line_counts_letters_that_have_gone(gone: Desk) -> None:
    async def look(pilot: Pilot[None]) -> None:
        assert "one letter gone from Drafts: r" in screen(pilot.app)

    play(gone, look)


@pytest.mark.parametrize(("key", "state"), [("s", LetterState.SENT), ("n", LetterState.RELEASED)])
@pytest.mark.parametrize("way", [("3", "enter"), ("r",)])
def test_a_person_answers_where_case_or_letter_is_opened(
    gone: Desk, way: tuple[str, ...], key: str, state: LetterState
) -> None:
    async def answer(pilot: Pilot[None]) -> None:
        await press(pilot, *way)
        assert isinstance(pilot.app.screen, Became)
        await pilot.pause(ARMED_AFTER + 0.2)
        await press(pilot, key)
        assert not isinstance(pilot.app.screen, Became)

    play(gone, answer)
    assert the_letter(gone).state is state


def test_keys_typed_in_one_burst_answer_nothing(gone: Desk) -> None:
    async def answer(pilot: Pilot[None]) -> None:
        await press(pilot, "3")
        for key in ("enter", "s", "n"):
            await pilot.press(key)
        assert isinstance(pilot.app.screen, Became)

    play(gone, answer)
    assert the_letter(gone).state is LetterState.HANDED_OVER


def test_later_leaves_the_question_open(gone: Desk) -> None:
    async def put_off(pilot: Pilot[None]) -> None:
        await press(pilot, "r", "escape")
        assert isinstance(pilot.app.screen, ReviewScreen)
        assert "gone from Drafts" in screen(pilot.app)
        await press(pilot, "s")
        assert isinstance(pilot.app.screen, Became)

    play(gone, put_off)
    assert list(sending.gone(gone)) == [the_letter(gone).id]


def test_a_letter_that_proves_nothing_is_a_trouble_that_lasts_and_asks(asking: Desk) -> None:
    async def look(pilot: Pilot[None]) -> None:
        assert re.search(r"Which addresses is the letter of .* to k\.roth@planwerk", screen(pilot.app))
        await press(pilot, "r")
        assert "Which addresses is this letter about?" in screen(pilot.app)
        await pilot.pause(ARMED_AFTER + 0.2)
        await press(pilot, "s")
        assert any("counted for no address" in n.message for n in pilot.app._notifications)

    play(asking, look)
    assert the_letter(asking).state is LetterState.UNCONFIRMED


def test_an_answer_is_shown_with_the_case(office: Office) -> None:
    from triage.desk import drafting

    office.bounce("weber")
    with office.synced() as desk:
        [sent] = sending.send(desk, drafting.draft(desk, [queue.find(desk, PEOPLE["weber"]).id]).letters)
        mail = EmailMessage()
        mail["From"], mail["Subject"] = "A. Weber <k.roth@planwerk.example>", "Re: [b]Bitte[/b]"
        mail["In-Reply-To"] = sent.letter.message_id
        mail.set_content("Danke, ist \x1b]0;berichtigt.\n")
        (office.mail / "9.eml").write_bytes(mail.as_bytes())
        reading.sync(desk)

        async def look(pilot: Pilot[None]) -> None:
            await press(pilot, "3")
            assert "A. Weber: Re: [b]Bitte[/b], Danke, ist ␛]0;berichtigt." in " ".join(screen(pilot.app).split())

        play(desk, look, (100, 40))
