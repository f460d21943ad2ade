"""A sync that somebody ends in its middle, while the next batch is under way: nothing is lost, and nobody waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from faults.imap_table import STEPS
from faults.world import FEW, assert_each_once, bounce, kept, lying_in
from servers.dovecot import TestMailbox
from servers.proxy import Fault, Proxy, running_proxy

from triage import mailbox
from triage.desk import Desk, open_desk, reading
from triage.errors import SourceError
from triage.mailbox import imap

SOON = 10.0
"""Seconds; the server's patience is three times that."""
_MAILS = STEPS["FETCH of mails"]


@pytest.fixture
def proxy(dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr(imap, "BATCH_MESSAGES", 2)
    dovecot.put(*(bounce(number) for number in range(FEW)))
    with running_proxy(dovecot.server.port, Fault(**_MAILS, skip=1, is_silent=True)) as running:
        yield running


@pytest.fixture
def desk(dovecot: TestMailbox, proxy: Proxy, tmp_path: Path) -> Iterator[Desk]:
    settings = dovecot.settings(host="127.0.0.1", port=proxy.port, tls="none")
    with open_desk(settings, tmp_path / "triage.db") as opened:
        yield opened


def once_it_is_silent(proxy: Proxy) -> Callable[[], bool]:
    """Cancels as soon as the server owes the second batch."""

    def cancelled() -> bool:
        end = time.monotonic() + SOON
        while not proxy.struck and time.monotonic() < end:
            time.sleep(0.01)
        return True

    return cancelled


def test_a_cancelled_sync_waits_for_no_silent_server_and_the_next_one_goes_on(
    dovecot: TestMailbox, proxy: Proxy, desk: Desk
) -> None:
    began = time.monotonic()
    first = reading.sync(desk, cancelled=once_it_is_silent(proxy))
    assert time.monotonic() - began < SOON
    assert (first.cancelled, first.messages, kept(desk).total()) == (True, 2, 2)
    proxy.set(None)
    assert reading.sync(desk).messages == FEW - 2
    assert_each_once(desk, lying_in(dovecot))


def test_ctrl_c_waits_for_no_silent_server_either(dovecot: TestMailbox, proxy: Proxy, desk: Desk) -> None:
    def interrupted(_step: reading.Progress) -> None:
        once_it_is_silent(proxy)()
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        reading.sync(desk, interrupted)
    assert time.monotonic() - began < SOON
    assert kept(desk).total() == 2
    proxy.set(None)
    assert reading.sync(desk).messages == FEW - 2
    assert_each_once(desk, lying_in(dovecot))


def test_a_mailbox_that_stays_open_is_read_on_after_a_cancelled_sync(
    dovecot: TestMailbox, proxy: Proxy, desk: Desk
) -> None:
    proxy.set(None)
    with closing(mailbox.open_source(desk.settings)) as source:
        first = reading.sync(desk, cancelled=lambda: True, source=source)
        second = reading.sync(desk, source=source)
    assert (first.messages, second.messages) == (2, FEW - 2)
    assert_each_once(desk, lying_in(dovecot))
    assert sum(b"LOGIN" in line or b"AUTHENTICATE" in line for line in proxy.heard) == 1


def test_a_mailbox_that_was_left_opens_no_new_connection(proxy: Proxy, desk: Desk) -> None:
    source = mailbox.open_source(desk.settings)
    coming = source.pull({})
    next(coming)
    source.leave()
    with pytest.raises(SourceError):
        next(coming)
    source.close()
    assert sum(b"LOGIN" in line or b"AUTHENTICATE" in line for line in proxy.heard) == 1
