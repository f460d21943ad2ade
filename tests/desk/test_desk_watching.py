"""Watching a real mailbox: what comes is read at once, errors are waited out, and it ends when told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from office import MONDAY, Office
from servers.dovecot import TestMailbox
from servers.script import running_script

from triage import clock, login, mailbox
from triage.config import Mailbox, Settings
from triage.desk import Desk, open_desk, reading, watching
from triage.desk.reading import Progress, Synced
from triage.desk.watching import Event, Looking, Offline, Read, Waiting, Watch
from triage.errors import SettingsError, SourceError, TriageError
from triage.mailbox import imap

QUICK = 15.0
"""Seconds in which a test gives up; nothing here should take one."""


class Watched:
    """A watch in a thread of its own, and what it told."""

    def __init__(self, desk: Desk, **options: Any) -> None:
        self.told: list[Event] = []
        self.error: BaseException | None = None
        self._news = threading.Condition()
        self.watch = Watch(desk, self._tell, **options)
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.watch.run()
        except BaseException as error:
            self.error = error
        finally:
            with self._news:
                self._news.notify_all()

    def _tell(self, event: Event) -> None:
        with self._news:
            self.told.append(event)
            self._news.notify_all()

    def until(self, holds: Callable[[list[Event]], bool]) -> None:
        with self._news:
            assert self._news.wait_for(lambda: holds(self.told), QUICK), self.told

    def is_waiting(self, times: int = 1) -> None:
        self.until(lambda told: sum(isinstance(event, Waiting) for event in told) >= times)

    @property
    def read(self) -> list[int]:
        """How many messages each reading brought."""
        return [event.synced.messages for event in self.told if isinstance(event, Read)]


@contextmanager
def running(desk: Desk, **options: Any) -> Iterator[Watched]:
    watched = Watched(desk, **options)
    watched.thread.start()
    try:
        yield watched
    finally:
        watched.watch.stop()
        watched.thread.join(QUICK)
        assert not watched.thread.is_alive()


@pytest.fixture
def open_(tmp_path: Path) -> Iterator[Callable[[Settings], Desk]]:
    desks: list[Desk] = []

    def opened(settings: Settings) -> Desk:
        desks.append(open_desk(settings, tmp_path / "triage.db"))
        return desks[-1]

    yield opened
    for desk in desks:
        desk.close()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_SETTLE", 0.01)


def mail(number: int) -> bytes:
    return b"From: MAILER-DAEMON@mx.example\r\nSubject: failure %d\r\n\r\nunbekannt\r\n" % number


Open = Callable[[Settings], Desk]


@pytest.mark.parametrize("tls", ["implicit", "none"])
def test_what_comes_while_it_waits_is_read_at_once_on_the_same_connection(
    dovecot: TestMailbox, open_: Open, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    opened: list[Settings] = []
    open_source = mailbox.open_source

    def counted(settings: Settings) -> mailbox.Source:
        opened.append(settings)
        return open_source(settings)

    monkeypatch.setattr(mailbox, "open_source", counted)
    changes: dict[str, Any] = {"tls": tls, "port": dovecot.server.port} if tls == "none" else {}
    dovecot.put(mail(1))
    with running(open_(dovecot.settings(**changes))) as watched:
        for number in (2, 3, 4):
            watched.is_waiting(number - 1)
            dovecot.put(mail(number))
            watched.until(lambda told, number=number: sum(watched.read) == number)  # type: ignore[misc]
    assert len(opened) == 1
    assert [event for event in watched.told if isinstance(event, Offline)] == []


def test_what_came_between_reading_and_waiting_is_not_waited_for(
    dovecot: TestMailbox, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server would not tell of it: it counts as known from the EXAMINE on."""
    late = [mail(2)]

    watched = Watched(open_(dovecot.settings()))
    plain = watched.watch._tell

    def tell(event: Event) -> None:
        if isinstance(event, Waiting) and late:
            dovecot.put(late.pop())
        plain(event)

    monkeypatch.setattr(watched.watch, "_tell", tell)
    watched.thread.start()
    watched.until(lambda _told: sum(watched.read) == 1)
    watched.watch.stop()
    watched.thread.join(QUICK)


