"""What goes wrong over real servers is one line and an exit code; nothing is lost, and the password stays secret."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from journeys.world import WEBER, Team
from servers import free_port
from servers.dovecot import PASSWORD

from triage import errors

WRONG = "nicht-das-kennwort-ß"

TROUBLES: dict[str, tuple[dict[str, Any], str]] = {
    "wrong password": ({"prints": WRONG}, "refuses the login"),
    "certificate of nobody's": ({"ca_file": ""}, "is not trusted"),
    "closed port": ({"port": 0}, "cannot be reached"),
    "no such folder": ({"folder": "Rückläufer"}, "no folder Rückläufer"),
}


@pytest.fixture
def at_work(team: Team) -> Team:
    """A team that has a case and a letter up for review."""
    team.bounce(1)
    for command in (("directory", "import"), ("sync",), ("draft", WEBER)):
        assert team.triage(*command) == errors.DONE
    return team


def secrets() -> list[bytes]:
    """Both passwords, as they are and as a login carries them."""
    plain = [word.encode() for word in (PASSWORD, WRONG)]
    return [*plain, *(b64encode(word) for word in plain)]


def in_trouble(team: Team, trouble: str) -> str:
    """Settings that cannot work; returns what the error must say."""
    changes, words = TROUBLES[trouble]
    team.set_up(**(changes | ({"port": free_port()} if "port" in changes else {})))
    return words


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_with_the_mailbox_is_one_line_and_exit_code_1(at_work: Team, trouble: str) -> None:
    words = in_trouble(at_work, trouble)
    assert at_work.triage("sync") == errors.FAILED
    said, *hint = at_work.err.splitlines()
    assert said.startswith("triage: ")
    assert words in said
    assert [line[:8] for line in hint] == [" " * 8]
    assert at_work.out == ""


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_loses_nothing_and_ends_when_it_is_mended(at_work: Team, trouble: str) -> None:
    before, box = at_work.listed(), at_work.snapshot()
    in_trouble(at_work, trouble)
    assert at_work.triage("sync") == errors.FAILED
    assert at_work.listed() == before
    assert at_work.triage("letters", "--json") == errors.DONE
    assert '"composed"' in at_work.out
    assert at_work.snapshot() == box
    at_work.set_up()
    at_work.day(7)
    at_work.bounce(2)
    assert at_work.triage("sync") == errors.DONE
    assert at_work.out.startswith("new messages 1,")
    assert at_work.listed()[WEBER]["bounces"] == 2


@pytest.mark.parametrize("trouble", [name for name in TROUBLES if name != "no such folder"])
def test_a_letter_that_finds_no_way_into_drafts_stays_in_review(at_work: Team, trouble: str) -> None:
    words = in_trouble(at_work, trouble)
    assert at_work.triage("send", "--all", "--yes") == errors.FAILED
    assert words in at_work.err.splitlines()[0]
    assert at_work.listed()[WEBER]["notices"] == 0
    at_work.set_up()
    assert at_work.triage("send", "--all", "--yes") == errors.DONE
    assert at_work.mailbox.count("Drafts") == 1


@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_password_stands_in_no_output_and_in_no_file_of_the_store(at_work: Team, trouble: str) -> None:
    in_trouble(at_work, trouble)
    said = ""
    for command in (("sync",), ("check",), ("send", "--all", "--yes"), ("cases",), ("show", WEBER)):
        at_work.triage(*command)
        said += at_work.out + at_work.err
        assert "Traceback" not in at_work.err
    assert WEBER in said
    files = [file for file in at_work.store.parent.glob(at_work.store.name + "*") if file.is_file()]
    assert len(files) >= 2
    for written in (said.encode(), *(file.read_bytes() for file in files)):
        assert not [secret for secret in secrets() if secret in written]
