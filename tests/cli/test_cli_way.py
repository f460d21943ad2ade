"""The command line: the way of a bounce, exit codes, and errors in one line."""

from __future__ import annotations

import importlib.util
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from office import PEOPLE, Office

from triage import cli, errors, lang
from triage.model import Refusal

WEBER = PEOPLE["weber"]


class Shell:
    """Runs commands on the office; keeps what they printed."""

    def __init__(self, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
        self.office = office
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        office = self.office
        return self.bare("--config", str(office.config), "--store", str(office.store), *arguments)

    def bare(self, *arguments: str) -> int:
        self._capsys.readouterr()
        code = cli.run(list(arguments))
        self.out, self.err = self._capsys.readouterr()
        return code

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def shell(office: Office, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(office, capsys)


def ready(shell: Shell, *who: str) -> None:
    """The directory is imported and these people's bounces are in."""
    for name in who or ("weber",):
        shell.office.bounce(name)
    assert shell("directory", "import") == errors.DONE
    assert shell("sync") == errors.DONE


def test_sync_draft_send_and_the_next_draft_is_refused_by_the_rule(shell: Shell) -> None:
    ready(shell)
    assert shell("draft", WEBER) == errors.DONE
    assert shell("send", "--all", "--yes") == errors.DONE
    assert "sent" in shell.out
    assert shell("draft", WEBER) == errors.REFUSED
    assert lang.label(Refusal.NOTHING_NEW) in shell.err


def test_a_fourth_notice_is_refused_by_draft_and_by_record_with_exit_code_3(shell: Shell) -> None:
    ready(shell)
    for day in ("2026-09-01", "2026-09-10", "2026-09-20"):
        assert shell("record", WEBER, "--date", day, "--to", "k.roth@planwerk.example") == errors.DONE
    assert shell("draft", WEBER) == errors.REFUSED
    assert "three notices" in shell.err
    assert shell("record", WEBER, "--date", "2026-10-01") == errors.REFUSED
    assert shell("cases", "--section", "blocked", "--json") == errors.DONE
    assert [case["address"] for case in shell.lines()] == [WEBER]


def test_what_may_be_written_is_and_what_may_not_is_named_with_exit_code_4(shell: Shell) -> None:
    ready(shell, "weber", "beck")
    shell("close", PEOPLE["beck"])
    assert shell("draft", WEBER, PEOPLE["beck"]) == errors.PARTLY
    assert PEOPLE["beck"] in shell.err


def test_send_wants_yes_and_says_what_would_leave(shell: Shell) -> None:
    ready(shell)
    shell("draft")
    assert shell("send", "--all") == errors.USAGE
    assert "--yes" in shell.err
    assert WEBER in shell.out
    assert not shell.office.letters.exists()


def test_letters_are_named_by_their_reference(shell: Shell) -> None:
    ready(shell)
    shell("draft")
    assert shell("letters", "--json") == errors.DONE
    [letter] = shell.lines()
    assert shell("letters", letter["reference"].lower()) == errors.DONE
    assert letter["reference"] in shell.out
    assert shell("send", letter["reference"], "--yes") == errors.DONE
    assert shell("send", "T-NONE", "--yes") == errors.FAILED


def test_cases_as_json_have_the_names_that_scripts_rely_on(shell: Shell) -> None:
    ready(shell)
    assert shell("cases", "--json") == errors.DONE
    [case] = shell.lines()
    assert {**case, "first_seen": "", "last_seen": ""} == {
        "address": WEBER,
        "section": "new",
        "kind": "wrong_mailbox",
        "notices": 0,
        "bounces": 1,
        "protocol": "2026-0877",
        "author": "k.roth@planwerk.example",
        "evidence": "message_id",
        "strength": "proof",
        "suggestion": None,
        "first_seen": "",
        "last_seen": "",
    }


def test_show_tells_what_happened_and_what_may_be_done(shell: Shell) -> None:
    ready(shell)
    assert shell("show", WEBER.upper()) == errors.DONE
    for words in (
        WEBER,
        "2026-0877",
        "Karin Roth",
        "Message-ID came back",
        "may be notified now (notice 1)",
        "550 5.1.1",
    ):
        assert words in shell.out
    assert shell("show", "weber") == errors.FAILED
    assert WEBER in shell.err, "near addresses are named"


def test_show_says_no_sentence_twice(shell: Shell) -> None:
    ready(shell)
    assert shell("show", WEBER) == errors.DONE
    lines = shell.out.splitlines()
    assert len(set(lines)) == len(lines)
    assert shell.out.count("Ask the author for the right address.") == 1


def test_acts_on_a_case_and_undo(shell: Shell) -> None:
    ready(shell)
    assert shell("note", WEBER, "angerufen,", "kommt", "neu") == errors.DONE
    assert shell("wait", WEBER, "--until", "2026-12-01") == errors.DONE
    assert shell("cases", "--section", "waiting") == errors.DONE
    assert WEBER in shell.out
    assert shell("undo") == errors.DONE
    assert "wait until" in shell.out
    assert shell("link", WEBER, "2026-0878") == errors.DONE
    assert shell("link", WEBER, "1999-0001") == errors.FAILED


def test_week_in_every_format_and_into_a_file(shell: Shell) -> None:
    ready(shell)
    shell("draft")
    shell("send", "--all", "--yes")
    for form in ("md", "csv", "json"):
        assert shell("week", "--format", form) == errors.DONE
        assert WEBER in shell.out.replace("\\", "")
    target = shell.office.folder / "week.csv"
    assert shell("week", "2026-W45", "--format", "csv", "-o", str(target)) == errors.DONE
    assert WEBER in target.read_text("utf-8-sig")
    assert shell("week", "2026-W99") == errors.USAGE
    assert shell("week", "--format", "csv", "-o", str(target)) == errors.USAGE
    assert "--force" in shell.err
    assert shell("week", "--format", "csv", "-o", str(target), "--force") == errors.DONE


def test_classify_says_one_line_a_message_and_goes_on_after_what_it_cannot_read(shell: Shell) -> None:
    shell.office.bounce()
    shell.office.bounce("beck", "full")
    missing = shell.office.folder / "missing.eml"
    assert shell.bare("classify", "--json", str(missing), str(shell.office.mail)) == errors.PARTLY
    objects = shell.lines()
    assert [o["kind"] for o in objects] == [None, "wrong_mailbox", "mailbox_full"]
    assert objects[0]["error"]
    assert objects[1]["recipients"] == [WEBER]
    assert objects[1]["failures"][0]["status"] == "5.1.1"
    assert objects[1]["original_message_id"] == "<m.weber@iprot.example>"


def test_classify_of_a_folder_without_mails_says_so(shell: Shell) -> None:
    assert shell.bare("classify", str(shell.office.mail)) == errors.FAILED
    assert "no messages" in shell.err


def test_without_store_the_store_lies_beside_the_settings_that_were_named(shell: Shell) -> None:
    shell.office.bounce()
    assert shell.bare("--config", str(shell.office.config), "sync") == errors.DONE
    assert shell.office.config.with_suffix(".db").exists()


def test_the_screens_want_a_terminal(shell: Shell) -> None:
    assert shell() == errors.USAGE
    assert "terminal" in shell.err


def test_a_case_waits_only_for_a_day_to_come(shell: Shell) -> None:
    ready(shell)
    assert shell("wait", WEBER, "--until", "2026-10-01") == errors.USAGE
    assert shell("wait", WEBER, "--until", "7") == errors.DONE
    assert "2026-11-09" in shell.out
    assert shell("wait", WEBER, "--until", "24.12.2026") == errors.DONE


def test_settle_is_for_open_letters_only(shell: Shell) -> None:
    ready(shell)
    shell("draft")
    shell("letters", "--json")
    [letter] = shell.lines()
    assert shell("settle", letter["reference"], "sent") == errors.REFUSED


# --- what goes wrong ---


def test_without_settings_it_says_what_to_do(shell: Shell) -> None:
    assert shell.bare("--config", str(shell.office.folder / "none.toml"), "sync") == errors.USAGE
    assert "triage init" in shell.err
    assert "triage demo" in shell.err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('usr = "x"', ["triage.toml:2", "usr", "user"]),
        ("port = true", ["triage.toml:2", "port", "whole number"]),
        ('tls = "no"', ["triage.toml:2", "implicit"]),
        ("= 3", ["triage.toml"]),
    ],
)
def test_wrong_settings_name_file_line_key_and_the_nearest_key(shell: Shell, line: str, words: list[str]) -> None:
    shell.office.config.write_text(f"[mailbox]\n{line}\n")
    assert shell("sync") == errors.USAGE
    for word in words:
        assert word in shell.err
    assert "Traceback" not in shell.err


