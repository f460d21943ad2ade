"""What one mail may cost: look-ups are counted, so that no mail keeps a sync or an import busy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from unittest.mock import patch

import pytest
from linking_world import NOON, PATTERNS, WEBER, InMemory, bounce, delivery, failure, returned

from triage import address, config
from triage.linking import Patterns, Search, climb, meant, our_own, similar, why_not
from triage.linking.templates import template
from triage.model import Bounce, Delivery, Protocol
from triage.store import Store
from triage.store.directory import Lookup


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "triage.db", "sabine") as opened:
        yield opened


@dataclass
class Counted(InMemory):
    """It counts what it is asked."""

    asked: Counter[str] = field(default_factory=Counter)

    def protocol(self, number: str) -> Protocol | None:
        self.asked["protocol"] += 1
        return super().protocol(number)

    def deliveries_at(self, domain: str, since: datetime, until: datetime, most: int) -> Sequence[Delivery]:
        self.asked["deliveries_at"] += 1
        return super().deliveries_at(domain, since, until, most)


IDS = tuple(f"{n}@iprot.example" for n in range(5))
SHARED = [delivery("2026-0001", f"p{n}@bau.example", identity) for identity in IDS for n in range(100)]


def test_a_mail_to_many_gives_one_guess_a_protocol_and_not_one_a_recipient() -> None:
    lookup = Counted(SHARED)
    report = bounce(related_ids=IDS)
    [guess] = climb(failure("nobody@elsewhere.example"), report, lookup, PATTERNS)
    assert guess.protocol == "2026-0001"
    assert lookup.asked["protocol"] <= len(IDS)


def test_of_a_mail_that_names_hundreds_the_first_fifty_are_guessed_about_and_all_that_are_proved_count() -> None:
    strangers = tuple(failure(f"stranger{n}@bau.example") for n in range(199))
    report = replace(bounce(related_ids=IDS), failures=(*strangers, failure("p7@bau.example")))
    lookup = Counted(SHARED)
    found = [climb(each, report, lookup, PATTERNS) for each in report.failures]
    assert [bool(links) for links in found] == [True] * 50 + [False] * 149 + [True]
    assert found[-1][0].strength.counts
    assert lookup.asked["deliveries_at"] <= 100


def test_the_letters_of_an_address_are_compared_only_with_those_of_its_domain() -> None:
    with patch.object(similar, "base", wraps=similar.base) as compared:
        meant(failure("stranger@elsewhere.example"), bounce(related_ids=IDS), Counted(SHARED), PATTERNS)
    assert compared.call_count < 10


def test_forged_tags_without_a_number_are_tried_on_the_newest_mails_only() -> None:
    form = template("bounces+{token}@iprot.example")
    patterns = replace(PATTERNS, verp=form, keys=(b"a key that only these tests know",))
    mails = [delivery(f"2026-{n:04}", WEBER, "", days_ago=1 + n / 100) for n in range(1_000)]
    report = bounce(to=tuple(f"bounces+{n:032x}@iprot.example" for n in range(50)))
    with patch("triage.linking.search.tokens.is_signed", return_value=False) as tried:
        climb(failure(WEBER), report, InMemory(mails), patterns)
    assert tried.call_count <= 20 * 200


def test_what_many_failures_of_a_message_ask_is_asked_of_the_store_once(store: Store) -> None:
    asked: list[str] = []
    lookup = Lookup(store)
    store.db.conn.set_trace_callback(asked.append)
    for _ in range(3):
        lookup.deliveries_with("one@iprot.example", WEBER)
        lookup.deliveries_with("one@iprot.example")
        lookup.deliveries_to(WEBER, NOON, NOON)
        lookup.deliveries_at("bau.example", NOON, NOON, 500)
        lookup.deliveries_named("p.weber", NOON, NOON, 500)
        lookup.protocol("2026-0001")
    store.db.conn.set_trace_callback(None)
    assert len(asked) == 5
    plans = [row[3] for sql in asked for row in store.db.conn.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert not [step for step in plans if step.startswith("SCAN")]


@pytest.mark.parametrize("day", [(1, 1, 1), (9999, 12, 31)])
@pytest.mark.parametrize("hours", [-14, 0, 14])
def test_no_date_makes_it_raise(day: tuple[int, int, int], hours: int, store: Store) -> None:
    far = datetime(*day, 23, tzinfo=timezone(timedelta(hours=hours)))
    report: Bounce = bounce(returned=returned(date=far), date=far)
    told = meant(failure("m??ller@bau.example"), report, Lookup(store), PATTERNS)
    assert climb(told, report, Lookup(store), PATTERNS) == ()
    why_not(Search(told, report, Lookup(store), PATTERNS, far))


def test_no_window_makes_it_raise() -> None:
    patterns = Patterns.from_settings(config.Sender(), config.Linking(window_days=10**10))
    assert climb(failure(WEBER), bounce(date=datetime(1990, 1, 1, tzinfo=UTC)), InMemory(), patterns) == ()


def test_our_own_address_is_ours_with_whatever_parts_a_sub_address() -> None:
    patterns = replace(PATTERNS, subaddress="-")
    assert [our_own(address.parse(f"iprot{x}@iprot.example").key, patterns) for x in ("-a", "+a", "x")] == [
        *(True, True, False)
    ]
