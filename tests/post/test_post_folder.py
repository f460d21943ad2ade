"""Letters as files: whole or not at all, for the owner alone, never one over another."""

from __future__ import annotations

import email
import os
import stat
from email.message import EmailMessage
from pathlib import Path

import pytest

from triage import post
from triage.config import Post, Settings
from triage.errors import OutletError, SettingsError
from triage.model import Sent
from triage.post.outlet import octets

ENVELOPE = post.Envelope("support@iprot.example", "i.lang@planung.example")


def letter(reference: str = "T-7K3Q", message_id: str = "<1@iprot.example>") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "support@iprot.example"
    mail["To"] = "i.lang@planung.example"
    mail["Message-ID"] = message_id
    if reference:
        mail["X-Triage-Ref"] = reference
    mail.set_content("Grüße\n", cte="quoted-printable")
    return mail


@pytest.fixture
def outlet(tmp_path: Path) -> post.Outlet:
    return post.open_outlet(Settings(post=Post(outlet="folder", path="out"), file=tmp_path / "triage.toml"))


def yes() -> bool:
    return True


def test_a_letter_becomes_a_file_named_by_its_reference(outlet: post.Outlet, tmp_path: Path) -> None:
    outcome = outlet.deliver(letter(), ENVELOPE, yes)
    (file,) = (tmp_path / "out").iterdir()
    assert (outcome.result, outcome.detail, file.name) == (Sent.SENT, str(file), "T-7K3Q.eml")
    assert file.read_bytes() == octets(letter())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_the_same_letter_again_is_one_file(outlet: post.Outlet, tmp_path: Path) -> None:
    assert [outlet.deliver(letter(), ENVELOPE, yes).result for _ in range(2)] == [Sent.SENT, Sent.SENT]
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_another_letter_is_not_overwritten_and_nothing_is_committed(outlet: post.Outlet, tmp_path: Path) -> None:
    outlet.deliver(letter(), ENVELOPE, yes)
    other = letter(message_id="<2@iprot.example>")
    assert outlet.deliver(other, ENVELOPE, lambda: pytest.fail("committed")).result is Sent.REFUSED
    assert email.message_from_bytes((tmp_path / "out" / "T-7K3Q.eml").read_bytes())["Message-ID"] == "<1@iprot.example>"


def test_a_lost_claim_leaves_nothing(outlet: post.Outlet, tmp_path: Path) -> None:
    assert outlet.deliver(letter(), ENVELOPE, lambda: False).result is Sent.REFUSED
    assert list((tmp_path / "out").iterdir()) == []


def test_a_disk_that_is_full_is_a_refusal_and_leaves_nothing(
    outlet: post.Outlet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcome = outlet.deliver(letter(), ENVELOPE, yes)
    assert outcome.result is Sent.REFUSED
    assert "No space left" in outcome.detail
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("reference", ["../../etc/passwd", "a/b", "..", "x" * 300, "", ".hidden"])
def test_no_reference_leads_out_of_the_folder(outlet: post.Outlet, tmp_path: Path, reference: str) -> None:
    assert outlet.deliver(letter(reference), ENVELOPE, yes).result is Sent.SENT
    (file,) = (tmp_path / "out").iterdir()
    assert file.suffix == ".eml"
    assert not file.name.startswith(".")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file", "utf-8")
    with pytest.raises(OutletError, match="cannot be made"):
        post.open_outlet(Settings(post=Post(outlet="folder", path=str(tmp_path / "out" / "letters"))))
    with pytest.raises(SettingsError, match="no folder for letters"):
        post.open_outlet(Settings(post=Post(outlet="folder")))
