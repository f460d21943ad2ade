"""While one batch is kept, a thread fetches the next: one, in order; and whoever stops does not wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from triage.desk import ahead
from triage.errors import SourceError
from triage.model import Batch, Cursor, Raw

SOON = 5.0
"""Seconds after which a test gives up."""


class Mailbox:
    """Four batches; the number of those that were asked for, and a server that may not answer."""

    def __init__(self, silent_at: int = 9, error: Exception | None = None) -> None:
        self.asked = 0
        self.left = threading.Event()
        self.is_waited_for = threading.Event()
        self._silent_at = silent_at
        self._error = error

    def pull(self) -> Iterator[Batch]:
        for number in range(4):
            self.asked += 1
            if number == self._silent_at:
                self.is_waited_for.set()
                assert self.left.wait(SOON), "nobody left"
                raise SourceError("broken off")
            if number == 2 and self._error:
                raise self._error
            yield Batch((Raw(b"", "INBOX", number),), Cursor("INBOX", 1, number), number, 4)

    def leave(self) -> None:
        self.left.set()

    def is_asked_for(self, number: int) -> bool:
        """Whether so many batches are asked for; and, a moment later, no more."""
        end = time.monotonic() + SOON
        while self.asked < number and time.monotonic() < end:
            time.sleep(0.005)
        time.sleep(0.05)
        return self.asked == number


def uids(batches: Iterator[Batch]) -> list[int]:
    return [batch.cursor.uid for batch in batches]


def test_every_batch_comes_once_and_in_order() -> None:
    mailbox = Mailbox()
    assert uids(ahead.fetched(mailbox.pull(), mailbox.leave)) == [0, 1, 2, 3]
    assert not mailbox.left.is_set()


def test_the_next_batch_is_fetched_while_one_is_used_and_no_further_one() -> None:
    mailbox = Mailbox()
    coming = ahead.fetched(mailbox.pull(), mailbox.leave)
    next(coming)
    assert mailbox.is_asked_for(2)
    next(coming)
    assert mailbox.is_asked_for(3)
    coming.close()


def test_nothing_is_fetched_before_somebody_asks() -> None:
    mailbox = Mailbox()
    coming = ahead.fetched(mailbox.pull(), mailbox.leave)
    assert mailbox.is_asked_for(0)
    coming.close()


@pytest.mark.parametrize("error", [SourceError("gone", "try again"), RuntimeError("a fault of ours")])
def test_an_error_comes_as_it_is_behind_the_batches_that_came_before_it(error: Exception) -> None:
    mailbox = Mailbox(error=error)
    coming = ahead.fetched(mailbox.pull(), mailbox.leave)
    assert [next(coming).cursor.uid, next(coming).cursor.uid] == [0, 1]
    with pytest.raises(type(error)) as caught:
        next(coming)
    assert caught.value is error


def test_who_stops_breaks_off_what_the_thread_still_waits_for() -> None:
    mailbox = Mailbox(silent_at=1)
    coming = ahead.fetched(mailbox.pull(), mailbox.leave)
    next(coming)
    assert mailbox.is_waited_for.wait(SOON)
    coming.close()
    assert mailbox.left.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("mailbox")]


def test_who_stops_while_nothing_is_fetched_breaks_nothing_off() -> None:
    mailbox = Mailbox()
    coming = ahead.fetched(mailbox.pull(), mailbox.leave)
    next(coming)
    assert mailbox.is_asked_for(2)
    coming.close()
    assert not mailbox.left.is_set()
