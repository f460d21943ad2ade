"""docs/linking.md says what the program does: its settings load, its signature is the program's, its doubts are all."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from servers import missing

from triage import address, config, lang, tokens
from triage.config import Linking
from triage.linking import Doubt, templates

PAGE = (Path(__file__).parents[2] / "docs" / "linking.md").read_text("utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_documented_settings_load_and_their_forms_can_be_read() -> None:
    settings = config.parse(block("toml"), Path("triage.toml")).linking
    for form, written in (
        (settings.verp, "bounces+2026-0877.0123456789abcdef@iprot.example"),
        (settings.message_id, "<2026-0877.0123456789abcdef@iprot.example>"),
    ):
        template = templates.template(form)
        assert template is not None
        assert template.read(written) == templates.Tag(written.strip("<>"), "2026-0877", token="0123456789abcdef")


def test_every_setting_of_linking_is_spoken_of() -> None:
    assert [name for name in Linking.__dataclass_fields__ if name not in PAGE] == []


def test_the_documented_command_makes_the_token_that_linking_accepts(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        missing("openssl")
    made = subprocess.run(["sh", "-ec", block("sh")], cwd=tmp_path, capture_output=True, text=True, check=True)
    key = (tmp_path / "token.key").read_bytes().strip()
    recipient = address.parse("P.Weber@planung-sued.example").key
    assert made.stdout.strip() == tokens.signature(key, "2026-0877", recipient)[:16]
    assert tokens.is_signed(made.stdout.strip(), "2026-0877", recipient, [key])


@pytest.mark.parametrize("doubt", list(Doubt))
def test_every_doubt_is_explained_in_the_words_of_the_bin(doubt: Doubt) -> None:
    said = " ".join(re.findall(r"^- \*\*(.*?)\*\*", PAGE, re.DOTALL | re.M)).replace("\n  ", " ")
    assert lang.label(doubt, into="en").lower() in said.lower()
