"""What the fault tests share: bounces in a mailbox, and what must be true of a store afterwards."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from servers.dovecot import TestMailbox

from triage import login
from triage.desk import Desk, reading
from triage.desk.reading import Synced
from triage.errors import TriageError

_REPORT = Path(__file__).parents[1] / "mails" / "real" / "postfix-unknown550.eml"
FEW = 5
"""Bounces in a mailbox; they are listed and read two by two."""
PATIENCE = 0.7
"""Seconds of `limits.TIMEOUT` where a server says nothing."""


def bounce(number: int) -> bytes:
    """A report that a real Postfix wrote, about an address of its own."""
    report = _REPORT.read_bytes().replace(b"\n", b"\r\n")
    return report.replace(b"unknown-1@peer.test", b"p.weber%d@bau%d.example" % (number, number))


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login.limits, "TIMEOUT", PATIENCE)


def synced(desk: Desk) -> Synced | TriageError:
    """What a sync brought, or the error it ended with: one line for a person, and nothing more."""
    try:
        return reading.sync(desk)
    except TriageError as error:
        assert_one_line(error)
        return error


def assert_one_line(error: TriageError) -> None:
    assert error.message
    assert "\n" not in error.message


def kept(desk: Desk) -> Counter[str]:
    """Hashes of the messages in the store."""
    return Counter(row["digest"] for row in desk.store.rows("SELECT digest FROM messages"))


def hashes(contents: list[bytes]) -> Counter[str]:
    return Counter(hashlib.sha256(content).hexdigest() for content in contents)


def lying_in(mailbox: TestMailbox, folder: str = "INBOX") -> list[bytes]:
    """All contents, as the server has them now."""
    with mailbox.client() as client:
        client.select_folder(folder, readonly=True)
        told = client.fetch(client.search(), ["BODY.PEEK[]"])
    return [one[b"BODY[]"] for _uid, one in sorted(told.items())]


def assert_each_once(desk: Desk, contents: list[bytes]) -> None:
    """The store holds exactly these bounces, each understood and counted once, and is sound."""
    assert kept(desk) == hashes(contents)
    assert desk.store.value("SELECT count(*) FROM failures") == len(contents)
    assert {row["bounces"] for row in desk.store.rows("SELECT bounces FROM cases")} == {1}
    assert_sound(desk)


def assert_sound(desk: Desk) -> None:
    assert desk.store.value("PRAGMA integrity_check") == "ok"
    assert desk.store.rows("PRAGMA foreign_key_check") == []
