"""The settings: every key documented, checked whole, secrets elsewhere."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from triage import config
from triage.errors import SettingsError

DOC = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")


def test_every_table_and_key_is_documented() -> None:
    for table in fields(config.Settings):
        part = getattr(config.Settings(), table.name)
        if not is_dataclass(part):
            continue
        section = re.search(rf"## \[{table.name}\](.*?)(?=\n## |\Z)", DOC, re.DOTALL)
        assert section is not None, table.name
        for key in fields(part):
            assert f"`{key.name}`" in section[1], f"[{table.name}] {key.name}"


def parse(text: str) -> config.Settings:
    return config.parse(text, Path("/etc/triage.toml"))


def test_a_file_with_nothing_in_it_is_all_defaults_and_three_is_no_setting() -> None:
    assert parse("").notices.days_between == 5
    with pytest.raises(SettingsError, match=r"triage\.toml:2"):
        parse("[notices]\nnotices_ever = 9\n")


def test_paths_start_at_the_settings_file() -> None:
    settings = parse('[directory]\npath = "export/"\n')
    assert settings.resolve(settings.directory.path) == Path("/etc/export")
    assert settings.resolve("/srv/x") == Path("/srv/x")


@pytest.mark.parametrize(
    "text",
    [
        '[mailbox]\nhost = "imap.iprot.example"\ntls = "none"\n',
        '[linking]\nprotocol_number = "("\n',
        "[notices]\ndays_between = 0\n",
        "[notices]\ndays_between = -1\n",
        "mailbox = 3\n",
        '[mailbox]\nfolders = "INBOX"\n',
        "[mailbox]\nfolders = [1]\n",
    ],
)
def test_values_that_cannot_be_are_refused_with_their_line(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^/etc/triage\.toml:[123]: "):
        parse(text)


def test_without_tls_only_this_machine_is_spoken_to() -> None:
    assert parse('[mailbox]\nhost = "127.0.0.1"\ntls = "none"\n').mailbox.tls == "none"


def test_a_key_of_another_table_is_told_with_the_line_of_its_own() -> None:
    text = '[post]\noutlet = "smtp"\n\n[mailbox]\noutlet = "smtp"\n'
    with pytest.raises(SettingsError, match=r"triage\.toml:5: outlet"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[mailbox]\nauth = "oauth"\n', "auth must be one of: password, xoauth2, oauthbearer"),
        ('[mailbox]\nauth = "xoauth2"\n', "belong together"),
        ('[post]\ntoken_command = "oauth2ms"\n', "belong together"),
        ('[mailbox]\nmark = "\\\\Deleted"\n', "mark must be a keyword"),
        ('[mailbox]\nmark = "two words"\n', "mark must be a keyword"),
        ('[mailbox]\nmark = "x)\\r\\nA1 DELETE INBOX"\n', "mark must be a keyword"),
        ('[mailbox]\nmove_to = "INBOX"\n', "another folder"),
        ('[mailbox]\nsent = "Gesendet"\nmove_to = "Gesendet"\n', "another folder"),
    ],
)
def test_a_login_or_mark_that_cannot_be_is_refused_with_its_line(text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=rf"^/etc/triage\.toml:[23]: .*{told}"):
        parse(text)


def test_a_token_a_keyword_and_a_folder_to_move_to_are_taken() -> None:
    mailbox = parse(
        '[mailbox]\nauth = "oauthbearer"\ntoken_command = "x"\nmark = "$Triage"\n'
        'folders = ["INBOX", "Bounces"]\nmove_to = "Bounces"\n'
    ).mailbox
    assert (mailbox.auth, mailbox.mark, mailbox.move_to) == ("oauthbearer", "$Triage", "Bounces")
    assert parse('[mailbox]\nmark = "\\\\Seen"\n').mailbox.mark == "\\Seen"


@pytest.mark.parametrize(
    "verp", ["{delivery}@iprot.example", "<{number}@iprot.example>", "{number}.{delivery}@x.example"]
)
def test_a_return_path_that_any_address_would_fit_is_refused(verp: str) -> None:
    with pytest.raises(SettingsError, match="fit any address"):
        parse(f'[linking]\nverp = "{verp}"\n')
    for fine in ("", "b+{number}@iprot.example", "{recipient}@iprot.example", "{delivery}-bounce@iprot.example"):
        assert parse(f'[linking]\nverp = "{fine}"\n').linking.verp == fine
