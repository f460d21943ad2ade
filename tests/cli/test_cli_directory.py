"""The directory on the command line: what an import says, asks and refuses."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from office import PEOPLE, Office

from triage import cli, errors

Run = Callable[..., int]
NEW = "p.weber@planung-sued.example"


@pytest.fixture
def run(office: Office) -> Run:
    """Runs a command on the office, its directory imported and Weber's mail come back."""
    many = "".join(f"M{n},Person {n},,m{n}@bau.example,2026-0877,A1,\n" for n in range(60))
    recipients(office).write_text(recipients(office).read_text("utf-8") + many, "utf-8")
    office.bounce("weber")
    office.synced().close()
    return lambda *words: cli.run(["--config", str(office.config), "--store", str(office.store), *words])


def recipients(office: Office) -> Path:
    return office.folder / "directory" / "recipients.csv"


def correct(office: Office) -> None:
    recipients(office).write_text(recipients(office).read_text("utf-8").replace(PEOPLE["weber"], NEW), "utf-8")


def cut(office: Office) -> None:
    """The export breaks off."""
    lines = recipients(office).read_text("utf-8").splitlines(keepends=True)
    recipients(office).write_text("".join(lines[:30]), "utf-8")


def test_a_complete_import_names_what_it_closed_and_show_tells_the_new_address(
    office: Office, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    correct(office)
    office.at(days=1)
    assert run("directory", "import", "--complete") == errors.DONE
    out = capsys.readouterr().out
    assert "0 rows new, 1 changed, 0 gone" in out
    assert f"closed {PEOPLE['weber']}" in out
    run("show", PEOPLE["weber"])
    assert f"changed in the directory on 2026-11-03 to {NEW}" in capsys.readouterr().out
    run("show", PEOPLE["weber"], "--json")
    shown = json.loads(capsys.readouterr().out)
    assert (shown["section"], shown["corrected"][0]["to"], shown["formerly"]) == ("done", NEW, [])
    assert shown["last_failed"]
    assert shown["last_delivered"] is None


def test_a_cut_export_is_refused_with_exit_code_3_unless_a_person_says_yes(
    office: Office, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    cut(office)
    assert run("directory", "import", "--complete") == errors.REFUSED
    told = capsys.readouterr().err
    assert "Of 64 recipients 35 would vanish" in told
    assert "--yes" in told
    run("directory", "status", "--json")
    assert json.loads(capsys.readouterr().out)["recipients"] == 64
    assert run("directory", "import") == errors.DONE, "without --complete nothing vanishes"
    assert run("directory", "import", "--complete", "--yes") == errors.DONE
    assert "35 gone" in capsys.readouterr().out


@pytest.mark.parametrize(("answer", "code"), [("n\n", errors.REFUSED), ("y\n", errors.DONE)])
def test_on_a_terminal_a_person_is_asked(
    office: Office, run: Run, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    asked: list[str] = []

    def confirm(words: str, default: bool) -> bool:
        asked.append(words)
        return answer == "y\n"

    cut(office)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.confirm", confirm)
    assert run("directory", "import", "--complete") == code
    assert asked == ["Of 64 recipients 35 would vanish and 0 get another address. Is the export whole?"]


def test_twenty_rejected_rows_are_shown_and_all_are_written_on_demand(
    office: Office, run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with recipients(office).open("a", encoding="utf-8") as file:
        file.writelines(f"X{n},\x1b[2JPerson,,,2026-0877,A1,\n" for n in range(30))
    into = tmp_path / "rejected.csv"
    assert run("directory", "import", "--rejected", str(into)) == errors.PARTLY
    told = capsys.readouterr().err.splitlines()
    assert next(line for line in told if "email is missing" in line).endswith("recipients.csv:66: email is missing")
    assert len([line for line in told if "email is missing" in line]) == 20
    assert any("10 rows more cannot be used" in line for line in told)
    with into.open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 30
    assert run("directory", "import", "--json") == errors.PARTLY
    report = json.loads(capsys.readouterr().out)
    assert (report["rejected"], len(report["rejections"]), report["same"] > 0) == (30, 30, True)


def test_status_says_where_from_how_much_and_how_old_and_check_warns(
    office: Office, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    office.at(days=8)
    assert run("directory", "status") == errors.DONE
    told = capsys.readouterr()
    assert f"from {office.folder}/directory" in told.out
    assert "recipients 64" in told.out
    assert "8 days old" in told.err
    assert run("check") == errors.DONE, "a warning is no failure"
    assert "! directory: The directory is 8 days old" in capsys.readouterr().out
    run("directory", "import")
    capsys.readouterr()
    run("check")
    assert "days old" not in capsys.readouterr().out
