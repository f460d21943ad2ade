"""One process of the chaos: failures arrive, letters are drafted and sent, for as long as it lives."""

from __future__ import annotations

import hashlib
import random
import sys
import time
import uuid
from datetime import timedelta
from pathlib import Path

from store_world import NOW

from triage import address, clock
from triage.config import Mailbox, Post, Sender, Settings
from triage.desk import Desk, drafting, open_desk, sending
from triage.errors import TriageError
from triage.model import Arrival, Bounce, Evidence, Failure, Kind, LetterState, Link, Raw, Section, Strength
from triage.store import keep, ledger
from triage.store import queue as lists

DAYS_A_SECOND = 4
ADDRESSES = [f"p{i}@firma{i}.example" for i in range(80)]


def settings(folder: Path, port: int) -> Settings:
    return Settings(
        mailbox=Mailbox(path=str(folder / "mail")),
        post=Post(outlet="smtp", host="127.0.0.1", port=port, tls="none"),
        sender=Sender(addresses=("iprot@iprot.example",), letters_from="support@iprot.example", name="iprot"),
    )


def fail(desk: Desk, written: str) -> None:
    content = uuid.uuid4().bytes
    raw = Raw(content, "INBOX", received_at=clock.now())
    failure = Failure(address.parse(written), Kind.WRONG_MAILBOX)
    link = Link("2026-0877", "A1", Strength.PROOF, Evidence.MESSAGE_ID, "m")
    bounce = Bounce(Kind.WRONG_MAILBOX, (failure,))
    keep.keep(desk.store, [Arrival(raw, hashlib.sha256(content).hexdigest(), content, bounce, (link,))], None)


def work(desk: Desk, chance: random.Random, began: float) -> None:
    while True:
        clock.fix(NOW + timedelta(days=DAYS_A_SECOND * (time.time() - began)))
        try:
            ledger.recover(desk.store)
            fail(desk, chance.choice(ADDRESSES))
            entries = lists.ids(desk.store, Section.NEW)
            drafting.draft(desk, chance.sample(entries, min(3, len(entries))))
            in_review = [x for x in sending.letters_in_work(desk) if x.state is LetterState.COMPOSED]
            sending.send(desk, chance.sample(in_review, min(2, len(in_review))))
        except TriageError:
            continue  # another process was first


def main() -> None:
    folder, port, seed, began = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    with open_desk(settings(folder, port), folder / "triage.db") as desk:
        work(desk, random.Random(seed), began)


if __name__ == "__main__":
    main()