def test_a_store_that_cannot_be_written_is_one_line(shell: Shell) -> None:
    shell.office.store.write_bytes(b"no database at all, only words" * 100)
    assert shell("sync") == errors.FAILED
    assert len(shell.err.strip().splitlines()) == 2


def test_a_mailbox_that_is_not_there_is_one_line_and_nothing_is_lost(shell: Shell) -> None:
    ready(shell)
    shell.office.config.write_text(shell.office.config.read_text().replace('path = "mail/"', 'path = "gone/"'))
    assert shell("sync") == errors.USAGE
    assert "gone" in shell.err
    assert shell("cases") == errors.DONE
    assert WEBER in shell.out


def test_init_writes_private_settings_that_load_and_never_overwrites(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    path = shell.office.folder / "new" / "triage.toml"
    answers = "support@iprot.example\n\n\n\niprot@iprot.example\nhttps://iprot.example/p/{token}\n\ny\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
    assert shell.bare("--config", str(path), "init") == errors.DONE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    from triage import config

    settings = config.load(path)
    assert (settings.mailbox.host, settings.sender.addresses) == ("imap.iprot.example", ("iprot@iprot.example",))
    assert shell.bare("--config", str(path), "init") == errors.USAGE


def test_check_names_each_part_that_is_wrong(shell: Shell) -> None:
    shell.office.bounce()
    assert shell("check") == errors.DONE
    (shell.office.folder / "directory" / "authors.csv").write_text("id;mail\n1;2\n")
    assert shell("check") == errors.FAILED
    assert "authors.csv" in shell.out


def test_hostile_text_reaches_the_terminal_only_cleaned(shell: Shell) -> None:
    ready(shell)
    mail = next(shell.office.mail.iterdir())
    hostile = mail.read_text().replace("User unknown", "\x1b]52;c;AAAA\x07 \u202e[bold]User unknown")
    (shell.office.mail / "hostile.eml").write_text(hostile.replace("bounce1@", "bounce2@"), "utf-8")
    assert shell("sync") == errors.DONE
    shell("draft")
    shell("send", "--all", "--yes")
    for command in (
        ("week", "--format", "json"),
        ("week", "--format", "md"),
        ("week", "--format", "csv"),
        ("show", WEBER),
        ("cases",),
        ("show", WEBER, "--json"),
        ("classify", "--explain", str(shell.office.mail)),
    ):
        shell(*command)
        assert "\x1b" not in shell.out
        assert "\u202e" not in shell.out


def test_a_disk_that_is_full_is_said_and_leaves_nothing_half_written(office: Office) -> None:
    """RLIMIT_FSIZE stands in for a full disk: writes beyond it fail."""
    import resource
    import signal
    import subprocess
    import sys

    for _ in range(120):
        office.bounce()
    with office.desk():
        pass
    most = office.store.stat().st_size + 20_000

    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    command = [
        sys.executable,
        "-m",
        "triage",
        "--lang",
        "en",
        "--config",
        str(office.config),
        "--store",
        str(office.store),
    ]
    ran = subprocess.run(
        [*command, "sync"], capture_output=True, text=True, preexec_fn=small_disk, check=False, env={**os.environ}
    )
    assert (ran.returncode, "Traceback" in ran.stderr) == (errors.FAILED, False), ran.stderr
    with office.synced() as desk:
        from triage.desk import queue

        [case] = queue.ids(desk, None)
        assert queue.page(desk, [case])[0].bounces == 120


def test_every_command_and_option_has_help() -> None:
    import click

    def walk(command: click.Command, name: str) -> None:
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"{name} {parameter.name}"
        if isinstance(command, click.Group):
            for child, sub in command.commands.items():
                walk(sub, f"{name} {child}")

    walk(cli.group, "triage")


def test_the_documentation_of_the_commands_is_that_of_the_program() -> None:
    root = Path(__file__).parents[2]
    spec = importlib.util.spec_from_file_location("make_docs", root / "scripts" / "make_docs.py")
    assert spec is not None
    assert spec.loader is not None
    make_docs = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make_docs)
    for path, text in make_docs.documents().items():
        assert path.read_text("utf-8") == text, "run scripts/make_docs.py"
