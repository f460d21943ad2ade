"""A store with a directory of one protocol, and failures that arrive when a test says so."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from triage import address, clock
from triage.model import (
    Arrival,
    Author,
    Bounce,
    DirectoryRows,
    Evidence,
    Failure,
    Kind,
    LetterItem,
    Link,
    Protocol,
    Purpose,
    Raw,
    Strength,
)
from triage.store import Store, cases, directory, journal, keep, letterbook
from triage.store.letterbook import NewLetter

NOW = datetime(2026, 11, 23, 9, 0).astimezone()


@pytest.fixture(autouse=True)
def standing_clock() -> Iterator[None]:
    clock.fix(NOW)
    yield
    clock.fix(None)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "triage.db", "karin") as opened:
        directory.import_rows(
            opened,
            DirectoryRows(
                authors=(Author("A1", "Karin Roth", "k.roth@planwerk.example"),),
                protocols=(Protocol("2026-0877", "Jour fixe 14", author="A1", url="https://iprot.example/p/abc"),),
            ),
        )
        yield opened


Fail = Callable[..., int]


def fail(
    store: Store,
    written: str = "p.weber@planung.example",
    kind: Kind = Kind.WRONG_MAILBOX,
    strength: Strength | None = Strength.PROOF,
    ago: timedelta = timedelta(0),
) -> int:
    """A bounce for this address arrives; returns its case's id. Each call is another message."""
    at = clock.now() - ago
    number = store.value("SELECT count(*) FROM messages")
    raw = Raw(f"mail {number}".encode(), "INBOX", uid=number + 1, received_at=at)
    failure = Failure(address.parse(written), kind, status="5.1.1", diagnostic="550 5.1.1 no such user")
    link = Link("2026-0877", "A1", strength, Evidence.MESSAGE_ID, "m1@iprot.example") if strength else None
    digest = hashlib.sha256(raw.content).hexdigest()
    keep.keep(store, [Arrival(raw, digest, raw.content, Bounce(kind, (failure,)), (link,))], None)
    case = store.value("SELECT case_id FROM failures WHERE message = (SELECT max(id) FROM messages)")
    assert case is not None, "the message was kept without a case"
    return int(case)


def compose(store: Store, numbers: dict[str, int], to: str = "k.roth@planwerk.example") -> int:
    """A letter up for review about these addresses, with the numbers it will claim."""
    items = []
    for written, number in numbers.items():
        case = cases.by_key(store, address.parse(written).key)
        assert case is not None
        items.append(LetterItem(case.id, case.key, written, number, case.protocol, case.kind))
    message_id, reference = letterbook.names_for(store, [(i.key, i.number) for i in items], "iprot.example")
    new = NewLetter(
        Purpose.CORRECTION,
        to,
        "Karin Roth",
        "A1",
        "Betreff",
        f"Text {reference}",
        "de",
        "t",
        reference,
        message_id,
        tuple(items),
    )
    with journal.act(store, "drafted", "drafted") as act:
        return letterbook.compose(store, act, new)
