"""One process of the chaos: it reads the mailbox, drafts and sends, for as long as it lives."""

from __future__ import annotations

import random
from typing import Any

from chaos.chaos_world import World

from triage import clock, login
from triage.desk import Desk, drafting, open_desk, reading, sending
from triage.errors import TriageError
from triage.model import LetterState, Section
from triage.store import queue as lists


def work(world: World, seed: int) -> None:
    chance = random.Random(seed)
    _let_the_server_share_the_clock()
    world.set_clock()
    while True:
        try:
            with open_desk(world.settings(), world.store) as desk:
                while True:
                    world.set_clock()
                    chance.choice((reading.sync, _draft, _send, _send))(desk)
        except TriageError:
            continue  # another process was first


def _draft(desk: Desk) -> None:
    entries = lists.ids(desk.store, Section.NEW)
    drafting.draft(desk, random.sample(entries, min(6, len(entries))))


def _send(desk: Desk) -> None:
    in_review = [x for x in sending.letters_in_work(desk) if x.state is LetterState.COMPOSED]
    sending.send(desk, random.sample(in_review, min(3, len(in_review))))


def _let_the_server_share_the_clock() -> None:
    """What is appended to Sent arrives there on the day it is in the chaos."""
    plain = login.Imap.append

    def dated(self: Any, folder: str, content: bytes, *flags: str) -> None:
        append = self._client.append
        self._client.append = lambda *arguments: append(*arguments, msg_time=clock.now())
        try:
            plain(self, folder, content, *flags)
        finally:
            self._client.append = append

    login.Imap.append = dated  # type: ignore[method-assign]
