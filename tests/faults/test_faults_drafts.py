"""A letter is put into Drafts, or its copy into Sent, and something breaks: it never lies there twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.drafts_table import HANDED_OVER, LIES_THERE, RELEASED, REVIEW, UNKNOWN, cells
from faults.letters_world import draft, notices, send, write_settings
from faults.world import assert_sound, impatient, lying_in
from office import MONDAY, Office
from servers.dovecot import TestMailbox
from servers.proxy import Fault, Proxy, running_proxy
from servers.smtp_peer import SmtpPeer

from triage import clock, lang
from triage.desk import Desk, reading, sending
from triage.errors import OutletError
from triage.model import LetterState


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock.fix(MONDAY)
    lang.use("en")
    yield Office(tmp_path)
    clock.fix(None)


def mailbox_at(proxy: Proxy, mailbox: TestMailbox) -> str:
    return f'host = "127.0.0.1"\nport = {proxy.port}\nuser = "{mailbox.user}"\ntls = "none"'


def outcome(desk: Desk, proxy: Proxy, mailbox: TestMailbox) -> str:
    """A letter is handed over while the fault strikes; then once more what may be. In a word what became of it."""
    [letter] = draft(desk)
    first = send(desk)
    assert proxy.struck, f"nothing went wrong; heard: {proxy.heard}"
    proxy.set(None)
    state, counted, lies = sending.letter(desk, letter.id).state, notices(desk), mailbox.count("Drafts")
    second = send(desk)
    match state:
        case LetterState.COMPOSED:
            assert isinstance(first, OutletError)
            assert (counted, lies, second) == (0, 0, [LetterState.HANDED_OVER])
            return REVIEW
        case LetterState.RELEASED:
            assert (counted, lies, second) == (0, 0, [])
            assert [new.id for new in draft(desk)] != [letter.id]
            assert send(desk) == [LetterState.HANDED_OVER]
            return RELEASED
        case LetterState.UNCONFIRMED:
            assert (counted, second, draft(desk)) == (1, [], [])
            return LIES_THERE if lies else UNKNOWN
        case _:
            assert (state, counted, lies, second) == (LetterState.HANDED_OVER, 1, 1, [])
            return HANDED_OVER


@pytest.mark.parametrize(
    ("fault", "expected"),
    [pytest.param(fault, expected, id=f"{step}: {what}") for step, what, fault, expected in cells()],
)
def test_whatever_breaks_at_a_step_a_letter_lies_in_drafts_at_most_once(
    office: Office, dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch, fault: Fault, expected: str
) -> None:
    office.bounce()
    with office.synced() as desk, running_proxy(dovecot.server.port, fault) as proxy:
        write_settings(office, desk, 'outlet = "drafts"', mailbox_at(proxy, dovecot))
        if fault.is_silent:
            impatient(monkeypatch)
        assert outcome(desk, proxy, dovecot) == expected
        assert dovecot.count("Drafts") == (0 if expected == UNKNOWN else 1)
        assert notices(desk) == 1
        assert_sound(desk)


def test_an_unconfirmed_letter_that_lies_in_drafts_is_settled_when_a_person_sends_it(
    office: Office, dovecot: TestMailbox
) -> None:
    lost = Fault(rb'^\S+ APPEND "?Drafts', passes=20)
    office.bounce()
    with office.synced() as desk, running_proxy(dovecot.server.port, lost) as proxy:
        write_settings(office, desk, 'outlet = "drafts"', mailbox_at(proxy, dovecot))
        [letter] = draft(desk)
        assert send(desk) == [LetterState.UNCONFIRMED]
        with dovecot.client() as client:
            client.select_folder("Drafts")
            client.move(client.search(), "Sent")
        assert reading.sync(desk).settled == 1
        assert sending.letter(desk, letter.id).state is LetterState.SENT
        assert notices(desk) == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(rb'^\S+ APPEND "?Sent', says=b"TAG NO [OVERQUOTA] full\r\n"), id="NO [OVERQUOTA]"),
        pytest.param(Fault(rb'^\S+ APPEND "?Sent'), id="cut before the server hears"),
        pytest.param(Fault(rb'^\S+ APPEND "?Sent', uploads=100), id="cut in the literal"),
        pytest.param(Fault(rb'^\S+ APPEND "?Sent', passes=20), id="cut before the last answer"),
    ],
)
def test_a_copy_for_sent_that_fails_changes_nothing_about_a_letter_that_left(
    office: Office, dovecot: TestMailbox, smtp_peer: SmtpPeer, fault: Fault
) -> None:
    office.bounce()
    with office.synced() as desk, running_proxy(dovecot.server.port, fault) as proxy:
        post = f'outlet = "smtp"\nhost = "127.0.0.1"\nport = {smtp_peer.port}\ntls = "none"'
        write_settings(office, desk, post, mailbox_at(proxy, dovecot))
        [letter] = draft(desk)
        assert send(desk) == [LetterState.SENT]
        assert proxy.struck
        assert "without a copy in Sent" in sending.letter(desk, letter.id).detail
        assert (notices(desk), send(desk), len(smtp_peer.accepted)) == (1, [], 1)
        assert len(lying_in(dovecot, "Sent")) <= 1
