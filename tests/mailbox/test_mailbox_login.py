"""Where the password comes from, and what is said when none comes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from triage import login
from triage.config import Mailbox, Post, Settings
from triage.errors import SettingsError


def asked(server: Mailbox | Post, folder: Path = Path()) -> str:
    return login.password(server, Settings(file=folder / "triage.toml"))


@pytest.fixture(autouse=True)
def _no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIAGE_PASSWORD", raising=False)
    monkeypatch.delenv("TRIAGE_POST_PASSWORD", raising=False)


def python(program: str) -> str:
    return f"{sys.executable} -c '{program}'"


def test_the_first_line_that_the_command_prints_is_the_password() -> None:
    assert asked(Mailbox(password_command=python('print("ge heim");print("user: support")'))) == "ge heim"


def test_the_command_is_run_without_a_shell() -> None:
    assert asked(Mailbox(password_command="echo $HOME;id")) == "$HOME;id"


def test_a_file_holds_the_password_if_nobody_else_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("geheim\r\nmehr\n", "utf-8")
    file.chmod(0o600)
    assert asked(Mailbox(password_file="secret"), tmp_path) == "geheim"
    file.chmod(0o640)
    with pytest.raises(SettingsError, match="Others may read") as caught:
        asked(Mailbox(password_file="secret"), tmp_path)
    assert f"chmod 600 {file}" in caught.value.hint


def test_mailbox_and_post_have_each_their_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", "eins")
    monkeypatch.setenv("TRIAGE_POST_PASSWORD", "zwei")
    assert (asked(Mailbox()), asked(Post())) == ("eins", "zwei")


def test_the_settings_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", "eins")
    assert asked(Mailbox(password_command="echo zwei", password_file="none")) == "zwei"


def test_no_password_at_all_names_the_ways_to_give_one() -> None:
    with pytest.raises(SettingsError, match=r"no password for post at smtp\.example") as caught:
        asked(Post(host="smtp.example", user="post"))
    assert "TRIAGE_POST_PASSWORD" in caught.value.hint


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("false", "exit code 1"),
        ("/nowhere/pass show x", "cannot be run"),
        ("pass 'show", "cannot be run"),
        ("true", "no password"),
        (python("print(chr(0)*3)"), "characters that none may hold"),
    ],
)
def test_a_command_that_gives_none_is_told(command: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        asked(Mailbox(password_command=command))


def test_a_command_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "TIMEOUT", 0.2)
    with pytest.raises(SettingsError, match="did not end"):
        asked(Mailbox(password_command="sleep 5"))


def test_what_a_failing_command_prints_is_never_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        asked(Mailbox(password_command=python('import sys; print("geheim"); sys.exit("geheim")')))
    shown = capfd.readouterr()
    assert "geheim" not in f"{caught.value.message}{caught.value.hint}{shown.out}{shown.err}"


def test_a_ca_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate", "utf-8")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(SettingsError, match="ca_file"):
            login.tls(Mailbox(ca_file=name), Settings(file=tmp_path / "triage.toml"))
