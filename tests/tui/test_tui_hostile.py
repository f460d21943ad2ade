"""Whatever a mail says, the terminal shows it as text: no control byte, no markup, no crash."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from office import Office
from rich.segment import Segment
from textual.app import App
from textual.pilot import Pilot
from tui.screen_text import play, press, settle, type_in

from triage.desk import Desk, queue, reading
from triage.model import Section
from triage.tui.screens.main import MainScreen

EVIL = (
    "\x1b[2J\x1b]52;c;ZXZpbA==\x07\x1b]8;;http://evil.example\x07\x9b31m\x90\x85"
    "[/][@click=app.quit]x[/] [b]bold[/b] [IMPORTANT] $accent {0} %s"
    "\u202egnp.exe\u200b\ufeff\U000e0041"
    "a" + "\u0301" * 40 + "\t\r\x00\x7f"
)
LONG = "W" * 10_000

_MAIL = """\
Date: Mon, 02 Nov 2026 07:00:00 +0000
From: {evil} <mailer@evil.example>
Subject: {evil}
To: iprot@iprot.example
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
Message-Id: <hostile{n}@evil.example>

--b
Content-Type: text/plain; charset=utf-8

{evil}

--b
Content-Type: message/delivery-status; charset=utf-8

Reporting-MTA: dns; {evil}

Final-Recipient: rfc822; {to}
Original-Recipient: rfc822;{to}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 {evil}
Remote-MTA: dns; {evil}

--b
Content-Type: message/rfc822

From: iprot <iprot@iprot.example>
To: {to}
Subject: Protokoll 2026-0877
Message-Id: <m.weber@iprot.example>

text
--b--
"""

_REPLY = """\
Date: Mon, 02 Nov 2026 07:00:00 +0000
From: {evil} <person@evil.example>
Subject: Automatic reply: {evil}
To: iprot@iprot.example
Auto-Submitted: auto-replied
Message-Id: <reply{n}@evil.example>

I am no longer with the company. {evil}
"""

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e\ufeff\U000e0041]")


@pytest.fixture
def hostile(office: Office) -> Iterator[Desk]:
    """A directory and mails by somebody who wishes us ill."""
    folder = office.folder / "directory"
    for name in ("authors", "protocols"):
        path = folder / f"{name}.csv"
        evil = EVIL.replace("\r", "").replace("\x00", "").replace('"', "")
        path.write_text(path.read_text("utf-8").replace("Karin Roth", f'"{evil}"').replace("Jour fixe 14", f'"{evil}"'))
    evil = EVIL.replace("\r", "").replace("\x00", "")
    addresses = (
        "p.weber@planung-sued.exmaple",
        f"[/]{evil[:40]}@evil.example",
        "[@click=app.quit]@evil.example",
        f"{LONG}@evil.example",
        "a\u202eb\u200b@evil.example",
        '"[red] {x}"@evil.example',
    )
    for n, to in enumerate(addresses):
        (office.mail / f"{n:04}.eml").write_bytes(_MAIL.format(n=n, to=to, evil=evil + LONG).encode("utf-8", "replace"))
    (office.mail / "1000.eml").write_bytes(_REPLY.format(n=1, evil=evil).encode("utf-8", "replace"))
    with office.synced() as desk:
        office.bounce("weber")
        reading.sync(desk)
        for section in Section:
            for entry in queue.page(desk, queue.ids(desk, section)):
                if entry.is_case:
                    queue.note(desk, entry.id, evil)
        yield desk


def looked_at(app: App[None]) -> None:
    """Every segment on the screen, those of screens beneath too; nothing in it may command a terminal."""
    for each in app.screen_stack:
        for strip in each._compositor.render_strips():
            for segment in strip:
                assert isinstance(segment, Segment)
                assert not CONTROL.search(segment.text), repr(segment.text)


def test_no_control_character_of_a_mail_reaches_the_terminal_on_any_screen(hostile: Desk) -> None:
    keys = """
        j j j j g enter escape o escape * escape l escape n escape @ y w escape A d escape r n - escape e escape
        Y escape escape H escape W escape ? escape x z Z z 2 enter escape G enter escape A d escape 3 4 5 enter escape 1
    """

    async def steps(pilot: Pilot[None]) -> None:
        for key in keys.split():
            await press(pilot, key)
            looked_at(pilot.app)
        assert isinstance(pilot.app.screen, MainScreen)
        assert pilot.app.is_running

    play(hostile, steps, (110, 40))


def test_a_filter_of_hostile_text_finds_nothing_and_breaks_nothing(hostile: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await press(pilot, "/")
        await type_in(pilot, "[/]'%_\\")
        main = pilot.app.screen
        assert isinstance(main, MainScreen)
        main.filter_line.input.value = "kind:[@click=app.quit]x[/]"
        await settle(pilot)
        looked_at(pilot.app)
        assert pilot.app.is_running

    play(hostile, steps)


def test_hostile_mails_become_cases_that_can_be_seen(hostile: Desk) -> None:
    found = sum(queue.counts(hostile).values())
    assert found >= 5


def test_an_error_message_with_markup_is_text(desk: Desk) -> None:
    from triage.errors import RefusedError
    from triage.tui.app import TriageApp

    async def steps(pilot: Pilot[None]) -> None:
        assert isinstance(pilot.app, TriageApp)
        pilot.app.tell_error(RefusedError(f"[/] {EVIL}", "[@click=app.quit]hint[/]"))
        await settle(pilot)
        looked_at(pilot.app)

    play(desk, steps)
