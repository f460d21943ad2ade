"""A large mailbox: another process understands what comes next."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from token_carriers import CARRIERS, LINK, token

from triage import bounces
from triage.desk import ahead
from triage.errors import SourceError
from triage.model import Batch, Cursor, Raw
from triage.tokens import Hider

MAILS = [path.read_bytes() for path in sorted((Path(__file__).parents[1] / "mails" / "real").glob("*.eml"))]


@pytest.fixture(autouse=True)
def every_mailbox_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "WORTH", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The second processes that were started."""
    found: list[subprocess.Popen[bytes]] = []

    def start(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        found.append(subprocess.Popen(*arguments, **options))
        return found[-1]

    monkeypatch.setattr(ahead, "Popen", start)
    return found


def batches(size: int = 4, fails_after: int = 100) -> Iterator[Batch]:
    for number, at in enumerate(range(0, len(MAILS), size)):
        if number == fails_after:
            raise SourceError("gone")
        raws = tuple(Raw(content, "INBOX", uid=at + place) for place, content in enumerate(MAILS[at : at + size]))
        yield Batch(raws, Cursor("INBOX", 1, at + size), at, len(MAILS))


def fresh(batch: Batch) -> dict[str, Raw]:
    return {str(raw.uid): raw for raw in batch.raws}


def test_all_comes_in_order_and_is_understood_as_one_process_would(started: list[subprocess.Popen[bytes]]) -> None:
    found = [(begun.batch.cursor, begun.read()) for begun in ahead.ahead(batches(), fresh)]
    assert [cursor for cursor, _read in found] == [batch.cursor for batch in batches()]
    assert [one for _cursor, read in found for one in read] == [(bounces.parse(m), bounces.kept(m)) for m in MAILS]
    assert [process.returncode is not None for process in started] == [True]


def test_the_second_process_understands_all_but_the_first_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    here = ahead.read
    sizes: list[int] = []

    def read(contents: Sequence[bytes], hide: Hider | None) -> list[ahead.Read]:
        sizes.append(len(contents))
        return here(contents, hide)

    monkeypatch.setattr(ahead, "read", read)
    assert sum(len(begun.read()) for begun in ahead.ahead(batches(), fresh)) == len(MAILS)
    assert sizes == [4]


def test_the_first_batch_does_not_wait_for_the_second() -> None:
    coming = ahead.ahead(batches(fails_after=1), fresh)
    assert len(next(coming).read()) == 4
    with pytest.raises(SourceError):
        next(coming)


def test_what_came_before_an_error_of_the_mailbox_is_handed_out_first() -> None:
    coming = ahead.ahead(batches(fails_after=3), fresh)
    assert [len(next(coming).read()) for _ in range(3)] == [4, 4, 4]
    with pytest.raises(SourceError):
        next(coming)


def test_where_the_second_process_dies_the_rest_is_understood_here(started: list[subprocess.Popen[bytes]]) -> None:
    coming = ahead.ahead(batches(), fresh)
    next(coming)
    next(coming)
    started[0].kill()
    assert sum(len(begun.read()) for begun in coming) == len(MAILS) - 8


def test_where_no_second_process_can_be_had_all_is_understood_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert sum(len(begun.read()) for begun in ahead.ahead(batches(), fresh)) == len(MAILS)


def test_who_stops_in_between_leaves_no_process_behind(started: list[subprocess.Popen[bytes]]) -> None:
    coming = ahead.ahead(batches(), fresh)
    next(coming)
    next(coming)
    assert started[0].poll() is None
    coming.close()
    assert started[0].returncode is not None


def test_a_small_mailbox_starts_no_process(
    started: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "WORTH", len(MAILS) + 1)
    assert sum(len(begun.read()) for begun in ahead.ahead(batches(), fresh)) == len(MAILS)
    assert started == []


def test_tokens_are_hidden_wherever_a_message_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    hide = Hider(b"a key of these tests", LINK.format("{token}"))
    carrying = [carrier(LINK.format(token(name))) for name, carrier in CARRIERS.items()]
    monkeypatch.setattr(sys.modules[__name__], "MAILS", carrying)
    found = [one for begun in ahead.ahead(batches(), fresh, hide) for one in begun.read()]
    assert found == ahead.read(carrying, hide)
    told = repr(found)
    assert [name for name in CARRIERS if token(name) in told] == []
