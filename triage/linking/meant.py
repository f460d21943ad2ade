"""Which address of ours a report means.

Servers garble what they report: "m??ller@…" for an address with umlauts, another sub-address, or the address that the
mail was forwarded to. Where a tag or the Message-ID tells which address was mailed, that one failed; what the report
wrote stays beside it as the final recipient.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from triage import address
from triage.linking import similar
from triage.linking.lookup import Lookup
from triage.linking.patterns import Patterns, our_own
from triage.linking.search import MOST_NEAR, Search
from triage.linking.templates import Tag
from triage.model import Address, Bounce, Failure


def meant(failure: Failure, bounce: Bounce, lookup: Lookup, patterns: Patterns, at: datetime | None = None) -> Failure:
    """The failure with the address that was mailed; as it is, unless exactly one can be meant."""
    search = Search(failure, bounce, lookup, patterns, at or bounce.date)
    if our_own(search.key, patterns) or _is_as_mailed(search):
        return failure
    written = _tagged(search) or _spelled(search) or _spelled_lately(search)
    mailed = address.parse(written) if written else failure.address
    if mailed.key == search.key or our_own(mailed.key, patterns):
        return failure
    return replace(failure, address=mailed, final_recipient=failure.final_recipient or failure.address.written)


def _is_as_mailed(search: Search) -> bool:
    """The report names an address of the very mail."""
    if any(search.tagged(tag) for tag in search.tags()) or any(search.signed(tag) for tag in search.id_tags()):
        return True
    ids = search.message_ids()
    return any(search.lookup.deliveries_with(each, search.key) for each in ids)


def _tagged(search: Search) -> str:
    """By a tag that names one recipient only. A report about several would name it beside them."""
    if len(search.bounce.failures) > 1:
        return ""
    return next(iter(dict.fromkeys(_tag_recipients(search))), "")


def _tag_recipients(search: Search) -> Iterator[str]:
    for tag in search.tags():
        yield from _recipients(search, tag)
        if tag.delivery and not tag.token:
            keys = {delivery.key: delivery.address for delivery in search.lookup.deliveries_beginning(tag.delivery)}
            if len(keys) == 1:
                yield from keys.values()
    for tag in search.id_tags():
        yield from _recipients(search, tag)


def _recipients(search: Search, tag: Tag) -> Iterator[str]:
    """Whom the token was made for: the recipient that the tag names, or the one that the returned mail went to."""
    to = search.bounce.returned.to if search.bounce.returned else ()
    named: list[Address] = [address.parse(tag.recipient)] if tag.recipient else []
    for one in (*named, *(address.parse(written) for written in to[:10])):
        if tag.token and search.about(one.key).signed(tag):
            yield one.written
    if tag.recipient and not tag.token and search.since and search.mailed(search.since, tag.recipient):
        yield tag.recipient  # says no more than an Original-Recipient would: the rungs judge it


def _spelled(search: Search) -> str:
    """By the Message-ID: the one recipient of that mail whose address is garbled so, or has another sub-address."""
    is_spelled = similar.spelling(search.key, search.patterns.subaddress)
    fitting = {
        delivery.key: delivery.address
        for message_id in search.message_ids()
        for delivery in search.lookup.deliveries_with(message_id)
        if is_spelled(delivery.key)
    }
    return next(iter(fitting.values())) if len(fitting) == 1 else ""


def _spelled_lately(search: Search) -> str:
    """By its letters: the one address mailed lately that is garbled so.

    None of so many that not all were looked through; and none where the very letters were mailed: then those failed.
    """
    if search.since is None or search.foreign or not similar.is_garbled(search.key) or search.mailed(search.since):
        return ""
    local, _at, domain = search.key.rpartition("@")
    since, until = search.since, search.until
    lately = (
        search.lookup.deliveries_named(local, since, until, MOST_NEAR)
        if similar.is_garbled(domain)
        else search.lookup.deliveries_at(domain, since, until, MOST_NEAR)
    )
    if len(lately) >= MOST_NEAR:
        return ""
    form = similar.ungarbled(search.key)
    fitting = {d.key: d.address for d in lately if form.fullmatch(similar.readable(d.key))}
    return next(iter(fitting.values())) if len(fitting) == 1 else ""
