"""What speaks against a link, and why a failure is not believed to be about a mail of ours.

Anyone can forge a bounce. Sender, number, link and date of a mail stand in those of everybody who got the protocol; its
Message-ID, and the return path where that is signed, only in the mail itself. Where we know or sign them, what came
back must show them, unless a server gave the mail another Message-ID.
"""

from __future__ import annotations

from enum import StrEnum

from triage import address
from triage.linking.search import Search
from triage.model import Evidence, Link, Strength

_BY_NAME = frozenset({Evidence.OUR_HEADER, Evidence.LINK_IN_MAIL, Evidence.NUMBER_IN_MAIL})
"""Evidence that names the protocol."""


class Doubt(StrEnum):
    """Why a failure does not count."""

    FOREIGN = "foreign"
    """The returned mail names another sender."""
    BAD_TOKEN = "bad_token"  # noqa: S105 (no secret)
    """A Message-ID in our form came back, and its token is not ours."""
    UNTAGGED = "untagged"
    """Our return paths are signed, and this bounce was delivered to none that was made for this address."""
    ID_MISSING = "id_missing"
    """We know the Message-IDs of our mails, and that of a mail to this address did not come back."""
    NOTHING_OURS = "nothing_ours"
    """Nothing of a mail of ours came back."""


def doubt(search: Search, found: Link) -> Doubt | None:
    """What speaks against a link that would count; None if nothing does."""
    if found.evidence is Evidence.TAGGED_RETURN_PATH:
        return None
    if is_untagged(search) and not _is_sole_recipients(search, found):
        return Doubt.UNTAGGED
    if found.strength is Strength.PROOF:
        return None
    if has_bad_token(search):
        return Doubt.BAD_TOKEN
    is_missing = is_id_missing(search, found.protocol) and not is_rewritten(search, found)
    return Doubt.ID_MISSING if is_missing else None


def why_not(search: Search) -> Doubt | None:
    """Why nothing counts, in the order in which a person wants to know; None where there is just too little."""
    if search.foreign:
        return Doubt.FOREIGN
    if has_bad_token(search):
        return Doubt.BAD_TOKEN
    if is_untagged(search):
        return Doubt.UNTAGGED
    if search.ours is None:
        is_known = any(search.lookup.deliveries_with(i) for i in search.message_ids())
        return None if is_known else Doubt.NOTHING_OURS
    numbers = dict.fromkeys(delivery.protocol for delivery in search.mailed(search.since))
    return Doubt.ID_MISSING if any(is_id_missing(search, number) for number in numbers) else None


def is_untagged(search: Search) -> bool:
    """Our return paths are signed, and the bounce does not bear that of a mail to the reported address."""
    patterns = search.patterns
    if patterns.verp is None or not patterns.verp.is_signed or not patterns.keys:
        return False
    return not any(search.signed(tag) for tag in search.tags())


def has_bad_token(search: Search) -> bool:
    """A Message-ID in our signed form came back that we never gave."""
    if not _signs_ids(search):
        return False
    tags = list(search.id_tags())
    if not tags or any(search.lookup.deliveries_with(tag.written) for tag in tags):
        return False
    return not any(one.signed(tag) for tag in tags for one in _candidates(search, tag.recipient))


def is_id_missing(search: Search, number: str) -> bool:
    """No Message-ID came back of a mail about the protocol to the reported address, though we know or sign them.

    Mails whose Message-ID the directory does not know are believed without.
    """
    lookup = search.lookup
    if _signs_ids(search) or any(lookup.deliveries_with(i) for i in search.message_ids()):
        return True  # one that is known, and was to this address, would have proved it
    mailed = [delivery for delivery in search.mailed() if delivery.protocol == number]
    return all(delivery.message_id for delivery in mailed) if mailed else lookup.knows_message_ids()


def is_rewritten(search: Search, found: Link) -> bool:
    """A server on the way gave our mail a Message-ID of its own, and all else of it came back as we sent it.

    It names the protocol, and the minute in which that left for this address: only who got the same protocol just then
    could forge this.
    """
    ids = list(search.message_ids())
    if found.evidence not in _BY_NAME or _signs_ids(search) or not ids:
        return False
    if any(search.patterns.is_of_our_host(i) or search.lookup.deliveries_with(i) for i in ids):
        return False
    return any(delivery.protocol == found.protocol for delivery in search.sent_with(search.mailed()))


def _signs_ids(search: Search) -> bool:
    form = search.patterns.message_id
    return form is not None and form.is_signed and bool(search.patterns.keys)


def _candidates(search: Search, named: str) -> list[Search]:
    """The addresses that a tag may have been made for: the reported one, and where the returned mail went."""
    to = search.bounce.returned.to if search.bounce.returned else ()
    keys = dict.fromkeys([search.key, named, *(address.parse(written).key for written in to[:10])])
    return [search.about(key) for key in keys if key]


def _is_sole_recipients(search: Search, found: Link) -> bool:
    """Only who got the mail knows its Message-ID; where several did, one can forge a bounce for another."""
    if found.evidence not in (Evidence.MESSAGE_ID, Evidence.FORWARDED):
        return False
    keys = {delivery.key for delivery in search.lookup.deliveries_with(found.matched)}
    return len(keys) <= 1
