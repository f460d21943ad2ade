"""The log of departures against a store that is older than it, and a log that is not as it should be."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from store_world import NOW, compose, fail

from triage import clock
from triage.errors import StoreError
from triage.model import (
    Found,
    Kind,
    LetterItem,
    LetterState,
    Limits,
    Outcome,
    Purpose,
    Refusal,
    Refused,
    Sent,
)
from triage.store import Store, adopt, cases, departures, journal, ledger, letterbook, missed, owners
from triage.store.ledger import Claim

ADDRESS = "p.weber@planung.example"


def copy_of(store: Store, name: str = "copy.db") -> Path:
    path = store.path.with_name(name)
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("VACUUM INTO ?", [str(path)])
    return path


def put_back(store: Store, copy: Path) -> Store:
    """The store again, as it was when it was copied, beside the same log."""
    path = store.path
    store.close()
    for side in ("", "-wal", "-shm"):
        path.with_name(path.name + side).unlink(missing_ok=True)
    copy.rename(path)
    return Store(path, "karin")


def claimed(store: Store, written: str = ADDRESS, number: int = 1) -> Claim:
    letter = letterbook.letter(store, compose(store, {written: number}))
    claim = ledger.claim(store, letter, clock.now(), Limits(), "iprot.example")
    assert isinstance(claim, Claim), claim
    return claim


def sent(store: Store, written: str = ADDRESS, number: int = 1, result: Sent = Sent.SENT) -> int:
    claim = claimed(store, written, number)
    assert ledger.leaving(store, claim)
    ledger.settle(store, claim, Outcome(result))
    return claim.letter


def numbers(store: Store, key: str = ADDRESS) -> list[int]:
    return [n.number for n in cases.notices(store, key) if n.counts]


def state(store: Store, letter: int) -> LetterState:
    return letterbook.letter(store, letter).state


# --- what an older store learns ---


@pytest.mark.parametrize("alive", [True, False, None])
@pytest.mark.parametrize(
    ("result", "known_as"),
    [
        (Sent.SENT, LetterState.SENT),
        (Sent.HANDED_OVER, LetterState.HANDED_OVER),
        (Sent.UNKNOWN, LetterState.LEAVING),
    ],
)
def test_a_store_that_knows_a_letter_as_claimed_learns_that_it_left_whoever_holds_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, alive: bool | None, result: Sent, known_as: LetterState
) -> None:
    fail(store)
    claim = claimed(store)
    copy = copy_of(store)
    assert ledger.leaving(store, claim)
    ledger.settle(store, claim, Outcome(result))
    with put_back(store, copy) as again:
        monkeypatch.setattr(owners, "is_alive", lambda _owner: alive)
        adopt.recall(again)
        assert state(again, claim.letter) is known_as
        monkeypatch.setattr(owners, "is_alive", lambda _owner: False)
        ledger.recover(again)
        assert numbers(again) == [1]
        assert adopt.recall(again) == 0


def test_a_store_that_knows_a_letter_as_released_learns_that_it_left(store: Store) -> None:
    fail(store)
    first = copy_of(store, "first.db")
    letter = sent(store, result=Sent.REFUSED)
    second = copy_of(store, "second.db")
    store = put_back(store, first)
    adopt.recall(store)
    assert ledger.leaving(store, claimed(store))
    with put_back(store, second) as again:
        assert adopt.recall(again) == 1
        assert (numbers(again), state(again, letter).is_open) == ([1], True)


def test_what_is_taken_back_is_written_down(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(store)
    copy = copy_of(store)
    claim = claimed(store)
    assert ledger.leaving(store, claim)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(owners, "is_alive", lambda _owner: None)
        ledger.decide(store, claim.letter, sent=False)
    ledger.settle(store, claim, Outcome(Sent.SENT))
    with put_back(store, copy) as again:
        assert adopt.recall(again) == 1
        assert numbers(again) == [1]


def test_recorded_notices_are_known_again_once(store: Store) -> None:
    fail(store, "p.weber.planung.example")
    copy = copy_of(store)
    fail(store, "weber")
    for key in (ADDRESS, "p.weber.planung.example", "weber"):
        for days in (20, 10):
            adopt.record(store, key, NOW - timedelta(days=days), "k.roth@planwerk.example")
    assert adopt.recall(store) == 0
    with put_back(store, copy) as again:
        assert adopt.recall(again) == 6
        for key in (ADDRESS, "p.weber.planung.example", "weber"):
            assert adopt.record(again, key, NOW - timedelta(days=10), "k.roth@planwerk.example") == 2
            assert numbers(again, key) == [1, 2]


def test_a_letter_that_is_recalled_left_when_it_left_and_hides_no_notice_that_was_recorded(store: Store) -> None:
    """However late what became of it was known."""
    fail(store)
    copy = copy_of(store)
    claim = claimed(store)
    assert ledger.leaving(store, claim)
    ledger.settle(store, claim, Outcome(Sent.UNKNOWN))
    clock.fix(NOW + timedelta(days=7))
    ledger.decide(store, claim.letter, sent=True)
    clock.fix(NOW + timedelta(days=7, hours=1))
    adopt.record(store, ADDRESS, clock.now(), "k.roth@planwerk.example")
    adopt.record(store, ADDRESS, NOW, "somebody@else.example")
    with put_back(store, copy) as again:
        assert adopt.recall(again) == 3
        assert numbers(again) == [1, 2, 3]
        [letter, *_recorded] = cases.notices(again, ADDRESS)
        assert letter.left_at == NOW


def test_a_recorded_notice_beyond_three_is_an_alarm_and_counts_when_a_number_becomes_free(store: Store) -> None:
    fail(store)
    copy = copy_of(store)
    adopt.record(store, ADDRESS, NOW - timedelta(days=30), "")
    with put_back(store, copy) as again:
        last = sent(again, result=Sent.HANDED_OVER)
        for name in ("x1", "x2"):
            adopt.adopt(again, Found(f"<{name}@iprot.example>", "", ((ADDRESS, 1),), True))
        adopt.recall(again)
        case = cases.by_key(again, ADDRESS)
        assert case is not None
        assert "beyond_three" in [event.what for event in journal.events(again, case.id)]
        ledger.decide(again, last, sent=False)
        assert numbers(again) == [1, 2, 3]


def test_a_letter_to_a_postmaster_is_known_again_and_does_not_leave_twice(store: Store) -> None:
    case = fail(store, kind=Kind.SPAM_OR_POLICY)
    copy = copy_of(store)
    items = (LetterItem(case, ADDRESS, ADDRESS, 0),)
    message_id, reference = letterbook.names_for(store, [(ADDRESS, 0)], "iprot.example")
    to = ("postmaster@planung.example", "", "", "Betreff", "Text", "de", "t", reference, message_id, items)
    with journal.act(store, "drafted", "drafted") as act:
        letter = letterbook.compose(store, act, letterbook.NewLetter(Purpose.POSTMASTER, *to))
    claim = ledger.claim(store, letterbook.letter(store, letter), NOW, Limits(), "iprot.example")
    assert isinstance(claim, Claim)
    assert ledger.leaving(store, claim)
    ledger.settle(store, claim, Outcome(Sent.SENT))
    with put_back(store, copy) as again:
        assert adopt.recall(again) == 1
        found = cases.by_key(again, ADDRESS)
        assert found is not None
        assert found.notices == 0
        assert ledger.may_leave(again, found, Purpose.POSTMASTER, NOW, Limits()) == Refused(Refusal.NOTHING_NEW)


def test_a_letter_adopted_under_another_name_is_not_counted_again(store: Store) -> None:
    fail(store)
    copy = copy_of(store)
    reference = letterbook.letter(store, sent(store)).reference
    with put_back(store, copy) as again:
        adopt.adopt(again, Found("<mua@mua.example>", reference, ((ADDRESS, 1),), True))
        assert adopt.recall(again) == 0
        assert numbers(again) == [1]


def test_where_a_draft_lies_is_known_again(store: Store) -> None:
    fail(store)
    copy = copy_of(store)
    claim = claimed(store)
    missed.lie_in(store, [claim.letter], "support@imap.example: Drafts")
    assert ledger.leaving(store, claim)
    ledger.settle(store, claim, Outcome(Sent.HANDED_OVER))
    with put_back(store, copy) as again:
        adopt.recall(again)
        [notice] = cases.notices(again, ADDRESS)
        assert missed.handed_over(again, "support@imap.example: Drafts") == {notice.letter}
        assert missed.handed_over(again, "other@imap.example: Drafts") == set()


def test_a_log_that_was_begun_anew_is_read_from_its_beginning(store: Store) -> None:
    others = [f"max@firma{n}.example" for n in range(5)]
    for n, other in enumerate([*others, ADDRESS]):
        clock.fix(NOW + timedelta(hours=3 * n))
        fail(store, other)
    sent(store, others[0])
    adopt.recall(store)
    copy = copy_of(store)
    departures.log_file(store).unlink()
    assert ledger.leaving(store, claimed(store))
    for other in others[1:]:
        sent(store, other)
    with put_back(store, copy) as again:
        adopt.recall(again)
        assert numbers(again) == [1]


# --- a log that is not as it should be ---

GOOD = {
    "state": "sent",
    "at": "2026-11-23T09:00:00Z",
    "message_id": "<good@iprot.example>",
    "reference": "T-ABCD",
    "to": "k.roth@planwerk.example",
    "subject": "Betreff",
    "claims": [[ADDRESS, 1]],
}


WRONG: list[dict[str, object]] = [
    {"message_id": 5},
    {"message_id": []},
    {"message_id": ""},
    {"claims": [["a@b.example", float("inf")]]},
    {"claims": [["a@b.example", 10**30]]},
    {"claims": [["a@b.example", True]]},
    {"claims": [["a" * 2_000 + "@b.example", 1]]},
    {"claims": [["", 1]]},
    {"claims": 7},
    {"to": None},
    {"subject": {}},
    {"state": "composed"},
    {"state": "claimed"},
    {"state": "recorded"},
    {"state": {}},
    {"at": "0001-01-01T00:00:00Z"},
    {"at": 7},
    {"place": 7},
]
LINES = [json.dumps({**GOOD, "message_id": "<bad@iprot.example>", **wrong}).encode() for wrong in WRONG]


@pytest.mark.parametrize("line", [*LINES, b"[" * 100_000, b'{"claims": [["a", ' + b"9" * 5_000 + b"]]}"])
def test_a_line_that_is_none_of_ours_hides_no_other_and_raises_nothing(store: Store, line: bytes) -> None:
    departures.log_file(store).write_bytes(line + b"\n" + json.dumps(GOOD).encode() + b"\n")
    assert adopt.recall(store) == 1
    assert numbers(store) == [1]


def test_a_line_that_the_store_refuses_hides_no_other(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{**GOOD, "message_id": f"<{n}@iprot.example>", "claims": [[f"max@firma{n}.example", 1]]} for n in "12"]
    departures.log_file(store).write_text("\n".join(json.dumps(line) for line in lines))
    count = ledger.count_next

    def refused(store: Store, letter: int, key: str, at: str) -> bool:
        if key == "max@firma1.example":
            raise sqlite3.IntegrityError
        return count(store, letter, key, at)

    monkeypatch.setattr(ledger, "count_next", refused)
    assert adopt.recall(store) == 1
    assert (numbers(store, "max@firma1.example"), numbers(store, "max@firma2.example")) == ([], [1])
    assert letterbook.letter_by_message_id(store, ["1@iprot.example"]) is None


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.mkdir()


def a_link(path: Path) -> None:
    (path.parent / "elsewhere").touch()
    path.symlink_to(path.parent / "elsewhere")


@pytest.mark.parametrize("make", [a_pipe, a_folder, a_link])
def test_a_log_that_is_no_file_is_named_and_nothing_leaves(store: Store, make: Callable[[Path], None]) -> None:
    fail(store)
    make(departures.log_file(store))
    with pytest.raises(StoreError, match="departures cannot be read"):
        adopt.recall(store)
    claim = claimed(store)
    with pytest.raises(StoreError, match="departures cannot be written"):
        ledger.leaving(store, claim)
    with pytest.raises(StoreError, match="departures cannot be written"):
        adopt.record(store, ADDRESS, NOW, "")
    assert numbers(store) == [1]


@pytest.mark.parametrize("result", [Sent.REFUSED, Sent.SENT, Sent.HANDED_OVER])
def test_what_became_of_a_letter_is_kept_though_the_log_cannot_be_written(
    store: Store, monkeypatch: pytest.MonkeyPatch, result: Sent
) -> None:
    fail(store)
    claim = claimed(store)
    assert ledger.leaving(store, claim)
    monkeypatch.setattr(os, "write", lambda _descriptor, line: len(line) - 1)
    ledger.settle(store, claim, Outcome(result))
    assert (
        state(store, claim.letter)
        is {
            Sent.REFUSED: LetterState.RELEASED,
            Sent.SENT: LetterState.SENT,
            Sent.HANDED_OVER: LetterState.HANDED_OVER,
        }[result]
    )


@pytest.mark.parametrize("is_leaving", [True, False])
def test_an_orphan_is_recovered_though_the_log_cannot_be_written(
    store: Store, monkeypatch: pytest.MonkeyPatch, is_leaving: bool
) -> None:
    fail(store)
    claim = claimed(store)
    if is_leaving:
        assert ledger.leaving(store, claim)
    monkeypatch.setattr(os, "write", lambda _descriptor, line: len(line) - 1)
    monkeypatch.setattr(owners, "is_alive", lambda _owner: False)
    [recovered] = ledger.recover(store)
    assert recovered.state is (LetterState.UNCONFIRMED if is_leaving else LetterState.RELEASED)


def test_a_letter_whose_end_could_not_be_written_down_is_not_held_by_the_process_that_lives_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(store)
    claim = claimed(store)
    assert ledger.leaving(store, claim)
    assert ledger.recover(store) == []
    with monkeypatch.context() as full:
        full.setattr(ledger, "_move", lambda *_words: (_ for _ in ()).throw(StoreError("full", "")))
        with pytest.raises(StoreError):
            ledger.settle(store, claim, Outcome(Sent.SENT))
    [recovered] = ledger.recover(store)
    assert recovered.state is LetterState.UNCONFIRMED


# --- beside the store ---


def test_a_store_opened_by_a_link_has_the_same_log_and_key(store: Store, tmp_path: Path) -> None:
    fail(store)
    link = tmp_path / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(store.path)
    with Store(link, "karin") as linked:
        assert ledger.leaving(linked, claimed(linked))
        assert departures.log_file(linked) == departures.log_file(store)
    assert [path.name for path in link.parent.iterdir()] == ["link.db"]


def test_log_and_key_are_named_on_the_disk_when_they_are_made(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    fail(store)
    claim = claimed(store)
    folder = store.path.parent.stat().st_ino
    assert synced.count(folder) == 1, "the key"
    assert ledger.leaving(store, claim)
    assert synced.count(folder) == 2, "the log"
    ledger.settle(store, claim, Outcome(Sent.SENT))
    assert synced.count(folder) == 2
