"""Rung 6: what a failure may belong to. Each guess has a score, 0 to 1, by which the bin ranks them."""

from __future__ import annotations

from collections.abc import Iterator

from triage.linking import similar
from triage.linking.search import MOST_NEAR, Search, numbered
from triage.model import Delivery, Evidence, Link, Strength

_FEW = 3
"""Protocols mailed to a domain lately, up to which the domain tells anything."""


def by_others_message_id(search: Search) -> Iterator[Link]:
    """Our Message-ID came back, but of a mail to others: better the nearer their address is."""
    for message_id in search.message_ids():
        deliveries = search.lookup.deliveries_with(message_id)
        best: dict[str, float] = {}
        for delivery in deliveries:
            score = _nearness(search, delivery, alone=len(deliveries) == 1)
            best[delivery.protocol] = max(score, best.get(delivery.protocol, 0.0))
        for number, score in best.items():
            yield search.found(number, Strength.GUESS, Evidence.OTHERS_MESSAGE_ID, message_id, score)


def by_subject(search: Search) -> Iterator[Link]:
    """The bounce's own subject names a protocol: "Unzustellbar: Protokoll 2026-0877"."""
    if search.foreign:
        return
    fitting = numbered(search, search.bounce.subject)
    listed = [p for p in fitting if search.lookup.is_on_list(search.key, p.number)]
    for protocol in listed or fitting:
        score = (0.75 if listed else 0.3) / len(listed or fitting)
        yield search.found(protocol.number, Strength.GUESS, Evidence.NUMBER_IN_MAIL, protocol.number, score)


def by_similar_address(search: Search) -> Iterator[Link]:
    """An address was mailed lately from which the reported one differs by a slip or two, or by its sub-address."""
    if search.foreign or search.since is None or search.mailed(since=search.since):
        return
    local, _at, domain = search.key.rpartition("@")
    lookup, since, until = search.lookup, search.since, search.until
    near: dict[str, list[Delivery]] = {}
    at_domain = lookup.deliveries_at(domain, since, until, MOST_NEAR)
    for delivery in (*at_domain, *lookup.deliveries_named(local, since, until, MOST_NEAR)):
        near.setdefault(delivery.key, []).append(delivery)
    for key, deliveries in near.items():
        if score := _likeness(search, key):
            protocols = dict.fromkeys(delivery.protocol for delivery in deliveries)
            for number in protocols:
                yield search.found(
                    number, Strength.GUESS, Evidence.SIMILAR_ADDRESS, similar.readable(key), score / len(protocols)
                )


def by_domain(search: Search) -> Iterator[Link]:
    """Few protocols went to that domain lately."""
    if search.foreign or search.since is None or search.mailed(since=search.since):
        return
    domain = search.failure.address.domain
    lately = search.lookup.deliveries_at(domain, search.since, search.until, MOST_NEAR)
    numbers = dict.fromkeys(delivery.protocol for delivery in lately)
    for number in numbers if len(numbers) <= _FEW else ():
        score = 0.2 / len(numbers)
        yield search.found(number, Strength.GUESS, Evidence.MAILED_RECENTLY, f"@{domain}", score)


def _likeness(search: Search, key: str) -> float:
    """0 if the two have nothing to do with each other."""
    separators = search.patterns.subaddress
    if similar.base(key, separators) == similar.base(search.key, separators):
        return 0.75
    (local, _at, domain), (other, _at, other_domain) = (
        similar.readable(written).rpartition("@") for written in (search.key, key)
    )
    if domain == other_domain:
        count = similar.slips(local, other)
        return 0.7 - 0.15 * count if count <= similar.MOST_SLIPS and count < min(len(local), len(other)) else 0.0
    count = similar.slips(domain, other_domain) if local == other else similar.MOST_SLIPS + 1
    return 0.65 - 0.15 * count if count <= similar.MOST_SLIPS else 0.0


def _nearness(search: Search, delivery: Delivery, *, alone: bool) -> float:
    """How likely the reported address stands for the one we mailed."""
    if search.final and delivery.key == search.final:
        return 0.9
    if alone:
        return 0.8
    return 0.65 if delivery.key.rpartition("@")[2] == search.failure.address.domain else 0.4
