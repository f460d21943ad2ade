"""A batch is kept by a few statements for all of it; it becomes what one message after the other would become."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest
from store_world import NOW

from triage import address
from triage.model import Arrival, Bounce, Cursor, Evidence, Failure, Kind, Link, Raw, Strength
from triage.store import Store, keep, links

KINDS = (Kind.WRONG_MAILBOX, Kind.MAILBOX_FULL, Kind.DELAYED, Kind.UNCLEAR, Kind.SPAM_OR_POLICY)
TABLES = ("messages", "failures", "links", "guesses", "carried", "cases", "cursors")
GUESS = Link("2026-0877", "A1", Strength.GUESS, Evidence.SEVERAL_PROTOCOLS, "2", 0.3)
PROOF = Link("2026-0877", "A1", Strength.PROOF, Evidence.MESSAGE_ID, "m1@iprot.example")


def arrival(number: int, *written: str, link: Link | None = PROOF, kind: Kind = KINDS[0], days: int = 0) -> Arrival:
    """A report of these addresses; of none: a stray."""
    raw = Raw(b"mail %d" % number, "INBOX", uid=number, received_at=NOW - timedelta(days=days, minutes=number))
    failures = tuple(Failure(address.parse(w), kind, diagnostic="550 5.1.1 no such user") for w in written)
    bounce = Bounce(kind if failures else Kind.NOT_BOUNCE, failures)
    return Arrival(raw, f"digest {number}", raw.content, bounce, tuple(link for _ in failures))


def some_arrivals(seed: int) -> tuple[list[Arrival], dict[str, links.Found]]:
    """Forty messages about ten addresses: reports of one or several, of links, guesses or neither, and strays."""
    chance = random.Random(seed)
    arrivals = []
    for number in range(40):
        written = [f"p{chance.randrange(10)}@Planung.example" for _ in range(chance.randrange(4))]
        link = chance.choice([PROOF, GUESS, None])
        arrivals.append(arrival(number, *written, link=link, kind=chance.choice(KINDS), days=chance.choice([0, 3, 20])))
    found = {
        a.digest: links.Found(tuple([one] if one else [] for one in a.links), f"carried {a.digest}") for a in arrivals
    }
    return arrivals, found


def contents(store: Store) -> dict[str, list[dict[str, object]]]:
    return {table: store.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}


@pytest.mark.parametrize("seed", range(5))
def test_a_batch_becomes_what_its_messages_one_by_one_become(tmp_path: Path, seed: int) -> None:
    arrivals, found = some_arrivals(seed)
    with Store(tmp_path / "together.db", "karin") as together, Store(tmp_path / "single.db", "karin") as single:
        for store, size in ((together, 20), (single, 1)):
            keep.begin_history(store, NOW - timedelta(days=30))
            for at in range(0, len(arrivals), size):
                keep.keep(store, arrivals[at : at + size], Cursor("INBOX", 1, at + size), {}, found)
        assert contents(together) == contents(single)


def test_one_message_that_the_tables_refuse_becomes_a_stray_and_its_neighbours_cases(store: Store) -> None:
    hostile = arrival(2, "b@x.example")
    failure = Failure(hostile.bounce.failures[0].address, KINDS[0], diagnostic="\ud800")
    hostile = Arrival(hostile.raw, hostile.digest, b"", Bounce(KINDS[0], (failure,)), (PROOF,))
    batch = [arrival(1, "a@x.example"), hostile, arrival(3, "a@x.example", "c@x.example")]
    kept = keep.keep(store, batch, Cursor("INBOX", 1, 3))
    assert (kept.messages, len(kept.new), kept.again) == (3, 2, ())
    told = store.rows("SELECT key, bounces FROM cases ORDER BY key")
    assert told == [{"key": "a@x.example", "bounces": 2}, {"key": "c@x.example", "bounces": 1}]
    assert store.value("SELECT faults FROM messages WHERE uid = 2") == "cannot be kept: UnicodeEncodeError"


def test_new_cases_and_those_that_failed_again_are_told_in_the_order_of_the_mails(store: Store) -> None:
    keep.keep(store, [arrival(1, "z@x.example"), arrival(2, "y@x.example")], None)
    kept = keep.keep(store, [arrival(3, "y@x.example", "b@x.example"), arrival(4, "z@x.example", "a@x.example")], None)
    names = {row["id"]: row["key"][0] for row in store.rows("SELECT id, key FROM cases")}
    assert ([names[case] for case in kept.new], [names[case] for case in kept.again]) == (["b", "a"], ["y", "z"])
