"""The whole way once more, told step by step: run it with `pytest -s tests/journeys/test_journey_transcript.py`."""

from __future__ import annotations

import email
import re
from email.policy import default

import pytest
from journeys.world import ROTH, WEBER, Team, mailed
from servers.mta import DOMAIN, Mta

from triage import errors
from triage.claims import HEADER, parse_claims


class Transcript:
    """What happened, a step after the other; on the terminal as it happens, where the run asks for it."""

    def __init__(self, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> None:
        self._told = request.config.getoption("capture") == "no"
        self._capsys = capsys
        self._steps = 0

    def step(self, title: str, *lines: str) -> None:
        self._steps += 1
        if not self._told:
            return
        with self._capsys.disabled():
            print(f"\n{self._steps}. {title}\n")
            for line in "\n".join(lines).splitlines():
                print(f"   | {line}")

    def command(self, team: Team, *arguments: str) -> str:
        """A command that must do what it is told; returns what it printed."""
        assert team.triage(*arguments) == errors.DONE, team.err
        self.step(f"$ triage {' '.join(arguments)}", team.out, team.err)
        return team.out


@pytest.fixture
def transcript(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Transcript:
    return Transcript(request, capsys)


def test_from_a_refused_mail_to_a_letter_in_the_ledger(team_on_mta: tuple[Mta, Team], transcript: Transcript) -> None:
    mta, team = team_on_mta
    mailed(mta, team, WEBER, 1)
    tried = [line for line in mta.log().splitlines() if WEBER in line]
    refused = [line for line in tried if re.search(r"status=bounced| \*\* ", line)][-1]
    assert "550 5.1.1" in refused
    transcript.step(f"Our service mailed {WEBER}; the mail server was refused", refused)

    [report] = [email.message_from_bytes(content, policy=default) for content in team.contents("INBOX")]
    part = next(part for part in report.walk() if part.get_content_type() == "message/delivery-status")
    assert WEBER in str(part)
    transcript.step(
        "Its report lies in the support mailbox", f"From: {report['From']}", f"Subject: {report['Subject']}", str(part)
    )

    transcript.command(team, "directory", "import")
    assert "new cases 1" in transcript.command(team, "sync")
    assert WEBER in transcript.command(team, "cases", "--section", "new")
    shown = transcript.command(team, "show", WEBER)
    assert "2026-0877" in shown
    assert ROTH in shown
    transcript.command(team, "draft", WEBER)
    assert ROTH in transcript.command(team, "letters")
    assert ROTH in transcript.command(team, "send", "--all", "--yes")

    [(mail_from, to, content)] = mta.peer.accepted
    letter = email.message_from_bytes(content, policy=default)
    assert (mail_from, to) == (f"{team.mailbox.user}@{DOMAIN}", (ROTH,))
    assert parse_claims(str(letter[HEADER])) == ((WEBER, 1),)
    headers = [f"{name}: {value}" for name, value in letter.items()]
    transcript.step("The author's server accepted it", *headers, "", str(letter.get_content()))

    assert team.listed()[WEBER]["notices"] == 1
    transcript.command(team, "show", WEBER)
    assert team.triage("draft", WEBER) == errors.REFUSED
    transcript.step(f"$ triage draft {WEBER}   (refused: nothing failed since)", team.err)
