"""A team on real servers for every journey."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from journeys.world import DAY_ONE, Team, smtp_to
from servers.dovecot import TestMailbox
from servers.exim import Exim, running_exim
from servers.mta import Mta
from servers.postfix import Postfix

from triage import clock, lang

_users = (f"bounces{number}" for number in itertools.count(1))


@pytest.fixture(autouse=True)
def _calendar_and_language() -> Iterator[None]:
    clock.fix(DAY_ONE)
    lang.use("en")
    yield
    clock.fix(None)


@pytest.fixture
def team(
    dovecot: TestMailbox, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Team:
    """A team whose letters go into its Drafts; the password comes from its command, not from the environment."""
    monkeypatch.delenv("TRIAGE_PASSWORD")
    return Team(tmp_path, dovecot, capsys, 'outlet = "drafts"')


@pytest.fixture
def team_on_postfix(
    postfix: tuple[Postfix, TestMailbox], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[Postfix, Team]:
    """A team whose bounces come by Postfix; its letters go by SMTP straight to the peer."""
    server, mailbox = postfix
    return server, Team(tmp_path, mailbox, capsys, smtp_to(server.peer.port))


@pytest.fixture(scope="session")
def exim_server() -> Iterator[Exim]:
    with running_exim() as server:
        yield server


@pytest.fixture(params=["postfix", "exim"])
def team_on_mta(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[Mta, Team]:
    """The same on each mail server."""
    server: Mta = request.getfixturevalue(f"{request.param}_server")
    server.peer.accepted.clear()
    return server, Team(tmp_path, server.dovecot.mailbox(next(_users)), capsys, smtp_to(server.peer.port))
