"""The store cannot be written, or is not what it should be: a line says so, and nothing is lost or doubled."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
from faults.letters_world import draft, notices, send, write_settings
from faults.store_table import FILLS_AT, TROUBLES, full_disk
from faults.world import assert_one_line, assert_sound, hashes, kept
from office import MONDAY, Office
from servers.smtp_peer import SmtpPeer

from triage import clock, config, lang
from triage.desk import Desk, open_desk, reading, sending
from triage.errors import StoreError
from triage.model import LetterState
from triage.store import base, ledger, owners


@pytest.fixture
def office() -> Iterator[Office]:
    """Where somebody works who is not root."""
    folder = Path(tempfile.mkdtemp(prefix="triage-faults-"))
    folder.chmod(0o755)
    clock.fix(MONDAY)
    lang.use("en")
    yield Office(folder)
    clock.fix(None)
    shutil.rmtree(folder)


def hand_over(folder: Path) -> None:
    """All that lies here belongs to nobody, as whom root plays somebody else."""
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, pwd.getpwnam("nobody").pw_uid, -1)


@pytest.mark.parametrize(
    ("spoiled", "words"), [pytest.param(spoiled, words, id=name) for name, (spoiled, words) in TROUBLES.items()]
)
def test_trouble_with_the_store_is_one_line_and_afterwards_each_mail_is_kept_once(
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    spoiled: Callable[[Path], AbstractContextManager[None]],
    words: str,
) -> None:
    monkeypatch.setattr(base, "_PATIENCE", 0.2)
    office.bounce("weber")
    office.synced().close()
    office.bounce("beck")
    hand_over(office.folder)
    settings = config.load(office.config)
    with (
        spoiled(office.store),
        pytest.raises(StoreError, match=words) as caught,
        open_desk(settings, office.store) as d,
    ):
        reading.sync(d)
    assert_one_line(caught.value)
    assert str(office.store) in caught.value.message
    assert caught.value.hint
    with open_desk(settings, office.store) as desk:
        assert reading.sync(desk).messages == 1
        assert kept(desk) == hashes([file.read_bytes() for file in office.mail.iterdir()])
        assert desk.store.value("SELECT count(*) FROM failures") == 2
        assert_sound(desk)


@pytest.mark.parametrize("fills_at", FILLS_AT)
def test_a_disk_that_fills_while_a_letter_leaves_lets_none_leave_twice(
    office: Office, smtp_peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch, fills_at: str
) -> None:
    step, _words = FILLS_AT[fills_at]
    office.bounce()
    with office.synced() as desk, ExitStack() as disk:
        write_settings(office, desk, f'outlet = "smtp"\nhost = "127.0.0.1"\nport = {smtp_peer.port}\ntls = "none"')
        [letter] = draft(desk)
        act: Callable[..., Any] = getattr(ledger, step)

        def on_a_full_disk(*arguments: Any) -> Any:
            disk.enter_context(full_disk(office.store))
            return act(*arguments)

        monkeypatch.setattr(ledger, step, on_a_full_disk)
        with pytest.raises(StoreError, match="is full"):
            sending.send(desk, [letter])
        disk.close()
        monkeypatch.undo()
        assert _after(desk, letter.id, smtp_peer, monkeypatch) == fills_at
        assert len(smtp_peer.accepted) == notices(desk) == 1
        assert_sound(desk)


def _after(desk: Desk, letter: int, peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The disk has room again, and the program that sent is gone; in which of the three ways it goes on."""
    monkeypatch.setattr(owners, "is_alive", lambda _token: False)
    arrived = len(peer.accepted)
    reading.sync(desk)
    match sending.letter(desk, letter).state:
        case LetterState.COMPOSED:
            assert (arrived, notices(desk), send(desk)) == (0, 0, [LetterState.SENT])
            return "the claim"
        case LetterState.RELEASED:
            assert (arrived, notices(desk), send(desk), len(draft(desk)), send(desk)) == (
                0,
                0,
                [],
                1,
                [LetterState.SENT],
            )
            return "the commit before DATA"
        case state:
            assert (arrived, state, send(desk), draft(desk)) == (1, LetterState.UNCONFIRMED, [], [])
            return "the settling after DATA"
