"""Reading and watching a real mailbox from the command line, and what `triage check` tells of it."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.dovecot import PASSWORD, TestMailbox

from triage import cli, clock, errors, lang
from triage.desk import reading
from triage.mailbox import imap


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    lang.use("en")
    yield
    clock.fix(None)


class Command:
    """`triage` on settings for a mailbox of its own."""

    def __init__(self, dovecot: TestMailbox, folder: Path) -> None:
        self.dovecot = dovecot
        self.config = folder / "triage.toml"
        self.settings()

    def settings(self, *more: str, post: str = 'outlet = "drafts"') -> None:
        server = self.dovecot.server
        lines = [
            '[mailbox]\nhost = "localhost"',
            f"port = {server.tls_port}",
            f'user = "{self.dovecot.user}"',
            f'ca_file = "{server.certificate}"',
            *more,
            f"[post]\n{post}",
        ]
        self.config.write_text("\n".join(lines) + "\n", "utf-8")

    @property
    def words(self) -> list[str]:
        return [sys.executable, "-m", "triage", "--lang", "en", "--config", str(self.config)]

    def __call__(self, *arguments: str) -> int:
        return cli.run(["--lang", "en", "--config", str(self.config), *arguments])

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.words, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )


@pytest.fixture
def triage(dovecot: TestMailbox, tmp_path: Path) -> Command:
    return Command(dovecot, tmp_path)


def mail(number: int) -> bytes:
    return b"From: MAILER-DAEMON@mx.example\r\nSubject: failure %d\r\n\r\nunbekannt\r\n" % number


# --- check ---


def line_of(printed: str, folder: str) -> str:
    return next(line for line in printed.splitlines() if line.split("  ")[2:3] == [folder])


def test_check_lists_the_folders_and_what_each_is_for(triage: Command, capsys: pytest.CaptureFixture[str]) -> None:
    with triage.dovecot.client() as client:
        client.create_folder("Rückläufer")
        client.create_folder("Kunden.Planwerk")
    triage.dovecot.put(mail(1), mail(2), folder="Rückläufer")
    triage.settings('folders = ["Rückläufer"]', 'mark = "$Triage"', 'move_to = "Kunden.Planwerk"')
    triage("check")
    out = capsys.readouterr().out
    assert re.search(r"Rückläufer +2  bounces are read here", out)
    assert re.search(r"Drafts +0  drafts", out)
    assert re.search(r"Sent +0  sent letters", out)
    assert re.search(r"Kunden\.Planwerk +0  bounces are moved here", out)
    assert not re.search(r"Kunden +", out), "it cannot be opened"
    assert "bounces get the mark $Triage" in out
    assert "2 messages can be read" in out


def test_a_folder_that_is_not_there_is_named_with_the_nearest(
    triage: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with triage.dovecot.client() as client:
        client.create_folder("Rückläufer")
    triage.settings('folders = ["Ruecklaeufer", "inbox"]', 'sent = "Gesendet"', 'move_to = "INBOX.Bounces"')
    assert triage("check") == errors.FAILED
    out = capsys.readouterr().out
    assert "✗ folders: There is no folder Ruecklaeufer." in out
    assert "Did you mean Rückläufer?" in out
    assert "✗ sent: There is no folder Gesendet." in out
    assert "✗ move_to: There is no folder INBOX.Bounces." in out
    assert "no folder inbox" not in out


def test_a_mailbox_without_sent_or_drafts_is_a_warning(
    triage: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = imap.ImapSource.folders

    def plain(self: imap.ImapSource) -> list[object]:
        return [folder for folder in listed(self) if not folder.use]

    monkeypatch.setattr(imap.ImapSource, "folders", plain)
    triage.settings(post='outlet = "smtp"\nhost = "localhost"')
    triage("check")
    smtp = capsys.readouterr().out
    assert "! sent letters: No folder for sent letters was found" in smtp
    assert "! drafts" not in smtp
    triage.settings(post='outlet = "drafts"')
    triage("check")
    assert "! drafts: No folder for drafts was found" in capsys.readouterr().out
    triage.settings('sent = "INBOX"', 'drafts = "INBOX"')
    triage("check")
    assert "! " not in capsys.readouterr().out


# --- sync ---


def test_without_a_terminal_progress_is_a_line_now_and_then(
    triage: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from triage.cli import sync

    monkeypatch.setattr(imap, "BATCH_MESSAGES", 1)
    triage.dovecot.put(*(mail(n) for n in range(4)))
    assert triage("sync") == errors.DONE
    quick = capsys.readouterr()
    assert "a second" not in quick.err, "it was done before the first line was due"
    assert "new messages 4" in quick.out
    triage.dovecot.put(*(mail(n) for n in range(4, 8)))
    monkeypatch.setattr(sync, "_LOG_EVERY", 0.0)
    assert triage("sync") == errors.DONE
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(",")[0] for line in lines] == ["1 of 4", "2 of 4", "3 of 4"]
    assert all(re.fullmatch(r"\d of 4, \d+ a second, 0 new cases", line) for line in lines)


def test_ctrl_c_while_reading_keeps_what_was_read_and_says_so(
    triage: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "BATCH_MESSAGES", 2)
    triage.dovecot.put(*(mail(n) for n in range(6)))
    keep_batch, batches = reading._keep_batch, []

    def interrupted(*arguments: object) -> object:
        batches.append(1)
        if len(batches) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return keep_batch(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_keep_batch", interrupted)
    assert triage("sync") == errors.PARTLY
    out = capsys.readouterr().out
    assert "Stopped: 4 messages are read and kept." in out
    monkeypatch.setattr(reading, "_keep_batch", keep_batch)
    assert triage("sync") == errors.DONE
    assert "new messages 2" in capsys.readouterr().out


def test_watching_prints_a_line_for_what_comes_and_ctrl_c_ends_it_well(triage: Command) -> None:
    process = triage.started("sync", "--watch")
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert re.match(r"\d\d:\d\d new messages 0", process.stdout.readline())
        assert re.match(r"\d\d:\d\d watching support\d+@localhost", process.stdout.readline())
        triage.dovecot.put(mail(1))
        assert re.match(r"\d\d:\d\d new messages 1", process.stdout.readline())
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out, err) == (errors.DONE, "Stopped.\n", "")
    assert time.monotonic() - began < 5


def test_watching_with_a_wrong_password_ends_with_its_error(
    triage: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", "falsch")
    assert triage("sync", "--watch") == errors.FAILED
    assert "refuses the login" in capsys.readouterr().err


# --- the password ---


def in_a_terminal(command: list[str], typed: str) -> tuple[int, str]:
    """(exit code, what the terminal showed); `typed` is typed at the prompt."""
    ours, theirs = pty.openpty()
    plain = {name: value for name, value in os.environ.items() if name != "TRIAGE_PASSWORD"}
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=plain, start_new_session=True)
    os.close(theirs)
    shown = b""
    end = time.monotonic() + 20
    try:
        while time.monotonic() < end:
            shown += os.read(ours, 1000)
            if b"Password of" in shown and typed:
                os.write(ours, typed.encode() + b"\n")
                typed = ""
    except OSError:
        pass  # the other end is closed
    finally:
        os.close(ours)
    return process.wait(10), shown.decode("utf-8", "replace")


def test_a_password_that_nothing_else_tells_is_asked_for_once_and_never_shown(triage: Command) -> None:
    triage.dovecot.put(mail(1))
    code, shown = in_a_terminal([*triage.words, "sync"], PASSWORD)
    assert code == errors.DONE, shown
    assert shown.count("Password of") == 1
    assert f"Password of {triage.dovecot.user}@localhost:" in shown
    assert PASSWORD not in shown
    assert "new messages 1" in shown


def test_without_a_terminal_a_missing_password_is_an_error(triage: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIAGE_PASSWORD")
    process = triage.started("sync")
    _out, err = process.communicate(timeout=20)
    assert process.returncode == errors.USAGE
    assert "There is no password" in err
