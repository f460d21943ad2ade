"""Watching the mailbox: one connection, read again as soon as the server says that something came.

What the server says is only a sign to look: the UIDs decide what is new. After an error the pause doubles.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage import clock, mailbox
from triage.desk import reading
from triage.desk.base import Desk
from triage.desk.reading import Progress, Synced
from triage.errors import SettingsError, TriageError
from triage.login import NeedsAPerson

RENEW = 300.0
"""Seconds that one wait lasts at most: then the mailbox is read whether the server said anything or not."""
LONGEST_PAUSE = 300.0
_SETTLE = 1.0
"""Seconds after a sign: what comes in a burst is read at once, and no server makes us spin."""
_LETTERS_EVERY = timedelta(minutes=5)
_STEADY = 30.0
"""Seconds of waiting after which a connection that is lost was a good one: the next is not put off."""
_SHUT_MOST = 3
"""So often in a row may a mailbox be shut that was open before: a server that is being mended refuses logins, too."""


@dataclass(frozen=True, slots=True)
class Looking:
    """The mailbox is being read; `Progress` follows, then `Read` or `Offline`."""


@dataclass(frozen=True, slots=True)
class Read:
    """It was read, and this is what came."""

    synced: Synced


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is to be done until something comes."""


@dataclass(frozen=True, slots=True)
class Offline:
    """It cannot be read now; the next try is in so many seconds."""

    error: TriageError
    seconds: float


Event = Looking | Progress | Read | Waiting | Offline


class Watch:
    """`run` in one thread; `hurry`, `interrupt` and `stop` from any."""

    def __init__(
        self,
        desk: Desk,
        tell: Callable[[Event], None],
        jitter: Callable[[], float] = random.random,
        pause: Callable[[float], None] | None = None,
    ) -> None:
        self._desk = desk
        self._listener = tell
        self._jitter = jitter
        self._called = threading.Event()
        self._pause = pause or self._called.wait
        self._interrupted = threading.Event()
        self._stopped = threading.Event()
        self._source: mailbox.Source | None = None
        self._was_open = False
        self._failed = self._shut = 0
        self._letters_at: datetime | None = None

    def hurry(self) -> None:
        """Look at once."""
        self._called.set()

    def interrupt(self) -> None:
        """End the reading that goes on, between two batches, and wait."""
        self._interrupted.set()

    def stop(self) -> None:
        """End everything, as soon as it can be."""
        self._stopped.set()
        self._called.set()

    @property
    def is_stopped(self) -> bool:
        return self._stopped.is_set()

    def run(self) -> None:
        """Until `stop`. Raises TriageError where a person must mend something: the settings, a refused login."""
        try:
            while not self.is_stopped:
                self._called.clear()
                try:
                    self._read()
                    self._wait()
                except SettingsError:
                    raise
                except TriageError as error:
                    self._shut += isinstance(error, NeedsAPerson)
                    if isinstance(error, NeedsAPerson) and not (self._was_open and self._shut < _SHUT_MOST):
                        raise
                    self._rest(error)
        finally:
            self._close()

    def _read(self) -> None:
        self._interrupted.clear()
        self._tell(Looking())
        if self._source is None:
            self._source = mailbox.open_source(self._desk.settings)
        letters_are_due = self._letters_at is None or clock.now() - self._letters_at >= _LETTERS_EVERY
        synced = reading.sync(self._desk, self._tell, self._is_ended, self._source, with_letters=letters_are_due)
        self._was_open, self._shut = True, 0
        if letters_are_due:
            self._letters_at = clock.now()
        self._tell(Read(synced))

    def _wait(self) -> None:
        if self._source is None or self._called.is_set():
            return
        self._tell(Waiting())
        began = time.monotonic()
        try:
            showed = self._source.wait(RENEW, self._called.is_set)
        finally:
            if time.monotonic() - began > _STEADY:
                self._failed = 0
        self._failed = 0
        if showed:
            self._pause(_SETTLE)

    def _rest(self, error: TriageError) -> None:
        """1, 2, 4 … 300 seconds, somewhat less by chance: many watchers must not come back in step."""
        self._close()
        seconds = min(LONGEST_PAUSE, 2.0 ** min(self._failed, 30)) * (1 - self._jitter() / 4)
        self._failed += 1
        if not self.is_stopped:
            self._tell(Offline(error, seconds))
            self._pause(seconds)

    def _tell(self, event: Event) -> None:
        """After `stop` nobody listens."""
        if not self.is_stopped:
            self._listener(event)

    def _is_ended(self) -> bool:
        return self._interrupted.is_set() or self.is_stopped

    def _close(self) -> None:
        if self._source is not None:
            self._source.close()
            self._source = None
