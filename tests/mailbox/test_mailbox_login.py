"""Where the password comes from, and what is said when none comes."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from triage import login
from triage.config import Mailbox, Post, Server, Settings
from triage.desk import setup
from triage.errors import SettingsError
from triage.login import secrets


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
    monkeypatch.setattr(login.limits, "TIMEOUT", 0.2)
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


def test_a_person_is_asked_once_for_each_server_and_only_where_nothing_else_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def answer(server: Server) -> str:
        return login.password(server, Settings())

    def typed(account: str) -> str:
        asked.append(account)
        return f"geheim {len(asked)}"

    monkeypatch.setattr(secrets, "_told", {})
    mailbox = Mailbox(host="imap.x.example", user="support")
    post = Post(host="smtp.x.example", user="support")
    assert login.is_missing(mailbox)
    login.ask_with(typed)
    try:
        assert [answer(mailbox), answer(mailbox), answer(post)] == ["geheim 1", "geheim 1", "geheim 2"]
        assert answer(replace(mailbox, password_command="echo aus dem Befehl")) == "aus dem Befehl"
    finally:
        login.ask_with(None)
    assert asked == ["support@imap.x.example", "support@smtp.x.example"]
    assert answer(mailbox) == "geheim 1"
    assert not login.is_missing(mailbox)
    with pytest.raises(SettingsError, match="no password"):
        answer(replace(mailbox, user="somebody else"))


def test_before_the_screens_open_a_person_is_asked_for_what_they_will_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secrets, "_told", {})
    asked: list[str] = []

    def silent(account: str) -> str:
        asked.append(account)
        return ""

    login.ask_with(silent)
    try:
        mailbox = Mailbox(host="imap.x.example", user="support")
        setup.ask_ahead(Settings(mailbox=Mailbox(path="mail/"), post=Post(outlet="folder")))
        setup.ask_ahead(Settings(mailbox=replace(mailbox, auth="xoauth2", token_command="x")))
        assert asked == []
        setup.ask_ahead(Settings(mailbox=mailbox, post=Post(outlet="smtp", host="smtp.x.example", user="post")))
    finally:
        login.ask_with(None)
    assert asked == ["support@imap.x.example", "post@smtp.x.example"]
