"""Letters that a store which was put back has forgotten, and that no folder shows, are known from the log beside it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from store_world import compose, fail

from triage import clock
from triage.errors import StoreError
from triage.model import LetterState, Limits, Outcome, Sent
from triage.store import Store, adopt, cases, departures, ledger, letterbook
from triage.store.ledger import Claim, NotClaimed

ADDRESS = "p.weber@planung.example"


@pytest.fixture
def older(store: Store, tmp_path: Path) -> Iterator[Store]:
    """A copy of the store from before the letter left, put back beside the same log."""
    fail(store)
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("VACUUM INTO ?", [str(copy)])
    yield store
    assert copy.exists()


def claimed(store: Store) -> Claim:
    letter = letterbook.letter(store, compose(store, {ADDRESS: 1}))
    claim = ledger.claim(store, letter, clock.now(), Limits(), "iprot.example")
    assert not isinstance(claim, NotClaimed)
    return claim


def put_back(store: Store, tmp_path: Path) -> Store:
    path = store.path
    store.close()
    for side in ("", "-wal", "-shm"):
        path.with_name(path.name + side).unlink(missing_ok=True)
    (tmp_path / "copy.db").rename(path)
    return Store(path, "karin")


def numbers(store: Store) -> list[int]:
    return [n.number for n in cases.notices(store, ADDRESS) if n.counts]


def kept(store: Store, tmp_path: Path) -> Path:
    """Leave a copy behind, so that the fixture's promise holds."""
    copy = tmp_path / "copy.db"
    copy.touch()
    return copy


def test_a_letter_whose_sender_died_is_unconfirmed_in_an_older_store_and_blocks(older: Store, tmp_path: Path) -> None:
    claim = claimed(older)
    assert ledger.leaving(older, claim)
    with put_back(older, tmp_path) as again:
        assert numbers(again) == []
        assert adopt.recall(again) == 1
        assert numbers(again) == [1]
        letter = letterbook.letter(again, compose(again, {ADDRESS: 2}))
        refused = ledger.claim(again, letter, clock.now(), Limits(), "iprot.example")
        assert isinstance(refused, NotClaimed)
        assert adopt.recall(again) == 0
    kept(older, tmp_path)


def test_a_letter_that_came_through_counts_as_sent(older: Store, tmp_path: Path) -> None:
    claim = claimed(older)
    assert ledger.leaving(older, claim)
    ledger.settle(older, claim, Outcome(Sent.SENT))
    with put_back(older, tmp_path) as again:
        adopt.recall(again)
        [notice] = cases.notices(again, ADDRESS)
        assert letterbook.letter(again, notice.letter).state is LetterState.SENT
    kept(older, tmp_path)


def test_a_letter_that_certainly_did_not_leave_is_not_recalled(older: Store, tmp_path: Path) -> None:
    claim = claimed(older)
    assert ledger.leaving(older, claim)
    ledger.settle(older, claim, Outcome(Sent.REFUSED))
    with put_back(older, tmp_path) as again:
        assert adopt.recall(again) == 0
        assert numbers(again) == []
    kept(older, tmp_path)


def test_a_line_that_a_power_cut_left_half_written_hides_no_other(older: Store, tmp_path: Path) -> None:
    log = departures.log_file(older)
    log.write_bytes(b'{"state": "leaving", "claims": [["p.we')
    claim = claimed(older)
    assert ledger.leaving(older, claim)
    with put_back(older, tmp_path) as again:
        assert adopt.recall(again) == 1
    kept(older, tmp_path)


def test_nothing_leaves_that_cannot_be_written_down(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(store)
    claim = claimed(store)
    monkeypatch.setattr(os, "write", lambda _descriptor, line: len(line) - 1)
    with pytest.raises(StoreError, match="departures"):
        ledger.leaving(store, claim)
    assert letterbook.letter(store, claim.letter).state is LetterState.CLAIMED


def test_others_cannot_read_the_log(store: Store) -> None:
    fail(store)
    assert ledger.leaving(store, claimed(store))
    assert departures.log_file(store).stat().st_mode & 0o077 == 0