def test_a_sign_that_came_with_the_answer_to_idle_is_heard(open_: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both lie in one buffer, where the socket does not show them."""
    monkeypatch.setenv("TRIAGE_PASSWORD", "geheim")
    lines = [
        b"* OK hi\r\n",
        b"* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK done\r\n",
        b"TAG OK in\r\n",
        b"* CAPABILITY IMAP4rev1 IDLE\r\nTAG OK done\r\n",
        b"+ idling\r\n* 5 EXISTS\r\n",
        b"TAG OK done\r\n",
    ]
    settings = Settings(mailbox=Mailbox(host="127.0.0.1", user="s", tls="none"))
    with running_script(lines) as (port, heard):
        server = Mailbox(host="127.0.0.1", user="s", tls="none", port=port)
        session = login.Imap(server, settings, SourceError)
        began = time.monotonic()
        assert session.can("IDLE")
        assert session.idle(10, lambda: False)
        assert time.monotonic() - began < 5
        session.close()
    assert heard[4] == b"DONE\r\n"


def test_idle_is_renewed_by_ending_it_and_reading_again(
    dovecot: TestMailbox, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "RENEW", 0.05)
    with running(open_(dovecot.settings())) as watched:
        watched.is_waiting(4)
    assert watched.read[:3] == [0, 0, 0]


def test_without_idle_it_is_read_every_so_often(
    dovecot: TestMailbox, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        login.Imap, "can", lambda self, name: name != "IDLE" and bool(self._client.has_capability(name))
    )
    monkeypatch.setattr(imap, "_POLL", 0.05)
    with running(open_(dovecot.settings())) as watched:
        watched.is_waiting(2)
        dovecot.put(mail(1))
        watched.until(lambda _told: sum(watched.read) == 1)


def test_other_folders_than_the_first_are_read_every_minute(
    dovecot: TestMailbox, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server tells of the first one only."""
    idled: list[float] = []

    def idle(_self: login.Imap, seconds: float, _cancelled: Callable[[], bool]) -> bool:
        idled.append(seconds)
        time.sleep(0.05)
        return False

    monkeypatch.setattr(login.Imap, "idle", idle)
    with dovecot.client() as client:
        client.create_folder("Rückläufer")
    with running(open_(dovecot.settings(folders=("INBOX", "Rückläufer")))) as watched:
        watched.is_waiting()
        dovecot.put(mail(1), folder="Rückläufer")
        watched.until(lambda _told: sum(watched.read) == 1)
    assert set(idled) == {60.0}
    del idled[:]
    with running(open_(dovecot.settings())) as watched:
        watched.is_waiting(2)
    assert set(idled) == {300.0}


def test_a_file_that_comes_is_read_at_once(office: Office) -> None:
    with office.desk() as desk, running(desk) as watched:
        watched.is_waiting()
        office.bounce()
        watched.until(lambda _told: sum(watched.read) == 1)


def test_who_cannot_wait_looks_at_once(dovecot: TestMailbox, open_: Open) -> None:
    with running(open_(dovecot.settings())) as watched:
        watched.is_waiting()
        watched.watch.hurry()
        watched.is_waiting(2)


def test_it_ends_at_once_when_told(dovecot: TestMailbox, open_: Open) -> None:
    with running(open_(dovecot.settings())) as watched:
        watched.is_waiting()
        began = time.monotonic()
    assert time.monotonic() - began < 3
    assert watched.error is None


def test_an_interrupted_reading_keeps_its_batch_and_the_next_goes_on(
    dovecot: TestMailbox, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "BATCH_MESSAGES", 1)
    dovecot.put(*(mail(n) for n in range(3)))
    desk = open_(dovecot.settings())
    watched = Watched(desk)
    tell = watched.watch._tell

    def interrupting(event: Event) -> None:
        tell(event)
        if isinstance(event, Progress) and event.done == 1:
            watched.watch.interrupt()

    monkeypatch.setattr(watched.watch, "_tell", interrupting)
    watched.thread.start()
    watched.is_waiting()
    assert watched.read == [1]
    watched.watch.hurry()
    watched.is_waiting(2)
    watched.watch.stop()
    watched.thread.join(QUICK)
    assert watched.read[0] == 1
    assert sum(watched.read) in (2, 3)


def test_after_errors_the_pauses_double_up_to_five_minutes_and_are_never_in_step(open_: Open) -> None:
    pauses: list[float] = []
    settings = Settings(mailbox=Mailbox(host="127.0.0.1", port=1, user="s", tls="none", password_command="echo x"))
    watch = Watch(open_(settings), lambda _event: None, jitter=lambda: 0.0, pause=lambda s: _note(s, pauses, watch))
    watch.run()
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    told: list[Event] = []
    other = Watch(open_(settings), told.append, jitter=lambda: 1.0, pause=lambda _s: other.stop())
    other.run()
    assert isinstance(told[-1], Offline)
    assert told[-1].seconds == 0.75
    assert "cannot be reached" in told[-1].error.message


def _note(seconds: float, pauses: list[float], watch: Watch) -> None:
    pauses.append(seconds)
    if len(pauses) == 11:
        watch.stop()


def test_a_server_that_comes_back_is_read_on(
    dovecot: TestMailbox, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(open_(dovecot.settings()), pause=lambda _s: None) as watched:
        watched.is_waiting()
        source = watched.watch._source
        assert isinstance(source, imap.ImapSource)
        source._imap._client.socket().shutdown(2)
        watched.until(lambda told: any(isinstance(event, Offline) for event in told))
        dovecot.put(mail(1))
        watched.until(lambda _told: sum(watched.read) == 1)


def test_a_wrong_password_ends_it_with_its_error(
    dovecot: TestMailbox, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", "falsch")
    with pytest.raises(TriageError, match="refuses the login"):
        Watch(open_(dovecot.settings()), lambda _event: None).run()
    monkeypatch.delenv("TRIAGE_PASSWORD")
    with pytest.raises(SettingsError, match="no password"):
        Watch(open_(dovecot.settings()), lambda _event: None).run()


def test_a_password_that_was_right_is_tried_three_times_and_no_more(
    dovecot: TestMailbox, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Event] = []
    with running(open_(dovecot.settings()), pause=lambda _s: None) as watched:
        watched.is_waiting()
        monkeypatch.setenv("TRIAGE_PASSWORD", "falsch")
        source = watched.watch._source
        assert isinstance(source, imap.ImapSource)
        source._imap._client.socket().shutdown(2)
        watched.thread.join(QUICK)
        told = watched.told
    assert isinstance(watched.error, login.NeedsAPerson)
    assert sum(isinstance(event, Offline) for event in told) == 3, (
        "the lost connection, and two refusals before the last"
    )
    assert isinstance(told[-1], Looking)


def test_drafts_and_sent_are_read_every_five_minutes_and_not_with_every_mail(
    dovecot: TestMailbox, open_: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[mailbox.Source] = []
    read_letters = reading.read_letters

    def counted(desk: Desk, source: mailbox.Source) -> Synced:
        read.append(source)
        return read_letters(desk, source)

    monkeypatch.setattr(reading, "read_letters", counted)
    clock.fix(MONDAY)
    try:
        with running(open_(dovecot.settings())) as watched:
            for times, later in ((1, 0), (2, 4), (3, 6)):
                clock.fix(MONDAY + timedelta(minutes=later))
                watched.watch.hurry()
                watched.is_waiting(times)
                before = len(read)
            assert (before, len(read)) == (2, 2)
    finally:
        clock.fix(None)
