"""The ladder: one function a rung, from the strongest evidence to the weakest.

A rung that proves or strongly shows ends the climb. A guess is kept, for anyone can forge a bounce: it goes to the bin,
where a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from triage import address
from triage.linking.lookup import Lookup
from triage.linking.patterns import Patterns, our_own
from triage.model import Bounce, Delivery, Evidence, Failure, Link, Protocol, Returned, Strength

_SLACK = timedelta(hours=1)
"""A bounce may seem older than the mail it is about: the clocks of two machines differ."""
_EVER = datetime(1970, 1, 2, tzinfo=UTC)
_MOST_IDS = 20
_ANY_TIME = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Search:
    """One failure, and all that may tell what it belongs to."""

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

    def mailed(self, since: datetime | None = None) -> Sequence[Delivery]:
        """What was mailed to the reported address before the bounce came."""
        until = self.at + _SLACK if self.at else _ANY_TIME
        return self.lookup.deliveries_to(self.key, since or _EVER, until)

    def found(self, number: str, strength: Strength, evidence: Evidence, matched: str = "", score: float = 1.0) -> Link:
        protocol = self.lookup.protocol(number)
        return Link(number, protocol.author if protocol else "", strength, evidence, matched, score)


def link(
    failure: Failure, bounce: Bounce, lookup: Lookup, patterns: Patterns, at: datetime | None = None
) -> Link | None:
    """What the failure belongs to: the first rung that counts, else the best guess, else nothing.

    `at` is when the bounce arrived; without it, the date that the bounce itself names.
    """
    if our_own(failure.address.key, patterns):
        return None
    search = Search(failure, bounce, lookup, patterns, at or bounce.date)
    guesses: list[Link] = []
    for rung in RUNGS:
        found = rung(search)
        if found is not None and found.strength.counts:
            return found
        if found is not None:
            guesses.append(found)
    return max(guesses, key=lambda guess: guess.score, default=None)


# --- the rungs --------------------------------------------------------------------------------------------------------


def by_message_id(search: Search) -> Link | None:
    """Our Message-ID came back, of a mail to the reported address: proof."""
    for message_id in search.message_ids():
        to_it = [d for d in search.lookup.deliveries_with(message_id) if d.key == search.key]
        if to_it:
            final = address.parse(search.failure.final_recipient).key
            evidence = Evidence.FORWARDED if final and final != search.key else Evidence.MESSAGE_ID
            return search.found(_newest(to_it).protocol, Strength.PROOF, evidence, message_id)
    return None


def by_our_header(search: Search) -> Link | None:
    """Our own header came back in a mail from our sender, and its protocol was mailed to the reported address: strong.

    It holds a number that others can guess, no secret: no proof.
    """
    returned, header = search.ours, search.patterns.header
    if returned is None or not header:
        return None
    number = next((value.strip() for name, value in returned.headers if name == header), "")
    if not number or all(delivery.protocol != number for delivery in search.mailed()):
        return None
    return search.found(number, Strength.STRONG, Evidence.OUR_HEADER, f"{header}: {number}")


def by_content(search: Search) -> Link | None:
    """The returned mail is from our sender and carries one protocol's link or number.

    Strong if the reported address is on that protocol's list, else a guess. A link says more than a number, the subject
    more than the text: the first place that names one protocol only is believed.
    """
    returned = search.ours
    if returned is None:
        return None
    places = (
        _Place(Evidence.LINK_IN_MAIL, search.patterns.shown_link(), _linked(search, returned.text), 0.7),
        _Place(Evidence.NUMBER_IN_MAIL, "", _numbered(search, returned.subject), 0.6),
        _Place(Evidence.NUMBER_IN_MAIL, "", _numbered(search, _custom_headers(returned)), 0.5),
        _Place(Evidence.NUMBER_IN_MAIL, "", _numbered(search, returned.text), 0.5),
    )
    guess: Link | None = None
    for place in places:
        listed = [p for p in place.protocols if search.lookup.is_on_list(search.key, p.number)]
        if len(listed) == 1:
            number = listed[0].number
            return search.found(number, Strength.STRONG, place.evidence, place.matched or number)
        fitting = listed or place.protocols
        if fitting and guess is None:
            number, score = fitting[0].number, place.score / len(fitting)
            guess = search.found(number, Strength.GUESS, place.evidence, place.matched or number, score)
    return guess


def by_window(search: Search) -> Link | None:
    """The reported address was mailed lately: strong if one protocol fits and our mail came back with the bounce."""
    if search.at is None or search.foreign:
        return None
    lately = search.mailed(since=search.at - search.patterns.window)
    if not lately:
        return None
    newest = _newest(lately).protocol
    fitting = len({delivery.protocol for delivery in lately})
    if fitting > 1:
        return search.found(newest, Strength.GUESS, Evidence.SEVERAL_PROTOCOLS, str(fitting), 0.6 / fitting)
    if search.ours is None:
        return search.found(newest, Strength.GUESS, Evidence.MAILED_RECENTLY, search.key, 0.5)
    return search.found(newest, Strength.STRONG, Evidence.MAILED_RECENTLY, search.key)


def by_others_message_id(search: Search) -> Link | None:
    """Our Message-ID came back, but of a mail to others: a guess, better the nearer their address is."""
    final = address.parse(search.failure.final_recipient).key
    for message_id in search.message_ids():
        deliveries = search.lookup.deliveries_with(message_id)
        if deliveries:
            scored = [(_nearness(d, search.failure, final, alone=len(deliveries) == 1), d) for d in deliveries]
            score, nearest = max(scored, key=lambda pair: pair[0])
            return search.found(nearest.protocol, Strength.GUESS, Evidence.OTHERS_MESSAGE_ID, message_id, score)
    return None


RUNGS: tuple[Callable[[Search], Link | None], ...] = (
    by_message_id,
    by_our_header,
    by_content,
    by_window,
    by_others_message_id,
)


# --- what they share --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    evidence: Evidence
    matched: str
    """What to show as matched; the protocol's number if empty."""
    protocols: tuple[Protocol, ...]
    score: float


def _linked(search: Search, text: str) -> tuple[Protocol, ...]:
    links = search.patterns.links(text)
    return _different(
        search.lookup.protocol(number) if number else search.lookup.protocol_with_url(url) for url, number in links
    )


def _numbered(search: Search, text: str) -> tuple[Protocol, ...]:
    return _different(search.lookup.protocol(number) for number in search.patterns.numbers(text))


def _different(protocols: Iterable[Protocol | None]) -> tuple[Protocol, ...]:
    return tuple({protocol.number: protocol for protocol in protocols if protocol is not None}.values())


def _custom_headers(returned: Returned) -> str:
    """Headers that programs invent: in others digits mean other things (dates, hosts, ids)."""
    return "\n".join(value[:1_000] for name, value in returned.headers[:200] if name.startswith("x-"))


def _newest(deliveries: Sequence[Delivery]) -> Delivery:
    return max(deliveries, key=lambda delivery: delivery.sent_at or _EVER)


def _nearness(delivery: Delivery, failure: Failure, final: str, *, alone: bool) -> float:
    """0 to 1: how likely the reported address stands for the one we mailed."""
    if final and delivery.key == final:
        return 0.9
    if alone:
        return 0.8
    return 0.65 if delivery.key.rpartition("@")[2] == failure.address.domain else 0.4
