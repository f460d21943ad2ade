"""One failure, and all that may tell what it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from triage import address, tokens
from triage.linking import similar
from triage.linking.lookup import Lookup
from triage.linking.patterns import Patterns
from triage.linking.templates import Tag
from triage.model import Bounce, Delivery, Evidence, Failure, Link, Protocol, Returned, Strength

_SLACK = timedelta(hours=1)
"""A bounce may seem older than the mail it is about: the clocks of two machines differ."""
_AT_ONCE = timedelta(minutes=15)
"""Between the moment in our records and the Date of the mail itself."""
EVER = datetime(1970, 1, 2, tzinfo=UTC)
_ANY_TIME = datetime(9000, 1, 1, tzinfo=UTC)
_BELIEVED = range(1990, 2100)
"""Years in which a mail may have been written."""
MOST_NEAR = 500
"""Deliveries to a domain, or under one local part, that are looked through for a similar address."""
_MOST_GUESSED = 50
"""Failures of one message that are guessed about: one that nothing proves may name hundreds."""
_MOST_IDS = 20
_MOST_TAGS = 20
_MOST_MAILS = 200
"""Mails whose token is tried, the newest, where the tag does not name its protocol."""


@dataclass(frozen=True, slots=True)
class Search:
    """What the rungs work on."""

    failure: Failure
    bounce: Bounce
    lookup: Lookup
    patterns: Patterns
    at: datetime | None
    """When the bounce arrived, or says it was written."""

    @property
    def key(self) -> str:
        return self.failure.address.key

    @property
    def may_be_guessed(self) -> bool:
        """One of the first failures that the bounce reports."""
        return not any(self.failure is late for late in self.bounce.failures[_MOST_GUESSED:])

    @property
    def final(self) -> str:
        """The key of the address that the mail was forwarded to and that failed; "" if it was not forwarded."""
        written = self.failure.final_recipient
        if not written or similar.is_same_mailbox(written, self.key, self.patterns.subaddress):
            return ""
        return address.parse(written).key

    @property
    def ours(self) -> Returned | None:
        """The returned part, if it is from our sender."""
        returned = self.bounce.returned
        return returned if returned is not None and self.patterns.sent(returned) else None

    @property
    def foreign(self) -> bool:
        """It returns a mail that names another sender."""
        returned = self.bounce.returned
        return returned is not None and bool(returned.from_.strip()) and not self.patterns.sent(returned)

    def message_ids(self) -> Iterator[str]:
        """The Message-IDs that may be our mail's, the likeliest first."""
        returned = self.bounce.returned
        named = (self.bounce.original_message_id, returned.message_id if returned else "", *self.bounce.related_ids)
        bare = dict.fromkeys("".join(written.split()).strip("<>") for written in named[:_MOST_IDS])
        return (message_id for message_id in bare if message_id)

    def mailed(self, since: datetime | None = None, key: str = "", most: int = -1) -> Sequence[Delivery]:
        """What was mailed to the reported address (or another) before the bounce came."""
        return self.lookup.deliveries_to(key or self.key, since or EVER, self.until, most)

    def sent_with(self, deliveries: Iterable[Delivery]) -> list[Delivery]:
        """Those that left when the returned mail says it was written."""
        written = self.bounce.returned.date if self.bounce.returned else None
        return [d for d in deliveries if written and d.sent_at and abs(d.sent_at - written) <= _AT_ONCE]

    @property
    def since(self) -> datetime | None:
        """Since when a mail may be the one that this bounce is about."""
        return self.at - self.patterns.window if self.at and self.at.year in _BELIEVED else None

    @property
    def until(self) -> datetime:
        return self.at + _SLACK if self.at and self.at.year in _BELIEVED else _ANY_TIME

    def about(self, key: str) -> Search:
        """The same, as if this address had failed."""
        return replace(self, failure=replace(self.failure, address=address.parse(key)))

    def found(self, number: str, strength: Strength, evidence: Evidence, matched: str = "", score: float = 1.0) -> Link:
        protocol = self.lookup.protocol(number)
        return Link(number, protocol.author if protocol else "", strength, evidence, matched, score)

    # --- tags ---

    def tags(self) -> Iterator[Tag]:
        """Our return paths that the bounce was delivered to."""
        form = self.patterns.verp
        found = (tag for written in self.bounce.to if (tag := form.read(written))) if form else iter(())
        return islice(found, _MOST_TAGS)

    def id_tags(self) -> Iterator[Tag]:
        """The Message-IDs that came back in our own form."""
        form = self.patterns.message_id
        return (tag for written in self.message_ids() if (tag := form.read(written))) if form else iter(())

    def signed(self, tag: Tag) -> str:
        """The number of the protocol that a valid tag ties to the reported address; "" if it does not."""
        if not tag.token or not self.patterns.keys:
            return ""
        if tag.number:
            numbers: Iterable[str] = (tag.number, tag.number.upper())
        else:
            numbers = dict.fromkeys(d.protocol for d in reversed(self.mailed(most=_MOST_MAILS)))
        return next((n for n in numbers if tokens.is_signed(tag.token, n, self.key, self.patterns.keys)), "")

    def tagged(self, tag: Tag) -> str:
        """The number of the protocol of the mail to the reported address that bears the tag; "" if there is none."""
        if tag.token:
            return self.signed(tag)
        if not tag.delivery:
            return ""
        to_it = [d for d in self.lookup.deliveries_beginning(tag.delivery) if d.key == self.key]
        return newest(to_it).protocol if to_it else ""


def newest(deliveries: Sequence[Delivery]) -> Delivery:
    return max(deliveries, key=lambda delivery: delivery.sent_at or EVER)


def linked(search: Search, text: str) -> tuple[Protocol, ...]:
    """The protocols whose links stand in a text."""
    lookup = search.lookup
    return different(
        lookup.protocol(number) if number else lookup.protocol_with_url(url)
        for url, number in search.patterns.links(text)
    )


def numbered(search: Search, text: str) -> tuple[Protocol, ...]:
    """The protocols whose numbers stand in a text."""
    return different(search.lookup.protocol(number) for number in search.patterns.numbers(text))


def different(protocols: Iterable[Protocol | None]) -> tuple[Protocol, ...]:
    return tuple({protocol.number: protocol for protocol in protocols if protocol is not None}.values())
