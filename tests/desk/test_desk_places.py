"""What was read of one mailbox says nothing about another one."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from office import MONDAY, PEOPLE, Office

from triage import clock, config
from triage.desk import Desk, drafting, open_desk, queue, reading, sending
from triage.errors import RefusedError
from triage.model import LetterState

WEBER = PEOPLE["weber"]
DRAFT = (
    f"To: {PEOPLE['roth']}\nSubject: x\nMessage-ID: <triage.{'0' * 32}@iprot.example>\n"
    f"X-Triage-Claims: 1 {WEBER.replace('@', '%40')}\nX-Triage-Ref: T-ABCDEFGH\n\nx\n"
)


def maildir(folder: Path) -> Path:
    for name in (".", ".Drafts", ".Sent"):
        for part in ("cur", "new", "tmp"):
            (folder / name / part).mkdir(parents=True, exist_ok=True)
    return folder


def of_long_ago(folder: Path) -> None:
    for file in folder.iterdir():
        os.utime(file, (MONDAY.timestamp() + 14 * 86_400,) * 2)


def other(office: Office, old: str, new: str) -> Path:
    """The office's settings with another mailbox or folder."""
    file = office.folder / "other.toml"
    file.write_text(office.config.read_text().replace(old, new))
    return file


def desk_of(office: Office, settings: Path) -> Desk:
    return open_desk(config.load(settings), office.store)


def letters_left(office: Office, days: tuple[int, ...]) -> int:
    left = 0
    for day in days:
        office.at(day)
        office.bounce()
        with office.synced() as desk:
            drafted = drafting.draft(desk, [queue.find(desk, WEBER).id]).letters
            left += sum(d.letter.state is LetterState.SENT for d in sending.send(desk, drafted))
    return left


def forget(office: Office) -> None:
    for file in office.folder.glob("triage.db*"):
        file.unlink()


def test_another_mailbox_with_folders_of_the_same_names_was_not_read(office: Office) -> None:
    maildir(office.mail)
    assert letters_left(office, (0, 7, 14)) == 3
    for file in office.letters.iterdir():
        file.rename(office.mail / ".Sent/cur" / file.name)
    of_long_ago(office.mail / ".Sent/cur")
    forget(office)
    office.at(200)
    maildir(office.folder / "elsewhere")
    with desk_of(office, other(office, 'path = "mail/"', 'path = "elsewhere/"')) as desk:
        reading.sync(desk)
    assert letters_left(office, (207,)) == 0


def test_another_folder_of_letters_was_not_read(office: Office) -> None:
    assert letters_left(office, (0, 7, 14)) == 3
    of_long_ago(office.letters)
    forget(office)
    office.at(200)
    with desk_of(office, other(office, 'path = "letters"', 'path = "empty"')) as desk:
        reading.sync(desk)
    assert letters_left(office, (207,)) == 0


@pytest.fixture
def draft(office: Office) -> Path:
    """A letter that lies in Drafts."""
    file = maildir(office.mail) / ".Drafts/cur/1.eml"
    file.write_text(DRAFT)
    with office.desk() as desk:
        assert reading.sync(desk).adopted == 1
    return file


def test_a_draft_is_not_gone_because_another_mailbox_does_not_hold_it(office: Office, draft: Path) -> None:
    maildir(office.folder / "elsewhere")
    settings = other(office, 'path = "mail/"', 'path = "elsewhere/"')
    for minutes in (5, 16):
        clock.fix(MONDAY + timedelta(minutes=minutes))
        with desk_of(office, settings) as desk:
            assert reading.sync(desk).gone == ()
    with desk_of(office, settings) as desk:
        [letter] = sending.letters_in_work(desk)
        with pytest.raises(RefusedError, match="Drafts, which these settings do not read"):
            sending.settle(desk, letter.id, sent=False)
    draft.unlink()
    with office.desk() as desk:
        assert sending.settle(desk, letter.id, sent=False).state is LetterState.RELEASED


def test_a_draft_that_moved_with_its_mailbox_is_missed_there(office: Office, draft: Path) -> None:
    moved = maildir(office.folder / "elsewhere") / ".Drafts/cur/1.eml"
    draft.rename(moved)
    settings = other(office, 'path = "mail/"', 'path = "elsewhere/"')
    with desk_of(office, settings) as desk:
        reading.sync(desk)
        moved.unlink()
        found: list[int] = []
        for minutes in (5, 16):
            clock.fix(MONDAY + timedelta(minutes=minutes))
            found += reading.sync(desk).gone
        assert len(found) == 1


def test_a_draft_is_not_gone_because_it_is_old(office: Office, draft: Path) -> None:
    os.utime(draft, (MONDAY.timestamp(),) * 2)
    for day in (100, 200, 200.1, 200.2):
        office.at(day)
        with office.desk() as desk:
            assert reading.sync(desk).gone == ()
            [letter] = sending.letters_in_work(desk)
            with pytest.raises(RefusedError, match="lies in Drafts"):
                sending.settle(desk, letter.id, sent=False)
