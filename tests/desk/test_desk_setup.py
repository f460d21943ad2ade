"""The settings that `init` writes, and the patterns that `check` tries on the last bounces."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from office import MONDAY, PEOPLE, Office

from triage import address, config, linking, tokens
from triage.desk import reading, setup, trial
from triage.linking import templates
from triage.model import Failure

KEY = "0123456789abcdef0123456789abcdef"
ANSWERS = setup.Answers(
    address="support@iprot.example",
    host="imap.iprot.example",
    password_command="pass show support@iprot.example",
    folder="INBOX",
    sender="iprot@iprot.example",
    protocol_url="https://iprot.example/p/{token}",
    directory="directory/",
)


def examples() -> dict[str, tuple[str, str]]:
    """Key to (its value, the example beside it) of each line of the settings file that is commented out."""
    lines = re.findall(r"^# (\w+ = .*?)  # (.*)$", setup.settings_text(ANSWERS), re.M)
    return {key: (value, beside) for written, beside in lines for key, value in tomllib.loads(written).items()}


# --- the settings file ---


def test_the_commented_patterns_match_the_examples_beside_them() -> None:
    found = examples()
    for key in ("verp", "message_id"):
        form = templates.template(found[key][0])
        assert form is not None
        tag = form.read(found[key][1])
        assert tag is not None
        assert (tag.number, len(tag.token)) == ("2026-0877", 16)
    assert found["header"][1] == f"{found['header'][0]}: 2026-0877"


def test_the_settings_file_is_valid_with_all_its_examples_uncommented() -> None:
    text = re.sub(r"^# (\w+ = )", r"\1", setup.settings_text(ANSWERS), flags=re.M)
    settings = config.parse(text.replace('name = "…"', ""), Path("triage.toml"))
    assert settings.linking.verp == "bounces+{number}.{token}@iprot.example"
    assert settings.linking.token_key_file == "token.key"


def test_every_setting_of_linking_but_the_window_is_in_the_file_that_init_writes() -> None:
    text = setup.settings_text(ANSWERS)
    names = set(config.Linking.__dataclass_fields__) - {"window_days", "token_key_command"}
    assert {name for name in names if not re.search(rf"^(# )?{name} = ", text, re.M)} == set()


# --- the patterns, tried ---


def checked(office: Office) -> dict[str, setup.Check]:
    return {check.subject: check for check in setup.check(config.load(office.config), office.store)}


def set_linking(office: Office, written: str) -> None:
    text = office.config.read_text("utf-8")
    office.config.write_text(text.replace("[linking]\n", f"[linking]\n{written}\n"), "utf-8")


def sign(office: Office, message_id: str = "", to: str = "") -> None:
    """The newest bounce returns this Message-ID, and was delivered there."""
    path = max(office.mail.iterdir())
    mail = path.read_text("utf-8")
    if message_id:
        mail = re.sub(r"(?m)^Message-ID: <.*>$", f"Message-ID: <{message_id}>", mail)
    if to:
        mail = mail.replace("To: iprot@iprot.example", f"To: {to}", 1)
    path.write_text(mail, "utf-8")


def token(office: Office, who: str) -> str:
    (office.folder / "token.key").write_text(KEY + "\n", "utf-8")
    (office.folder / "token.key").chmod(0o600)
    return tokens.signature(KEY.encode(), "2026-0877", address.parse(PEOPLE[who]).key)[:16]


def test_with_no_bounces_yet_check_says_so(office: Office) -> None:
    assert "no bounces yet" in checked(office)["linking"].words
    office.synced().close()
    assert "no bounces yet" in checked(office)["linking"].words
    assert all(check.ok and not check.is_warning for check in checked(office).values())


def test_check_says_of_each_pattern_what_it_matched_and_shows_no_token(office: Office) -> None:
    office.bounce("weber")
    office.bounce("beck")
    office.bounce("stranger@elsewhere.example", forged=True)
    office.synced().close()
    found = checked(office)
    assert found["linking"].words == "the last 3 bounces"
    assert found["linking"].lines == ("   2  our Message-ID came back", "   1  nothing hints at a protocol")
    assert found["protocol_url"].words == "in 3 of 3 bounces, e.g. https://iprot.example/p/~…"
    assert found["protocol_number"].words == "in 3 of 3 bounces, e.g. 2026-0877"
    assert "header" not in found, "a pattern that is not set is not spoken of"
    assert not any("abc123" in f"{check}" for check in found.values())


def test_of_a_pattern_that_never_matches_check_says_what_to_do(office: Office) -> None:
    set_linking(
        office, 'header = "X-Protocol"\nverp = "b+{number}@iprot.example"\nmessage_id = "<{number}@iprot.example>"'
    )
    office.bounce("weber")
    office.synced().close()
    found = checked(office)
    for setting, hint in (
        ("header", "Does it stand in your mails?"),
        ("verp", "Delivered-To"),
        ("message_id", "Compare it with the Message-ID"),
    ):
        assert found[setting].words == "not in the one bounce"
        assert found[setting].is_warning
        assert hint in found[setting].hint


def test_check_counts_the_tokens_that_are_ours_and_shows_none(office: Office) -> None:
    set_linking(
        office,
        'verp = "bounces+{number}.{token}@iprot.example"\nmessage_id = "<{number}.{token}@iprot.example>"\n'
        'token_key_file = "token.key"',
    )
    good = token(office, "weber")
    office.bounce("weber")
    sign(office, f"2026-0877.{good}@iprot.example", f"bounces+2026-0877.{good}@iprot.example")
    office.bounce("beck")
    sign(office, f"2026-0877.{good}@iprot.example")  # Weber's, not Beck's
    office.synced().close()
    found = checked(office)
    assert found["message_id"].words == (
        "in 2 of 2 bounces, e.g. 2026-0877.…@iprot.example; the token is ours in 1 of them"
    )
    assert found["verp"].words.endswith("e.g. bounces+2026-0877.…@iprot.example; the token is ours in 1 of them")
    assert not found["message_id"].is_warning


def test_tokens_of_which_none_is_ours_are_a_matter_of_the_key(office: Office) -> None:
    set_linking(office, 'message_id = "<{number}.{token}@iprot.example>"\ntoken_key_file = "token.key"')
    token(office, "weber")
    office.bounce("weber")
    sign(office, f"2026-0877.{'0' * 16}@iprot.example")
    office.synced().close()
    found = checked(office)["message_id"]
    assert found.is_warning
    assert found.words.endswith("the token is ours in 0 of them")
    assert "Is the key the one that signs" in found.hint


@pytest.mark.parametrize(("content", "mode", "words"), [(KEY, 0o644, "Others may read"), ("short", 0o600, "shorter")])
def test_a_key_that_cannot_be_used_is_told_before_any_sync(office: Office, content: str, mode: int, words: str) -> None:
    set_linking(office, 'message_id = "<{number}.{token}@iprot.example>"\ntoken_key_file = "token.key"')
    (office.folder / "token.key").write_text(content, "utf-8")
    (office.folder / "token.key").chmod(mode)
    found = checked(office)["linking"]
    assert not found.ok
    assert words in found.words


def test_what_a_mail_says_is_cleaned_where_check_shows_it(office: Office) -> None:
    set_linking(office, 'header = "X-Protocol"')
    office.bounce("weber")
    path = max(office.mail.iterdir())
    mail = path.read_text("utf-8")
    path.write_text(mail.replace("Subject: Protokoll", "X-Protocol: 2026\x1b[31m\u202e\nSubject: Protokoll"), "utf-8")
    office.synced().close()
    words = checked(office)["header"].words
    assert "X-Protocol: 2026" in words
    assert words.isprintable()


@pytest.mark.parametrize("zone", ["+0000", "+1400"])
def test_a_bounce_of_any_date_is_looked_at_as_of_the_moment_at_which_it_came(
    office: Office, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_linking(office, 'verp = "bounces+{number}.{recipient}@iprot.example"')
    office.bounce("p??weber@planung-sued.exmaple")
    [path] = office.mail.iterdir()
    text = path.read_text("utf-8").replace("\nDate: ", f"\nDate: Fri, 31 Dec 9999 23:30:00 {zone}\nX-Old: ", 1)
    path.write_text(text, "utf-8")
    with office.synced() as desk:
        asked: list[datetime | None] = []

        def meant(failure: Failure, *others: Any) -> Failure:
            asked.append(others[-1])
            return failure

        monkeypatch.setattr(linking, "meant", meant)
        trial.trial(desk)
    assert asked == [MONDAY]


def test_only_the_last_hundred_are_looked_at(office: Office) -> None:
    for _number in range(103):
        office.bounce("weber")
    with office.synced() as desk:
        reading.sync(desk)
    assert checked(office)["linking"].words == "the last 100 bounces"
