"""Processes that draft and send are killed at random moments: never a fourth notice, never a letter twice.

Short by default; `TRIAGE_CHAOS_SECONDS=600` makes it long (`make chaos`).
"""

from __future__ import annotations

import email
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from chaos.chaos_worker import DAYS_A_SECOND, settings
from servers import free_port
from store_world import NOW

from triage import clock
from triage.claims import parse_claims
from triage.desk import open_desk, sending
from triage.model import Author, DirectoryRows, LetterState, Protocol
from triage.store import cases, directory, ledger

SECONDS = float(os.environ.get("TRIAGE_CHAOS_SECONDS", "8"))
PROCESSES = 4
TESTS = Path(__file__).parents[1]


class Peer:
    """Accepts letters, and at times refuses one, or hangs up before or after it took one."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.accepted: list[tuple[str, tuple[tuple[str, int], ...]]] = []

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, to: str, options: list[str]) -> str:
        if self._chance.random() < 0.05:
            return "450 4.2.0 later"
        envelope.rcpt_tos.append(to)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fate = self._chance.random()
        if fate < 0.05:
            return "554 5.7.1 no"
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content)
        self.accepted.append((str(mail["Message-ID"]), parse_claims(str(mail["X-Triage-Claims"]))))
        if fate < 0.12:
            assert server.transport is not None
            server.transport.close()
        return "250 ok"


def test_whoever_is_killed_no_address_gets_four_and_no_letter_leaves_twice(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    (tmp_path / "mail").mkdir()
    peer = Peer(seed)
    port = free_port()
    controller = Controller(peer, hostname="127.0.0.1", port=port)
    controller.start()
    clock.fix(NOW)
    try:
        with open_desk(settings(tmp_path, port), tmp_path / "triage.db") as desk:
            rows = DirectoryRows(
                authors=(Author("A1", "Karin Roth", "k.roth@planwerk.example"),),
                protocols=(Protocol("2026-0877", "Jour fixe", author="A1"),),
            )
            directory.import_rows(desk.store, rows)
        kills = _storm(tmp_path, port, chance)
        controller.stop()
        _hold(tmp_path, port, peer, f"seed {seed}, {kills} kills, {len(peer.accepted)} letters accepted")
    finally:
        with suppress(Exception):
            controller.stop()
        clock.fix(None)


def _storm(folder: Path, port: int, chance: random.Random) -> int:
    """Processes work and are killed with -9, one after the other; returns how many were."""
    began = time.time()
    paths = {**os.environ, "PYTHONPATH": f"{TESTS}"}

    def start() -> subprocess.Popen[bytes]:
        arguments = [str(folder), str(port), str(chance.randrange(10**9)), str(began)]
        return subprocess.Popen([sys.executable, str(TESTS / "chaos" / "chaos_worker.py"), *arguments], env=paths)

    running = [start() for _ in range(PROCESSES)]
    kills = 0
    while time.time() - began < SECONDS:
        time.sleep(chance.uniform(0.2, 0.9))
        victim = chance.randrange(PROCESSES)
        assert running[victim].poll() is None, "a worker ended by itself"
        running[victim].send_signal(signal.SIGKILL)
        running[victim].wait()
        kills += 1
        running[victim] = start()
    for process in running:
        process.kill()
        process.wait()
    return kills


def _hold(folder: Path, port: int, peer: Peer, what: str) -> None:
    """What must be true of the ledger and of the wire."""
    clock.fix(NOW + timedelta(days=DAYS_A_SECOND * (SECONDS + 60)))
    per_address = Counter(key for _message_id, claims in peer.accepted for key, _number in claims)
    per_letter = Counter(message_id for message_id, _claims in peer.accepted)
    assert peer.accepted, what
    assert max(per_address.values()) <= 3, what
    assert max(per_letter.values()) == 1, what
    with open_desk(settings(folder, port), folder / "triage.db") as desk:
        ledger.recover(desk.store)
        for key, times in per_address.items():
            assert sum(n.counts for n in cases.notices(desk.store, key)) >= times, f"{what}: {key} is not counted"
        open_now = Counter(letter.state for letter in sending.letters_in_work(desk))
        assert not open_now[LetterState.CLAIMED] + open_now[LetterState.LEAVING], what
        assert [row["integrity_check"] for row in desk.store.rows("PRAGMA integrity_check")] == ["ok"]
        assert desk.store.rows("PRAGMA foreign_key_check") == []
        print(f"{what}; {open_now[LetterState.UNCONFIRMED]} unconfirmed")
