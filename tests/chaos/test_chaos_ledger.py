"""Processes that sync, draft and send are killed at random moments, and at times the store is an older one again.

Never a fourth notice, never a letter twice, and no letter that left is unknown. One thing is beyond an older store: a
letter that the peer took while its sender died, so that no copy came into Sent. Such letters are counted and named.

Short by default; `make chaos` sets TRIAGE_CHAOS=long.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import sqlite3
import time
from collections import Counter
from contextlib import closing
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from chaos.chaos_worker import work
from chaos.chaos_world import Bounces, Peer, World, put_back
from servers.dovecot import TestMailbox

from triage import clock
from triage.desk import Desk, open_desk, reading, sending
from triage.errors import TriageError
from triage.model import LetterState
from triage.store import cases, directory

LONG = os.environ.get("TRIAGE_CHAOS") == "long"
ADDRESSES, KILLS, RESTORES, LETTERS = (400, 700, 25, 500) if LONG else (60, 10, 1, 5)
"""It goes on until there were so many kills, restores and letters accepted."""
PROCESSES = 4
TESTS = Path(__file__).parents[1]


def test_whoever_is_killed_and_whatever_is_restored_no_address_gets_four_and_no_letter_leaves_twice(
    tmp_path: Path, dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    seed = random.randrange(10**6)
    began = time.time()
    peer = Peer(seed)
    world = World(tmp_path, dovecot.server.port, peer.port, dovecot.user, ADDRESSES, began)
    dovecot.count()  # its folders are there now
    try:
        world.set_clock()
        with open_desk(world.settings(), world.store) as desk:
            directory.import_rows(desk.store, world.directory())
            first = Bounces(dovecot, "first")
            for number in range(ADDRESSES):
                first.arrive(number)
            reading.sync(desk)
        with peer.listening():
            storm = Storm(world, peer, dovecot, random.Random(seed))
            storm.rage()
        _hold(world, peer, storm, f"seed {seed}")
    finally:
        clock.fix(None)


class Storm:
    """Four processes at work, one of them killed with -9 at a time; at a restore all of them."""

    def __init__(self, world: World, peer: Peer, mailbox: TestMailbox, chance: random.Random) -> None:
        self.kills = self.restores = self.settled = 0
        self._world, self._peer, self._mailbox, self._chance = world, peer, mailbox, chance
        self._bounces = Bounces(mailbox, "later")
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["pytest", "imapclient", "sqlite_utils", "chaos.chaos_worker"])
        self._copies: list[Path] = []
        self._seen_unconfirmed: dict[str, float] = {}

    def rage(self) -> None:
        running = [self._start() for _ in range(PROCESSES)]
        try:
            while self.kills < KILLS or len(self._peer.accepted) < LETTERS:
                for number in self._chance.sample(range(ADDRESSES), ADDRESSES // 12):
                    self._bounces.arrive(number)
                time.sleep(self._chance.uniform(0.05, 0.9))
                victim = self._chance.randrange(PROCESSES)
                self._kill(running[victim])
                if (
                    self._copies
                    and self.restores < RESTORES
                    and self.kills >= KILLS * (2 * self.restores + 1) // (2 * RESTORES)
                ):
                    for process in running:
                        if process.is_alive():
                            self._kill(process)
                    self._restore()
                    running = [self._start() for _ in range(PROCESSES)]
                else:
                    running[victim] = self._start()
                    self._copy()
                    self._ask_around()
        finally:
            for process in running:
                process.kill()
                process.join()

    def _start(self) -> BaseProcess:
        process = self._processes.Process(target=work, args=(self._world, self._chance.randrange(10**9)), daemon=True)
        process.start()
        return process

    def _kill(self, process: BaseProcess) -> None:
        assert process.is_alive(), "a worker ended by itself"
        process.kill()
        process.join()
        self.kills += 1
        self._world.set_clock()

    def _copy(self) -> None:
        """A backup, at any moment of the others' work."""
        if self._chance.random() < 0.3:
            copy = self._world.folder / f"copy-{self.kills}.db"
            with closing(sqlite3.connect(self._world.store, timeout=30)) as connection:
                connection.execute("VACUUM INTO ?", [str(copy)])
            self._copies = [*self._copies, copy][-8:]

    def _restore(self) -> None:
        copy = self._chance.choice(self._copies)
        time.sleep(0.3)  # what the dead had handed over is taken or not by now
        put_back(copy, self._world.store)
        self.restores += 1

    def _ask_around(self) -> None:
        """A person settles what nobody knows, having asked the addressee; not at once: it may be under way."""
        if self._chance.random() > 0.2:
            return
        with open_desk(self._world.settings(), self._world.store) as desk:
            for letter in sending.letters_in_work(desk):
                if letter.state is not LetterState.UNCONFIRMED:
                    continue
                first = self._seen_unconfirmed.setdefault(letter.message_id, time.time())
                if time.time() - first > 3 and self._chance.random() < 0.5:
                    self._settle(desk, letter.id, sent=letter.message_id in self._peer.message_ids)

    def _settle(self, desk: Desk, letter: int, *, sent: bool) -> None:
        try:
            sending.settle(desk, letter, sent=sent)
        except TriageError:
            return  # settled by what was found in Sent
        self.settled += 1


def _message_ids(mailbox: TestMailbox, folder: str) -> set[str]:
    with mailbox.client() as client:
        client.select_folder(folder, readonly=True)
        told = client.fetch(client.search(), ["ENVELOPE"])
    return {one[b"ENVELOPE"].message_id.decode() for one in told.values()}


def _hold(world: World, peer: Peer, storm: Storm, what: str) -> None:
    """What must be true of the ledger and of the wire."""
    world.set_clock()
    per_address = Counter(key for _message_id, claims in peer.accepted for key, _number in claims)
    per_letter = Counter(message_id for message_id, _claims in peer.accepted)
    with open_desk(world.settings(), world.store) as desk:
        reading.sync(desk)
        counted = {key: sum(n.counts for n in cases.notices(desk.store, key)) for key in per_address}
        states = Counter(letter.state for letter in sending.letters_in_work(desk))
        assert [row["integrity_check"] for row in desk.store.rows("PRAGMA integrity_check")] == ["ok"]
        assert desk.store.rows("PRAGMA foreign_key_check") == []
    over, twice = _over(per_address, 3), _over(per_letter, 1)
    unknown = {key for key, times in per_address.items() if counted[key] < times}
    print(
        f"\n{what}: {storm.kills} kills, {storm.restores} restores, {time.time() - world.began:.0f} s;"
        f" {len(peer.accepted)} letters accepted about {len(per_address)} addresses,"
        f" {len(_over(per_address, 2))} of them three times;"
        f" {states[LetterState.UNCONFIRMED]} unconfirmed, {storm.settled} settled by a person;"
        f" {len(over)} addresses over three, {len(twice)} letters twice, {len(unknown)} addresses not counted."
    )
    assert peer.accepted, what
    assert not over, f"{what}: over three {over}"
    assert not twice, f"{what}: twice {twice}"
    assert not unknown, f"{what}: not counted {unknown}"
    assert not states[LetterState.CLAIMED] + states[LetterState.LEAVING], what


def _over(counted: Counter[str], most: int) -> set[str]:
    return {name for name, times in counted.items() if times > most}
