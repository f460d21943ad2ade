"""A directory in memory, and bounces about it, for the ladder's tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from triage import address, config
from triage.linking import Patterns, climb, link
from triage.model import Bounce, Delivery, Failure, Kind, Link, Protocol, Returned

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WEBER = "p.weber@bau-huber.example"
BECK = "a.beck@tragwerk-beck.example"
NOBODY = "nobody@elsewhere.example"
FORWARDED_TO = "weber.privat@freemail.example"

PATTERNS = Patterns.from_settings(
    config.Sender(addresses=("iprot@iprot.example",), domains=("iprot.example",)),
    config.Linking(protocol_url="https://iprot.example/p/{token}", header="X-Protocol"),
)


@dataclass
class InMemory:
    """A small directory: deliveries, protocols and who is on which list."""

    deliveries: list[Delivery] = field(default_factory=list)
    protocols: list[Protocol] = field(default_factory=list)
    lists: set[tuple[str, str]] = field(default_factory=set)

    def deliveries_with(self, message_id: str, key: str | None = None) -> Sequence[Delivery]:
        return [d for d in self.deliveries if d.message_id == message_id and key in (None, d.key)]

    def deliveries_beginning(self, local: str) -> Sequence[Delivery]:
        return [d for d in self.deliveries if d.message_id.startswith(f"{local}@")]

    def knows_message_ids(self) -> bool:
        return any(d.message_id for d in self.deliveries)

    def deliveries_at(self, domain: str, since: datetime, until: datetime, most: int) -> Sequence[Delivery]:
        return [d for d in self._within(since, until) if d.key.rpartition("@")[2] == domain][-most:]

    def deliveries_named(self, local: str, since: datetime, until: datetime, most: int) -> Sequence[Delivery]:
        return [d for d in self._within(since, until) if d.key.rpartition("@")[0] == local][-most:]

    def _within(self, since: datetime, until: datetime) -> list[Delivery]:
        within = [d for d in self.deliveries if d.sent_at and since <= d.sent_at <= until]
        return sorted(within, key=lambda d: d.sent_at or since)

    def deliveries_to(self, key: str, since: datetime, until: datetime, most: int = -1) -> Sequence[Delivery]:
        found = [d for d in self._within(since, until) if d.key == key]
        return found if most < 0 else found[-most:]

    def protocol(self, number: str) -> Protocol | None:
        return next((p for p in self.protocols if p.number == number), None)

    def protocol_with_url(self, url: str) -> Protocol | None:
        return next((p for p in self.protocols if p.url == url), None)

    def is_on_list(self, key: str, number: str) -> bool:
        return (key, number) in self.lists

    def mailed_about(self, key: str, number: str) -> bool:
        return any(d.key == key and d.protocol == number for d in self.deliveries)


def delivery(number: str, to: str, message_id: str, days_ago: float = 1) -> Delivery:
    return Delivery(number, to, message_id, NOON - timedelta(days=days_ago), key=address.parse(to).key)


DIRECTORY = InMemory(
    deliveries=[
        delivery("2026-0001", WEBER, "one@iprot.example"),
        delivery("2026-0001", BECK, "one@iprot.example"),
        delivery("2026-0002", BECK, "two@iprot.example", days_ago=30),
    ],
    protocols=[
        Protocol("2026-0001", "Jour fixe 1", author="a1", url="https://iprot.example/p/tok-1"),
        Protocol("2026-0002", "Jour fixe 2", author="a2", url="https://iprot.example/p/tok-2"),
    ],
    lists={(WEBER, "2026-0001"), (BECK, "2026-0001"), (BECK, "2026-0002")},
)

WITHOUT_IDS = replace(DIRECTORY, deliveries=[replace(each, message_id="") for each in DIRECTORY.deliveries])
"""The same, from a product that does not tell the Message-IDs of its mails."""


def failure(to: str, final: str = "") -> Failure:
    return Failure(address.parse(to), Kind.WRONG_MAILBOX, final_recipient=final)


def bounce(**parts: object) -> Bounce:
    return replace(Bounce(Kind.WRONG_MAILBOX, date=NOON), **parts)  # type: ignore[arg-type]


def returned(**parts: object) -> Returned:
    return replace(Returned(from_="iProt <iprot@iprot.example>"), **parts)  # type: ignore[arg-type]


def found(failed: Failure, report: Bounce, lookup: InMemory = DIRECTORY, patterns: Patterns = PATTERNS) -> Link:
    result = link(failed, report, lookup, patterns)
    assert result is not None
    return result


def guesses(failed: Failure, report: Bounce, lookup: InMemory = DIRECTORY) -> list[tuple[str, str]]:
    """(protocol, evidence) of each guess, the best first; nothing may count."""
    found = climb(failed, report, lookup, PATTERNS)
    assert not any(each.strength.counts for each in found)
    return [(each.protocol, each.evidence.value) for each in found]
