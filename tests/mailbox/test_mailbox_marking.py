"""Bounces marked and moved on a real server, if a person asked for it; and never anything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.dovecot import TestMailbox

from triage import login, mailbox
from triage.config import Settings
from triage.desk import Desk, open_desk, queue, reading
from triage.desk.reading import Synced
from triage.mailbox import imap

CUSTOMER = b"From: K. Roth <k.roth@planwerk.example>\r\nSubject: Frage zum Protokoll\r\n\r\nGuten Tag\r\n"


def bounce(number: int) -> bytes:
    return (
        b"From: MAILER-DAEMON@mx.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nfailed\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; p.weber%d@planung.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
        % number
    )


class Box:
    """A mailbox with a bounce, a customer's mail and a bounce, and desks on it."""

    def __init__(self, dovecot: TestMailbox, folder: Path) -> None:
        self.dovecot = dovecot
        self._folder = folder
        self._desks: list[Desk] = []
        dovecot.put(bounce(1), CUSTOMER, bounce(2))

    def sync(self, store: str = "triage.db", **changes: object) -> Synced:
        settings: Settings = self.dovecot.settings(**changes)
        self._desks.append(open_desk(settings, self._folder / store))
        return reading.sync(self._desks[-1])

    @property
    def desk(self) -> Desk:
        return self._desks[-1]

    def close(self) -> None:
        for desk in self._desks:
            desk.close()

    def subjects(self, folder: str = "INBOX", criterion: str = "ALL") -> list[str]:
        with self.dovecot.client() as client:
            client.select_folder(folder, readonly=True)
            uids = client.search(criterion.split())
            told = client.fetch(uids, ["ENVELOPE"])
            return [told[uid][b"ENVELOPE"].subject.decode() for uid in uids]


@pytest.fixture
def box(dovecot: TestMailbox, tmp_path: Path) -> Iterator[Box]:
    made = Box(dovecot, tmp_path)
    yield made
    made.close()


BOUNCES = ["Undelivered Mail Returned to Sender"] * 2


def test_unasked_nothing_is_marked_and_nothing_moves(box: Box) -> None:
    assert box.sync().marked == mailbox.Marked()
    assert box.subjects(criterion="UNKEYWORD $Triage UNSEEN UNFLAGGED UNDELETED RECENT") == [
        BOUNCES[0],
        "Frage zum Protokoll",
        BOUNCES[0],
    ]


@pytest.mark.parametrize(
    ("mark", "criterion"), [("$Triage", "KEYWORD $Triage"), ("\\Seen", "SEEN"), ("\\Flagged", "FLAGGED")]
)
def test_bounces_are_marked_once_they_are_kept_and_a_customers_mail_is_not(box: Box, mark: str, criterion: str) -> None:
    assert box.sync(mark=mark).marked == mailbox.Marked(marked=2)
    assert box.subjects(criterion=criterion) == BOUNCES
    assert len(queue.ids(box.desk, None)) == 3


@pytest.mark.parametrize("lacking", [set(), {"MOVE"}])
def test_bounces_are_moved_and_a_customers_mail_stays(
    box: Box, monkeypatch: pytest.MonkeyPatch, lacking: set[str]
) -> None:
    """By MOVE, or by COPY and UID EXPUNGE, which touches nothing that others have marked as deleted."""
    _without(monkeypatch, lacking)
    monkeypatch.setattr(imap, "BATCH_MESSAGES", 1)
    with box.dovecot.client() as client:
        client.create_folder("Bounces")
        client.select_folder("INBOX")
        client.append("INBOX", CUSTOMER.replace(b"Frage", b"Deleted"), flags=["\\Deleted"])
    assert box.sync(move_to="Bounces", mark="\\Seen").marked == mailbox.Marked(marked=2, moved=2)
    assert box.subjects() == ["Frage zum Protokoll", "Deleted zum Protokoll"]
    assert box.subjects("Bounces", "SEEN") == BOUNCES
    assert box.sync(move_to="Bounces").messages == 0


def _without(monkeypatch: pytest.MonkeyPatch, capabilities: set[str]) -> None:
    monkeypatch.setattr(
        login.Imap,
        "can",
        lambda self, name: name not in capabilities and bool(self._client.has_capability(name)),
    )


def test_a_server_that_cannot_move_safely_moves_nothing_and_says_so(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    _without(monkeypatch, {"MOVE", "UIDPLUS"})
    with box.dovecot.client() as client:
        client.create_folder("Bounces")
    marked = box.sync(move_to="Bounces").marked
    assert (marked.moved, marked.failed) == (0, 2)
    assert "neither MOVE nor UIDPLUS" in marked.why[0]
    assert len(box.subjects()) == 3


def test_a_folder_that_is_missing_is_said_once_and_nothing_is_lost(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "BATCH_MESSAGES", 1)
    synced = box.sync(move_to="Bounces")
    assert synced.messages == 3
    assert (synced.marked.failed, len(synced.marked.why)) == (2, 1)
    assert "no folder Bounces" in synced.marked.why[0]
    assert len(box.subjects()) == 3


def test_a_moved_mail_that_is_read_again_elsewhere_is_known(box: Box) -> None:
    with box.dovecot.client() as client:
        client.create_folder("Bounces")
    synced = box.sync(folders=("INBOX", "Bounces"), move_to="Bounces")
    assert (synced.messages, synced.known) == (3, 2)
    again = box.sync(folders=("INBOX", "Bounces"), move_to="Bounces")
    assert (again.messages, again.known) == (0, 0)
    assert box.subjects("Bounces") == BOUNCES


def test_a_folder_made_anew_meanwhile_is_not_marked(box: Box) -> None:
    """Its UIDs are those of other messages."""
    source = mailbox.open_source(box.dovecot.settings(mark="\\Flagged"))
    assert isinstance(source, imap.ImapSource)
    [batch] = source.pull({})
    opened = source._opened["INBOX"]
    marker = source._marker
    other = login.Folder(opened.name, opened.uidvalidity - 1, opened.uidnext, opened.exists)
    marked = marker.mark(source._imap, other, [raw.uid for raw in batch.raws])
    source.close()
    assert (marked.marked, marked.failed) == (0, 3)
    assert box.subjects(criterion="FLAGGED") == []


def test_a_connection_that_breaks_while_marking_is_no_error_and_the_reading_goes_on(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "BATCH_MESSAGES", 1)
    broken: list[int] = []
    flag = login.Imap.flag

    def breaking(self: login.Imap, uids: list[int], name: str) -> None:
        if not broken:
            broken.extend(uids)
            self._client.socket().shutdown(2)
        flag(self, uids, name)

    monkeypatch.setattr(login.Imap, "flag", breaking)
    synced = box.sync(mark="\\Flagged")
    assert synced.messages == 3
    assert (synced.marked.marked, synced.marked.failed) == (1, 1)
    assert "broke the connection off" in synced.marked.why[0] or "cannot be reached" in synced.marked.why[0]
    assert box.subjects(criterion="FLAGGED") == BOUNCES[:1]
