"""A mailbox full of real reports is read again and again, at the desk and by command, and nothing in it changes."""

from __future__ import annotations

import pytest
from journeys.world import REAL, Team

from triage import errors
from triage.desk import queue, reading
from triage.model import Section

MAILS = [file.read_bytes() for file in sorted(REAL.glob("*.eml"))]
FAILED = {
    *(f"{name}@peer.test" for name in ("unknown-1", "unknown-2", "full-1", "full-2", "spam-1", "nocode-1", "gone-1")),
    *("defer-1@peer.test", "unknown-jürgen@peer.test", "original+addr@peer.test", "nobody-here@local.test"),
    *("someone@nonexistent-domain.invalid", "x@small.test", "x@closed.test"),
}
"""What Postfix and Exim said had failed. One more mail says that something was relayed, and is none."""


@pytest.fixture
def full(team: Team) -> Team:
    team.mailbox.put(*(mail.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for mail in MAILS))
    return team


def test_real_reports_are_read_once_over_imap_and_the_mailbox_stays_as_it_was(full: Team) -> None:
    before = full.snapshot()
    with full.desk() as desk:
        first = reading.sync(desk)
        cases = [queue.view(desk, case).case for case in first.new]
        second = reading.sync(desk)
    assert (first.messages, first.known, first.strays) == (len(MAILS), 0, 1)
    assert {case.written for case in cases} == FAILED
    assert (second.messages, second.new, second.again) == (0, (), ())
    assert full.snapshot() == before
    assert list(before) == list(range(1, len(MAILS) + 1))
    assert full.mailbox.count(criterion="UNSEEN") == full.mailbox.count(criterion="RECENT") == len(MAILS)


def test_reports_about_mails_that_nobody_knows_open_no_work(full: Team) -> None:
    with full.desk() as desk:
        reading.sync(desk)
        counted = queue.counts(desk)
    assert counted[Section.NEW] == 0
    assert counted[Section.BIN] == len(FAILED)


def test_the_command_reads_the_same_and_says_how_much(full: Team) -> None:
    before = full.snapshot()
    assert full.triage("directory", "import") == errors.DONE
    assert full.triage("sync") == errors.DONE
    assert full.out.startswith(
        f"new messages {len(MAILS)}, known 0: new cases {len(FAILED)}, failed again 0, without a case 1"
    )
    assert full.triage("sync") == errors.DONE
    assert full.out.startswith("new messages 0, known 0: new cases 0, failed again 0, without a case 0")
    assert full.err == ""
    assert set(full.listed()) == FAILED
    assert full.snapshot() == before


def test_two_stores_read_one_mailbox_without_knowing_of_each_other(full: Team) -> None:
    for name in ("first.db", "second.db"):
        full.store = full.store.with_name(name)
        assert full.triage("sync") == errors.DONE
        assert full.out.startswith(f"new messages {len(MAILS)}, known 0")
