"""Notices beside Triage, answers, and what `show` tells of them."""

from __future__ import annotations

import json
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from cli.test_cli_way import WEBER, Shell, ready
from office import Office

from triage import errors
from triage.model import Refusal


@pytest.fixture
def shell(office: Office, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(office, capsys)


def imported(shell: Shell, rows: str, header: str = "address,date,to", encoding: str = "utf-8") -> int:
    path: Path = shell.office.folder / "ledger.csv"
    path.write_text(f"{header}\n{rows}", encoding)
    return shell("ledger", "import", str(path))


def shown(shell: Shell, address: str = WEBER) -> dict[str, Any]:
    assert shell("show", address, "--json") == errors.DONE
    told: dict[str, Any] = json.loads(shell.out)
    return told


def test_notices_from_a_file_count_and_the_same_file_again_changes_nothing(shell: Shell) -> None:
    ready(shell)
    rows = f"{WEBER},2026-10-05,k.roth@planwerk.example\n{WEBER},2026-10-19,k.roth@planwerk.example\n"
    for _time in range(2):
        assert imported(shell, rows) == errors.DONE
        assert "2 notices are counted" in shell.out
    assert shown(shell)["notices"] == 2


def test_a_row_that_stands_there_twice_is_one_notice(shell: Shell) -> None:
    ready(shell)
    assert imported(shell, f"{WEBER},2026-10-05,a@b.example\n{WEBER.upper()},2026-10-05,A@B.example\n") == errors.DONE
    assert "one notice is counted" in shell.out
    assert shown(shell)["notices"] == 1


def test_beyond_three_is_named_with_its_line_and_the_rest_counts(shell: Shell) -> None:
    ready(shell)
    rows = "".join(f"{WEBER},2026-10-{day:02},a@b.example\n" for day in (2, 9, 16, 23))
    assert imported(shell, rows) == errors.PARTLY
    assert "3 notices are counted" in shell.out
    assert f"ledger.csv:5: {WEBER} has had three notices" in shell.err
    assert shown(shell)["notices"] == 3
    assert shown(shell)["refused"] == Refusal.THREE_SENT.value


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("weber,2026-10-05,", "weber is no address."),
        ("<>,2026-10-05,", "<> is no address."),
        (",2026-10-05,", "no address"),
        ("   ,2026-10-05,", "no address"),
        (f"{WEBER},gestern,", "gestern is no day."),
        (f"{WEBER},,", "– is no day."),
        (f"{WEBER}", "– is no day."),
        (f"{WEBER},31.02.2026,", "2026-02-31 is no day."),
        (f"{WEBER},2099-01-01,", "A notice cannot have left in the future"),
    ],
)
def test_a_row_that_cannot_count_is_named_and_the_others_count(shell: Shell, row: str, why: str) -> None:
    ready(shell)
    assert imported(shell, f"{row}\nmax@firma.example,2026-10-05,a@b.example\n") == errors.PARTLY
    assert "one notice is counted" in shell.out
    assert f"ledger.csv:2: {why}" in shell.err
    assert shown(shell)["notices"] == 0


@pytest.mark.parametrize(
    "written", ["a.beck@tragwerk,example", "bau huber@x.example", "p..w@x.example", "x@-y.example"]
)
def test_a_mistyped_address_counts_for_it_is_what_notices_are_about(shell: Shell, written: str) -> None:
    assert imported(shell, f'"{written}",2026-10-05,a@b.example\n') == errors.DONE
    assert shown(shell, written)["notices"] == 1


def test_columns_and_days_may_be_written_as_people_do(shell: Shell) -> None:
    ready(shell)
    header = "Date; Address ;TO;Bemerkung"
    assert imported(shell, f"5.10.2026;{WEBER};a@b.example;x;y\n", header, "utf-8-sig") == errors.DONE
    [notice] = shown(shell)["notices_sent"]
    assert str(notice["left_at"]).startswith("2026-10-05")


@pytest.mark.parametrize("header", ["address,to", "date", ""])
def test_a_file_without_the_columns_is_refused_whole(shell: Shell, header: str) -> None:
    assert imported(shell, "x\n", header) != errors.DONE
    assert "there is no column" in shell.err


def test_a_file_in_another_encoding_or_none_is_told(shell: Shell) -> None:
    assert imported(shell, "müller@x.example,2026-10-05,\n", encoding="cp1252") != errors.DONE
    assert "cannot be read" in shell.err
    assert shell("ledger", "import", "nowhere.csv") != errors.DONE


def test_a_recorded_notice_beyond_three_is_refused_by_the_rule(shell: Shell) -> None:
    ready(shell)
    for day in (2, 9, 16):
        assert shell("record", WEBER, "--date", f"2026-10-{day:02}", "--to", "a@b.example") == errors.DONE
    assert shell("record", WEBER, "--date", "2026-10-23", "--to", "a@b.example") == errors.REFUSED
    assert "three notices" in shell.err


def test_show_tells_the_answers_to_our_letters(shell: Shell) -> None:
    ready(shell)
    assert shell("draft", WEBER) == errors.DONE
    assert shell("send", "--all", "--yes") == errors.DONE
    [file] = shell.office.letters.glob("*.eml")
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Karin Roth <k.roth@planwerk.example>", "Re: Bitte prüfen"
    mail.set_content(f"Vorgang {file.stem}: erledigt\n")
    (shell.office.mail / "9.eml").write_bytes(mail.as_bytes())
    assert shown(shell)["answers"] == []
    assert shell("sync") == errors.DONE
    [answer] = shown(shell)["answers"]
    assert (answer["from"], answer["subject"], answer["kind"], answer["reference"]) == (
        "Karin Roth <k.roth@planwerk.example>",
        "Re: Bitte prüfen",
        "not_bounce",
        file.stem,
    )
    assert shell("show", WEBER) == errors.DONE
    assert "answer of 2026-11-02 from Karin Roth <k.roth@planwerk.example>: Re: Bitte prüfen" in shell.out
