"""What the screens say of the directory: how old it is, what an address became and what it was."""

from __future__ import annotations

import re

from office import PEOPLE, Office
from textual.pilot import Pilot
from tui.screen_text import play, press, screen

from triage.desk import Desk, directory, queue, reading

NEW = "p.weber@planung-sued.example"


def shown(desk: Desk, *keys: str) -> str:
    found: list[str] = []

    async def keys_pressed(pilot: Pilot[None]) -> None:
        await press(pilot, *keys)
        found.append(screen(pilot.app))

    play(desk, keys_pressed, (140, 40))
    return re.sub(r"\s+", " ", found[0])


def correct(office: Office, desk: Desk) -> None:
    file = office.folder / "directory" / "recipients.csv"
    file.write_text(file.read_text("utf-8").replace(PEOPLE["weber"], NEW), "utf-8")
    directory.import_directory(desk, complete=True)


def test_a_stale_directory_is_told_until_it_is_imported_again(office: Office, desk: Desk) -> None:
    assert "days old" not in shown(desk)
    office.at(9)
    assert "The directory is 9 days old" in shown(desk)
    directory.import_directory(desk)
    assert "days old" not in shown(desk)


def test_a_case_that_the_directory_closed_shows_the_new_address(office: Office, desk: Desk) -> None:
    office.at(1)
    correct(office, desk)
    text = shown(desk, "5", "enter")
    assert f"changed in the directory on 2026-11-03 to {NEW}" in text
    assert "the directory holds another address now" in text


def test_a_case_of_the_new_address_shows_what_it_was(office: Office, desk: Desk) -> None:
    with (office.folder / "directory" / "deliveries.csv").open("a", encoding="utf-8") as file:
        file.write(f"2026-0877,R-weber,{NEW},<m.{NEW}@iprot.example>,2026-11-02T07:00\n")
    correct(office, desk)
    office.bounce(NEW)
    reading.sync(desk)
    view = queue.view(desk, queue.find(desk, NEW).id)
    assert view.formerly[0].old == PEOPLE["weber"]
    assert f"formerly {PEOPLE['weber']}, corrected on 2026-11-02" in shown(desk, "g", "enter")
