"""The app on a real server's mailbox: it watches by itself, and says so."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from office import Office
from servers.dovecot import TestMailbox
from textual.pilot import Pilot
from tui.screen_text import play, press, screen

from triage import config
from triage.config import Mailbox, Settings
from triage.desk import Desk, directory, open_desk, queue, watching
from triage.model import Section
from triage.tui.screens.main import MainScreen

PATIENCE = 15.0


def bounce(office: Office, dovecot: TestMailbox, who: str) -> None:
    office.bounce(who)
    newest = max(office.mail.iterdir())
    dovecot.put(newest.read_bytes().replace(b"\n", b"\r\n"))
    newest.unlink()


def on(office: Office, mailbox: Mailbox) -> Desk:
    settings: Settings = replace(config.load(office.config), mailbox=mailbox)
    desk = open_desk(settings, office.store)
    directory.import_directory(desk)
    return desk


@pytest.fixture
def desk(office: Office, dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """One bounce lies in the mailbox."""
    monkeypatch.setattr(watching, "_SETTLE", 0.01)
    bounce(office, dovecot, "weber")
    with on(office, dovecot.settings().mailbox) as opened:
        yield opened
    assert not [thread for thread in threading.enumerate() if thread.name == "watch"]


async def until(pilot: Pilot[None], shown: str) -> str:
    """The screen, once these words are on it."""
    end = time.monotonic() + PATIENCE
    while shown not in (now := screen(pilot.app)):
        assert time.monotonic() < end, now
        await asyncio.sleep(0.05)
        await pilot.pause()
    return now


def main(pilot: Pilot[None]) -> MainScreen:
    return next(s for s in pilot.app.screen_stack if isinstance(s, MainScreen))


def test_the_app_watches_by_itself_and_what_comes_leaves_the_cursor_where_it_is(
    desk: Desk, office: Office, dovecot: TestMailbox
) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, "· watching")
        await until(pilot, "p.weber@planung-sued.exmaple")
        listed = main(pilot).queue_list
        before = listed.current_id
        bounce(office, dovecot, "beck")
        await until(pilot, "1 new – . to see")
        assert (listed.current_id, len(listed.ids)) == (before, 1)
        await press(pilot, "full_stop")
        assert len(listed.ids) == 2

    play(desk, steps, size=(100, 24))


def test_s_reads_at_once_though_it_watches_and_says_what_came(desk: Desk) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, "· watching")
        pilot.app.clear_notifications()
        await press(pilot, "s")
        await until(pilot, "nothing new in the mailbox")
        await until(pilot, "· watching")

    play(desk, steps, size=(100, 24))


def test_a_server_that_is_gone_is_told_with_the_time_of_the_next_try(office: Office, tmp_path: Path) -> None:
    server = Mailbox(host="127.0.0.1", port=1, user="support", tls="none", password_command="echo geheim")
    with on(office, server) as desk:

        async def steps(pilot: Pilot[None]) -> None:
            await until(pilot, "offline, next try in")
            await until(pilot, "cannot be reached")
            await press(pilot, "s")
            await until(pilot, "offline, next try in")

        play(desk, steps, size=(100, 24))
        assert queue.synced_at(desk) is None


def test_a_refused_login_ends_the_watch_with_its_error_and_s_tries_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", "falsch")

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, "refuses the login")
        assert "watching" not in screen(pilot.app)
        assert "offline" not in screen(pilot.app)
        monkeypatch.setenv("TRIAGE_PASSWORD", "geheim-ö")
        await press(pilot, "s")
        await until(pilot, "· watching")
        assert "refuses" not in screen(pilot.app)

    play(desk, steps, size=(100, 24))
    assert len(queue.ids(desk, Section.NEW)) == 1
