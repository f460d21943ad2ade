"""The mailbox fails at each step and in each way: whatever it was, afterwards each mail is in the store once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from faults.imap_table import LATER, LIES, NAMED, NEXT, REST, SAME, STEPS, cells
from faults.world import (
    FEW,
    assert_each_once,
    assert_sound,
    bounce,
    hashes,
    impatient,
    kept,
    lying_in,
    synced,
)
from servers.dovecot import TestMailbox
from servers.proxy import Fault, Proxy, running_proxy

from triage.desk import Desk, open_desk, reading
from triage.desk.reading import Synced
from triage.errors import TriageError
from triage.login import NeedsAPerson
from triage.mailbox import imap


@pytest.fixture
def reader(dovecot: TestMailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    monkeypatch.setattr(imap, "BATCH_MESSAGES", 2)
    monkeypatch.setattr(imap, "_LISTED_AT_ONCE", 2)
    return Reader(dovecot, tmp_path)


class Reader:
    """A desk that reads a real mailbox through a proxy."""

    def __init__(self, mailbox: TestMailbox, folder: Path) -> None:
        self.mailbox = mailbox
        self._store = folder / "triage.db"

    def desk(self, proxy: Proxy, folder: str = "INBOX") -> Desk:
        settings = self.mailbox.settings(host="127.0.0.1", port=proxy.port, tls="none", folders=(folder,))
        return open_desk(settings, self._store)

    def outcome(self, fault: Fault) -> str:
        """A sync while the fault strikes, and one when it is over."""
        self.mailbox.put(*(bounce(number) for number in range(FEW)))
        with running_proxy(self.mailbox.server.port, fault) as proxy, self.desk(proxy) as desk:
            first = synced(desk)
            assert proxy.struck, f"nothing went wrong; heard: {proxy.heard}"
            if isinstance(first, TriageError):
                assert "no folder" not in first.message, "it is there"
                refused = fault.says.startswith(b"TAG ") and fault.at == STEPS["login"]["at"]
                assert refused or not isinstance(first, NeedsAPerson), "it would not be tried again by itself"
            came = kept(desk).total()
            proxy.set(None)
            second = reading.sync(desk)
            assert reading.sync(desk).messages == 0
            return self._in_a_word(desk, first, came, second)

    def _in_a_word(self, desk: Desk, first: Synced | TriageError, came: int, second: Synced) -> str:
        contents = lying_in(self.mailbox)
        assert len(contents) == self.mailbox.count(criterion="UNSEEN") == FEW
        assert came + second.messages == FEW
        if isinstance(first, Synced) and came == FEW and first.strays == 1:
            assert (kept(desk) & hashes(contents)).total() == FEW - 1
            assert_sound(desk)
            return NAMED
        assert_each_once(desk, contents)
        if came == FEW:
            assert isinstance(first, Synced)
            return SAME
        if isinstance(first, Synced):
            return LATER
        return REST if came else NEXT


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [pytest.param(fault, outcome, id=f"{step}: {what}") for step, what, fault, outcome in cells()],
)
def test_whatever_breaks_at_a_step_each_mail_is_kept_once(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, fault: Fault, outcome: str
) -> None:
    with monkeypatch.context() as patience:
        if fault.is_silent:
            impatient(patience)
        assert reader.outcome(fault) == outcome


@pytest.mark.parametrize(
    ("lie", "fault", "outcome"), [pytest.param(lie, fault, outcome, id=lie) for lie, (fault, outcome) in LIES.items()]
)
def test_whatever_the_server_says_each_mail_is_kept_once(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, lie: str, fault: Fault, outcome: str
) -> None:
    if "UIDNEXT" in lie:
        monkeypatch.setattr(imap, "_SEARCH_SPAN", 2)  # as in a mailbox of very many
    with monkeypatch.context() as patience:
        impatient(patience)
        assert reader.outcome(fault) == outcome


# --- the mailbox changes while it is read ---

FOLDER = "Bounces"


def at_sizes(act: Callable[[], None]) -> Fault:
    """Somebody does this while the program has the list, and not yet the mails."""

    def meanwhile(answer: bytes) -> bytes:
        act()
        return answer

    return Fault(STEPS["FETCH of sizes"]["at"], FOLDER.encode(), edits=meanwhile)


class Elsewhere:
    """Another mail program at the same mailbox."""

    def __init__(self, mailbox: TestMailbox) -> None:
        self._mailbox = mailbox
        self.make()
        self.put(range(FEW))

    def make(self) -> None:
        with self._mailbox.client() as client:
            client.create_folder(FOLDER)

    def put(self, numbers: range) -> None:
        self._mailbox.put(*map(bounce, numbers), folder=FOLDER)

    def expunge(self, *uids: int) -> None:
        with self._mailbox.client() as client:
            client.select_folder(FOLDER)
            client.delete_messages(uids)
            client.expunge()

    def delete(self) -> None:
        with self._mailbox.client() as client:
            client.delete_folder(FOLDER)

    def make_anew(self) -> None:
        self.delete()
        self.make()
        self.put(range(3, 8))


def test_mails_that_vanish_between_list_and_fetch_are_passed_over(reader: Reader) -> None:
    other = Elsewhere(reader.mailbox)
    with (
        running_proxy(reader.mailbox.server.port, at_sizes(lambda: other.expunge(2))) as proxy,
        reader.desk(proxy, FOLDER) as desk,
    ):
        assert reading.sync(desk).messages == FEW - 1
        assert_each_once(desk, lying_in(reader.mailbox, FOLDER))


def test_a_mailbox_that_is_emptied_while_it_is_read_ends_the_sync_well(reader: Reader) -> None:
    other = Elsewhere(reader.mailbox)
    empty = at_sizes(lambda: other.expunge(*range(1, FEW + 1)))
    with running_proxy(reader.mailbox.server.port, empty) as proxy, reader.desk(proxy, FOLDER) as desk:
        assert reading.sync(desk).messages == 0
        other.put(range(FEW, FEW + 2))
        assert reading.sync(desk).messages == 2
        assert_each_once(desk, lying_in(reader.mailbox, FOLDER))


def test_a_folder_that_is_deleted_while_it_is_read_ends_the_sync_with_its_name(reader: Reader) -> None:
    other = Elsewhere(reader.mailbox)
    with (
        running_proxy(reader.mailbox.server.port, at_sizes(other.delete)) as proxy,
        reader.desk(proxy, FOLDER) as desk,
    ):
        error = synced(desk)
        assert isinstance(error, TriageError)
        assert FOLDER in error.message
        assert kept(desk).total() == 0
        assert isinstance(synced(desk), TriageError)


def test_a_folder_made_anew_while_it_is_read_is_read_anew(reader: Reader) -> None:
    other = Elsewhere(reader.mailbox)
    with (
        running_proxy(reader.mailbox.server.port, at_sizes(other.make_anew)) as proxy,
        reader.desk(proxy, FOLDER) as desk,
    ):
        error = synced(desk)
        assert isinstance(error, TriageError)
        assert FOLDER in error.message
        assert kept(desk).total() == 0
        reading.sync(desk)
        assert_each_once(desk, lying_in(reader.mailbox, FOLDER))


def test_a_folder_made_anew_between_two_syncs_doubles_nothing(reader: Reader) -> None:
    other = Elsewhere(reader.mailbox)
    with running_proxy(reader.mailbox.server.port) as proxy, reader.desk(proxy, FOLDER) as desk:
        assert reading.sync(desk).messages == FEW
        other.make_anew()  # two of the five came before
        again = reading.sync(desk)
        assert (again.messages, again.known) == (3, 2)
        assert_each_once(desk, [bounce(number) for number in range(8)])
