"""Own examples, one for what each family of mail software writes: who failed, and why."""

from __future__ import annotations

import base64
import tomllib
from pathlib import Path
from typing import Any

import pytest

from triage.bounces import parse
from triage.bounces.kinds import decide
from triage.model import Kind

FOLDER = Path(__file__).parent.parent / "mails" / "families"
SENDER = "protokolle@planwerk.example"


def examples() -> list[dict[str, Any]]:
    return [
        {**mail, "file": path.stem}
        for path in sorted(FOLDER.glob("*.toml"))
        for mail in tomllib.loads(path.read_text(encoding="utf-8"))["mail"]
    ]


def written(mail: dict[str, Any]) -> bytes:
    """The mail as octets: words for people, the report for machines, and what comes back."""
    comes_back = mail.get("returned", "message")
    to = next((name for name in mail["recipients"] if name != "RETURNED"), "ilse.rau@rueckweg.example")
    parts = [_text_part(mail)]
    if status := mail.get("status"):
        parts.append(_part(f"message/{mail.get('status_type', 'delivery-status')}", status.strip("\n") + "\n"))
    if comes_back:
        returned_head = (
            f"From: Planwerk <{SENDER}>\nTo: {to}\nSubject: Protokoll 0042 Neubau Kita Lindenhof\n"
            "Date: Mon, 16 Nov 2026 08:00:01 +0100\nMessage-ID: <p42.7f3a@planwerk.example>\n"
        )
        whole = comes_back == "message"
        parts.append(
            _part("message/rfc822" if whole else "text/rfc822-headers", returned_head + "\nGuten Tag\n" * whole)
        )
    own = f"{mail['headers']}\n" if mail.get("headers") else ""
    head = (
        f"From: {mail.get('from', 'MAILER-DAEMON@mx1.planwerk.example (Mail Delivery System)')}\nTo: {SENDER}\n"
        f"Subject: {mail['subject']}\nDate: Mon, 16 Nov 2026 08:00:05 +0100\n{own}MIME-Version: 1.0\n"
    ).encode()
    if len(parts) == 1:
        return head + parts[0]
    kind = f"report; report-type={mail.get('status_type', 'delivery-status')}" if mail.get("status") else "mixed"
    body = b"".join(b"--=_limit\n" + part + b"\n" for part in parts)
    return head + f'Content-Type: multipart/{kind}; boundary="=_limit"\n\n'.encode() + body + b"--=_limit--\n"


def _text_part(mail: dict[str, Any]) -> bytes:
    text: str = mail["text"].strip("\n") + "\n"
    if mail.get("encoding") == "base64":
        return b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + base64.encodebytes(
            text.encode()
        )
    if mail.get("encoding") == "latin-1":
        return b"Content-Type: text/plain\n\n" + text.encode("latin-1")
    return _part("text/plain; charset=utf-8", text)


def _part(content_type: str, text: str) -> bytes:
    return f"Content-Type: {content_type}\nContent-Transfer-Encoding: 8bit\n\n{text}".encode()


@pytest.mark.parametrize("mail", examples(), ids=lambda mail: f"{mail['file']}, {mail['family']}: {mail['what']}")
def test_each_family_is_understood(mail: dict[str, Any]) -> None:
    bounce = parse(written(mail))
    expected = [name if name != "RETURNED" else "ilse.rau@rueckweg.example" for name in mail["recipients"]]
    assert sorted(failure.address.written for failure in bounce.failures) == sorted(expected)
    assert bounce.kind in (mail["kind"], *mail.get("also", []))
    assert not mail.get("final") or mail["final"] in [failure.final_recipient for failure in bounce.failures]


def answers(name: str) -> list[tuple[str, frozenset[str]]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    cut = [line.split("\t") for line in lines if "\t" in line]
    return [(words.split("|")[0], frozenset({kind, *words.split("|")[1:]})) for kind, words in cut]


ANSWERS = [answer for name in ("answers.txt", "hosts.txt", "wordings.txt") for answer in answers(name)]


@pytest.mark.parametrize(("said", "kinds"), ANSWERS, ids=[said for said, _ in ANSWERS])
def test_each_answer_of_a_receiving_server_is_understood(said: str, kinds: frozenset[str]) -> None:
    kind, reason = decide("failed", "5.0.0", said)
    assert kind in kinds, reason


def test_nine_in_ten_wordings_that_the_tables_were_never_written_for_are_understood() -> None:
    unused = answers("wordings_unused.txt")
    missed = [said for said, kinds in unused if decide("failed", "5.0.0", said)[0] not in kinds]
    assert len(missed) <= len(unused) * 0.1, missed


def test_a_wording_that_is_not_understood_is_not_taken_for_a_closed_or_full_mailbox() -> None:
    wrongly = {
        said: kind
        for said, kinds in answers("wordings_unused.txt")
        if (kind := decide("failed", "5.0.0", said)[0]) not in kinds
    }
    assert not {Kind.MAILBOX_DISABLED, Kind.MAILBOX_FULL} & set(wrongly.values()), wrongly
