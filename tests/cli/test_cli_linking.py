"""The bin on the command line: what a case may be about, why nothing is proven, and a person's choice."""

from __future__ import annotations

import json
from typing import Any

import pytest
import unsure_world as world
from office import PEOPLE, Office

from triage import cli, errors


@pytest.fixture
def unsure(office: Office) -> Office:
    world.extend(office)
    world.bounce(office, world.KURZ)
    world.bounce(office, "nobody@nowhere.example")
    office.bounce("weber")
    world.bounce(office, world.FORWARDED_TO, original=PEOPLE["beck"], message_id="m.beck@iprot.example")
    office.synced().close()
    return office


class Shell:
    """Runs commands on the office; keeps what they printed."""

    def __init__(self, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
        self._options = ["--config", str(office.config), "--store", str(office.store)]
        self._capsys = capsys
        self.out = ""

    def __call__(self, *arguments: str) -> int:
        self._capsys.readouterr()
        code = cli.run([*self._options, *arguments])
        self.out = self._capsys.readouterr().out
        return code

    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def shell(unsure: Office, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(unsure, capsys)


def test_link_without_a_protocol_lists_what_may_be_meant_and_changes_nothing(shell: Shell) -> None:
    assert shell("link", world.KURZ) == errors.DONE
    assert shell.out.splitlines() == [
        "Doubt: nothing of a mail of ours came back.",
        "2026-0878  2026-10-29  Abnahme    Ingo Lang   possible: mailed lately: one of 3",
        "2026-0879  2026-10-30  Rohbau 3   Karin Roth  possible: mailed lately: one of 3",
        "2026-0880  2026-10-31  Dachstuhl  Ingo Lang   possible: mailed lately: one of 3",
        f"`triage link {world.KURZ} PROTOCOL` decides.",
    ]
    assert shell("cases", "--section", "bin") == errors.DONE
    assert world.KURZ in shell.out


def test_link_lists_as_json(shell: Shell) -> None:
    assert shell("link", world.KURZ, "--json") == errors.DONE
    first, *others = shell.objects()
    assert len(others) == 2
    assert {**first, "score": 0} == {
        "protocol": "2026-0878",
        "title": "Abnahme",
        "date": "2026-10-29",
        "author": "Ingo Lang",
        "evidence": "several_protocols",
        "matched": "3",
        "score": 0,
    }
    assert shell("link", "nobody@nowhere.example", "--json") == errors.DONE
    assert shell.objects() == []


def test_where_nothing_hints_at_a_protocol_link_says_so(shell: Shell) -> None:
    assert shell("link", "nobody@nowhere.example") == errors.DONE
    assert "Nothing hints at a protocol: name one." in shell.out


def test_link_of_a_case_that_is_linked_says_to_what(shell: Shell) -> None:
    assert shell("link", PEOPLE["weber"]) == errors.DONE
    assert shell.out == f"{PEOPLE['weber']} is linked to 2026-0877 already.\n"


def test_a_guess_is_chosen_by_its_number_and_undone(shell: Shell) -> None:
    assert shell("link", world.KURZ, "2026-0879") == errors.DONE
    assert shell("show", world.KURZ, "--json") == errors.DONE
    [case] = shell.objects()
    assert (case["strength"], case["protocol"], case["guesses"], case["doubt"]) == ("decided", "2026-0879", [], None)
    assert shell("undo") == errors.DONE
    assert shell("show", world.KURZ, "--json") == errors.DONE
    [case] = shell.objects()
    assert [guess["protocol"] for guess in case["guesses"]] == ["2026-0878", "2026-0879", "2026-0880"]
    assert (case["section"], case["doubt"]) == ("bin", "nothing_ours")


def test_show_tells_doubt_and_guesses_and_nothing_that_is_not_known(shell: Shell) -> None:
    assert shell("show", world.KURZ) == errors.DONE
    assert "Doubt: nothing of a mail of ours came back." in shell.out
    assert shell.out.count("perhaps 2026-08") == 3
    assert "last delivered" not in shell.out, "it may be the very mail that failed"
    assert shell("show", "nobody@nowhere.example") == errors.DONE
    assert "Nothing hints at a protocol." in shell.out


def test_show_says_where_the_mail_was_forwarded_to(shell: Shell) -> None:
    assert shell("show", PEOPLE["beck"]) == errors.DONE
    assert f"forwarded to {world.FORWARDED_TO}, which fails" in shell.out


def test_cases_as_json_keep_their_names_in_the_bin(shell: Shell) -> None:
    assert shell("cases", "--section", "bin", "--json") == errors.DONE
    assert shell.objects()
    names = ["address", "section", "kind", "notices", "bounces", "protocol", "author", "evidence", "strength"]
    assert all([*case] == [*names, "suggestion", "first_seen", "last_seen"] for case in shell.objects())


def test_check_tells_what_the_patterns_match(shell: Shell) -> None:
    assert shell("check") == errors.DONE
    assert "✓ linking: the last 4 bounces" in shell.out
    assert "✓ protocol_url: in 1 of 4 bounces, e.g. https://iprot.example/p/~…" in shell.out


def test_an_address_that_no_bounce_is_about_cannot_be_linked(shell: Shell) -> None:
    assert shell("record", PEOPLE["huber"], "--date", "2026-11-01", "--to", PEOPLE["roth"]) == errors.DONE
    assert shell("link", PEOPLE["huber"], "2026-0877") == errors.REFUSED
    assert shell("show", PEOPLE["huber"], "--json") == errors.DONE
    [case] = shell.objects()
    assert (case["strength"], case["protocol"]) == (None, None)


NO_TEXT = "\udcff\udcfe"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("link", world.KURZ, NO_TEXT), errors.FAILED),
        (("link", NO_TEXT), errors.FAILED),
        (("cases", "--filter", NO_TEXT), errors.DONE),
        (("note", world.KURZ, NO_TEXT), errors.DONE),
        (("close", world.KURZ, "--because", NO_TEXT), errors.DONE),
    ],
)
def test_octets_that_are_no_text_break_nothing(shell: Shell, words: tuple[str, ...], code: int) -> None:
    assert shell(*words) == code
