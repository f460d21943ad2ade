"""Servers for all tests. One Dovecot serves the whole run; each test has a mailbox of its own in it."""

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator

import pytest
from servers.dovecot import PASSWORD, Dovecot, TestMailbox, running_dovecot
from servers.postfix import Postfix, running_postfix
from servers.smtp_peer import SmtpPeer, running_smtp_peer

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell that runs the tests in the background has it so
    signal.signal(signal.SIGINT, signal.default_int_handler)

_users = (f"support{number}" for number in itertools.count(1))


@pytest.fixture(scope="session")
def dovecot_server() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture
def dovecot(dovecot_server: Dovecot, monkeypatch: pytest.MonkeyPatch) -> TestMailbox:
    """An empty mailbox on a real Dovecot; its password is in the environment."""
    monkeypatch.setenv("TRIAGE_PASSWORD", PASSWORD)
    return dovecot_server.mailbox(next(_users))


@pytest.fixture
def smtp_peer() -> Iterator[SmtpPeer]:
    """A real SMTP server without TLS that accepts or refuses by local part."""
    with running_smtp_peer() as peer:
        yield peer


@pytest.fixture(scope="session")
def postfix_server() -> Iterator[Postfix]:
    with running_postfix() as server:
        yield server


@pytest.fixture
def postfix(postfix_server: Postfix) -> tuple[Postfix, TestMailbox]:
    """A real Postfix, and an empty mailbox behind it; its peer has accepted nothing yet."""
    postfix_server.peer.accepted.clear()
    return postfix_server, postfix_server.dovecot.mailbox(next(_users))
