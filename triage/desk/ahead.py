"""The next batch is fetched, and understood on another core, while this one is linked and kept.

Understanding is half of a sync's work, and pure: a second process does it for a large mailbox. A small one is not worth
its start, and the first batch, which people wait for, is understood here.
"""

from __future__ import annotations

import copyreg
import gc
import os
import pickle
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, fields
from operator import attrgetter
from subprocess import DEVNULL, PIPE, Popen
from typing import IO, Any

from triage import bounces
from triage.bounces.hiding import changed
from triage.desk.hiding import hidden
from triage.errors import TriageError
from triage.model import Address, AutoReply, Batch, Bounce, Failure, Raw, Reason, Returned
from triage.tokens import Hider

WORTH = 1_000
"""Messages for which a second process is worth its start."""

Read = tuple[Bounce, bytes]
"""A message understood, and the part of it that may be kept."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A batch whose messages are being understood."""

    batch: Batch
    fresh: Mapping[str, Raw]
    """What of it is not kept yet, by digest."""
    read: Callable[[], list[Read]]
    """Gives the fresh ones, understood."""


def read(contents: Sequence[bytes], hide: Hider | None = None) -> list[Read]:
    """Understood; the tokens of links to protocols are hidden wherever they stand."""
    found = [bounces.both(content) for content in contents]
    return [(hidden(bounce, hide), changed(kept, hide)) for bounce, kept in found] if hide else found


def fetched(batches: Iterable[Batch], leave: Callable[[], None]) -> Generator[Batch, None, None]:
    """The same batches; while one is used, a thread waits for the next.

    Who stops before the last does not wait for what the thread still reads: `leave` ends that. Errors of the mailbox
    come as they are, where the batch would have come that they are instead of.
    """
    coming = iter(batches)
    with ThreadPoolExecutor(1, "mailbox") as thread:
        waiting = thread.submit(next, coming, None)
        try:
            while (batch := waiting.result()) is not None:
                waiting = thread.submit(next, coming, None)
                yield batch
        finally:
            if not waiting.done():
                leave()


def ahead(
    batches: Iterable[Batch], fresh: Callable[[Batch], Mapping[str, Raw]], hide: Hider | None = None
) -> Generator[Begun, None, None]:
    """Every batch, begun. An error of the mailbox is raised when all that came before it has been handed out."""
    coming = iter(batches)
    first = next(coming, None)
    if first is None:
        return
    is_large = first.total - first.done >= WORTH and (os.cpu_count() or 1) > 1
    with SecondProcess(hide) if is_large else nullcontext() as helper:
        yield _begin(None, first, fresh, hide)
        if helper is None:
            yield from (_begin(None, batch, fresh, hide) for batch in coming)
            return
        waiting: Begun | None = None
        try:
            for batch in coming:
                begun = _begin(helper, batch, fresh, hide)
                if waiting is not None:
                    yield waiting
                waiting = begun
        except TriageError:
            if waiting is not None:
                yield waiting
            raise
        if waiting is not None:
            yield waiting


def _begin(
    helper: SecondProcess | None, batch: Batch, fresh: Callable[[Batch], Mapping[str, Raw]], hide: Hider | None
) -> Begun:
    found = fresh(batch)
    contents = [raw.content for raw in found.values()]
    return Begun(batch, found, helper.begin(contents) if helper else lambda: read(contents, hide))


class SecondProcess:
    """Understands what it is given, one batch after the other. Where it cannot be had, or dies, it is done here.

    It is a plain child that imports nothing of who started this process, and it gets no Ctrl-C of its own.
    """

    def __init__(self, hide: Hider | None) -> None:
        self._hide = hide
        self._thread = ThreadPoolExecutor(1)  # waits at the pipes
        self._process: Popen[bytes] | None = None
        with suppress(OSError, ValueError):
            self._process = Popen(
                [sys.executable, "-P", "-c", "from triage.desk import ahead; ahead.serve()"],
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,
                start_new_session=True,
            )

    def begin(self, contents: Sequence[bytes]) -> Callable[[], list[Read]]:
        """Begun now; the call gives what came of it."""
        return self._thread.submit(self._exchange, contents).result

    def _exchange(self, contents: Sequence[bytes]) -> list[Read]:
        process = self._process
        if process is not None and process.stdin is not None and process.stdout is not None:
            with suppress(OSError, EOFError, pickle.UnpicklingError):
                _say(process.stdin, (contents, self._hide))
                understood: list[Read] = pickle.load(process.stdout)  # noqa: S301 (our own child wrote it)
                return understood
            self._end()
        return read(contents, self._hide)

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            with suppress(OSError), self._process:  # what it was not told any more cannot be written
                self._process = None

    def __enter__(self) -> SecondProcess:
        return self

    def __exit__(self, *_exception: object) -> None:
        process = self._process
        if process is not None:
            process.kill()
        self._thread.shutdown(cancel_futures=True)
        self._end()


def serve() -> None:
    """The second process: until nothing more comes. Nearly all that it makes goes without the collector's help."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    with suppress(EOFError, BrokenPipeError):
        while True:
            contents, hide = pickle.load(sys.stdin.buffer)  # noqa: S301 (who started this wrote it)
            _say(sys.stdout.buffer, read(contents, hide))


def _say(pipe: IO[bytes], what: object) -> None:
    pickler = pickle.Pickler(pipe, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _DISMANTLED
    pickler.dump(what)
    pipe.flush()


def _dismantled(word: type[Any]) -> Callable[[Any], tuple[type[Any], tuple[Any, ...]]]:
    """A dataclass as its values: what it would do by itself, a field at a time, takes twice as long."""
    values = attrgetter(*(part.name for part in fields(word)))
    return lambda one: (word, values(one))


_DISMANTLED: dict[type[Any], Callable[[Any], Any]] = {
    **copyreg.dispatch_table,
    **{word: _dismantled(word) for word in (Address, AutoReply, Bounce, Failure, Reason, Returned)},
}
