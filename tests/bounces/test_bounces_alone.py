"""The parser is a library of its own: it brings nothing of the program with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import triage.bounces

MAIL = Path(__file__).parents[1] / "mails" / "real" / "postfix-unknown550.eml"
FOREIGN = {"textual", "sqlite_utils", "imapclient", "jinja2", "click", "smtplib", "triage.lang", "triage.config"}


def loaded_after(code: str) -> set[str]:
    program = f"{code}\nimport sys\nprint(*sys.modules)"
    return set(
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    )


def test_importing_it_loads_nothing_of_the_program() -> None:
    assert not FOREIGN & loaded_after("import triage.bounces")


def test_a_plain_report_needs_no_other_parser() -> None:
    loaded = loaded_after(f"from triage.bounces import parse\nparse(open({str(MAIL)!r}, 'rb').read())")
    assert not (FOREIGN | {"flufl.bounce", "email.message"}) & loaded


def test_it_hands_out_three_names() -> None:
    assert triage.bounces.__all__ == ["both", "kept", "parse"]
