"""The ladder: one function a rung, from the strongest evidence to the weakest.

A rung that proves or strongly shows ends the climb, unless something speaks against it (`doubts`): anyone can forge a
bounce. Guesses are gathered: they go to the bin, where a person decides. Rung 6 is `guesses`; which address is meant
was settled before (`meant`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from triage.linking import guesses
from triage.linking.doubts import doubt
from triage.linking.lookup import Lookup
from triage.linking.patterns import Patterns, our_own
from triage.linking.search import Search, linked, newest, numbered
from triage.model import Bounce, Delivery, Evidence, Failure, Link, Protocol, Returned, Strength

MOST_GUESSES = 20
_DOUBTED = {Strength.PROOF: 0.9, Strength.STRONG: 0.75}
"""The score of what would count, if nothing spoke against it."""
_APART = timedelta(days=1)
"""A returned mail of another day is another mail, even where records tell days only."""


def climb(
    failure: Failure, bounce: Bounce, lookup: Lookup, patterns: Patterns, at: datetime | None = None
) -> tuple[Link, ...]:
    """What the failure belongs to: one link that counts; else guesses, the best first, one a protocol; else nothing.

    `at` is when the bounce arrived; without it, the date that the bounce itself names.
    """
    if our_own(failure.address.key, patterns):
        return ()
    search = Search(failure, bounce, lookup, patterns, at or bounce.date)
    guessed: list[Link] = []
    for rung in RUNGS if search.may_be_guessed else RUNGS[:_GUESSES_FROM]:
        for found in rung(search):
            if found.strength.counts and doubt(search, found) is None:
                return (found,)
            guessed.append(_doubted(found))
    return _ranked(guessed)


def link(
    failure: Failure, bounce: Bounce, lookup: Lookup, patterns: Patterns, at: datetime | None = None
) -> Link | None:
    """The first of `climb`."""
    return next(iter(climb(failure, bounce, lookup, patterns, at)), None)


def _doubted(found: Link) -> Link:
    return replace(found, strength=Strength.GUESS, score=min(found.score, _DOUBTED.get(found.strength, 1.0)))


def _ranked(guessed: list[Link]) -> tuple[Link, ...]:
    best: dict[str, Link] = {}
    for guess in sorted(guessed, key=lambda guess: -guess.score):
        best.setdefault(guess.protocol, guess)
    return tuple(best.values())[:MOST_GUESSES]


# --- the rungs --------------------------------------------------------------------------------------------------------


def by_return_path(search: Search) -> Iterator[Link]:
    """Delivered to the tagged return path of a mail to the reported address: proof."""
    for tag in search.tags():
        if number := search.tagged(tag):
            yield search.found(number, Strength.PROOF, Evidence.TAGGED_RETURN_PATH, tag.written)


def by_signed_message_id(search: Search) -> Iterator[Link]:
    """Our Message-ID came back, with a token that was made for the reported address: proof."""
    for tag in search.id_tags():
        if number := search.signed(tag):
            yield search.found(number, Strength.PROOF, _by_id(search), tag.written)


def by_message_id(search: Search) -> Iterator[Link]:
    """Our Message-ID came back, of a mail to the reported address: proof."""
    for message_id in search.message_ids():
        if to_it := search.lookup.deliveries_with(message_id, search.key):
            yield search.found(newest(to_it).protocol, Strength.PROOF, _by_id(search), message_id)


def by_our_header(search: Search) -> Iterator[Link]:
    """Our own header came back in a mail from our sender, and its protocol was mailed to the reported address: strong.

    It holds a number that others can guess, no secret: no proof.
    """
    returned, header = search.ours, search.patterns.header
    if returned is None or not header:
        return
    number = next((value.strip() for name, value in returned.headers if name == header), "")
    if number and any(delivery.protocol == number for delivery in search.mailed()):
        yield search.found(number, Strength.STRONG, Evidence.OUR_HEADER, f"{header}: {number}")


def by_content(search: Search) -> Iterator[Link]:
    """The returned mail is from our sender and carries one protocol's link or number.

    Strong if the reported address is on that protocol's list, else a guess. A link says more than a number, the subject
    more than the text: the first place that names one protocol only is believed.
    """
    returned = search.ours
    if returned is None:
        return
    places = (
        _Place(Evidence.LINK_IN_MAIL, search.patterns.shown_link(), linked(search, returned.text), 0.7),
        _Place(Evidence.NUMBER_IN_MAIL, "", numbered(search, returned.subject), 0.6),
        _Place(Evidence.NUMBER_IN_MAIL, "", numbered(search, _custom_headers(returned)), 0.5),
        _Place(Evidence.NUMBER_IN_MAIL, "", numbered(search, returned.text), 0.5),
    )
    for place in places:
        listed = [p for p in place.protocols if search.lookup.is_on_list(search.key, p.number)]
        fitting = listed or place.protocols
        strength = Strength.STRONG if len(listed) == 1 else Strength.GUESS
        for protocol in fitting:
            score = 1.0 if strength is Strength.STRONG else place.score / len(fitting)
            yield search.found(protocol.number, strength, place.evidence, place.matched or protocol.number, score)


def by_window(search: Search) -> Iterator[Link]:
    """The reported address was mailed lately: strong if one protocol fits and our mail came back with the bounce.

    The Date of what came back may tell which of several it is; another day or number speaks against all.
    """
    if search.since is None or search.foreign:
        return
    lately = search.mailed(since=search.since)
    fitting = list(dict.fromkeys(delivery.protocol for delivery in reversed(lately)))
    at_once = list(dict.fromkeys(delivery.protocol for delivery in search.sent_with(lately)))
    is_ours = search.ours is not None and not _is_another_mail(search, search.ours, lately)
    if is_ours and len(at_once) == 1:
        yield search.found(at_once[0], Strength.STRONG, Evidence.MAILED_RECENTLY, search.key)
    elif len(fitting) == 1:
        strength, score = (Strength.STRONG, 1.0) if is_ours else (Strength.GUESS, 0.5)
        yield search.found(fitting[0], strength, Evidence.MAILED_RECENTLY, search.key, score)
    for rank, number in enumerate(fitting if len(fitting) > 1 else ()):
        score = (0.6 if number in at_once else 0.5) / len(fitting) * (1 - rank / 100)
        yield search.found(number, Strength.GUESS, Evidence.SEVERAL_PROTOCOLS, str(len(fitting)), score)


RUNGS: tuple[Callable[[Search], Iterable[Link]], ...] = (
    by_return_path,
    by_signed_message_id,
    by_message_id,
    by_our_header,
    by_content,
    by_window,
    guesses.by_others_message_id,
    guesses.by_subject,
    guesses.by_similar_address,
    guesses.by_domain,
)
_GUESSES_FROM = RUNGS.index(guesses.by_others_message_id)


# --- what they share --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    evidence: Evidence
    matched: str
    """What to show as matched; the protocol's number if empty."""
    protocols: tuple[Protocol, ...]
    score: float


def _by_id(search: Search) -> Evidence:
    return Evidence.FORWARDED if search.final else Evidence.MESSAGE_ID


def _custom_headers(returned: Returned) -> str:
    """Headers that programs invent: in others digits mean other things (dates, hosts, ids)."""
    return "\n".join(value[:1_000] for name, value in returned.headers[:200] if name.startswith("x-"))


def _is_another_mail(search: Search, returned: Returned, lately: Sequence[Delivery]) -> bool:
    """What came back was written on another day, or its subject names another protocol: one we do not know of yet."""
    written, named = returned.date, set(search.patterns.numbers(returned.subject))
    if written and all(d.sent_at and abs(d.sent_at - written) > _APART for d in lately):
        return True
    return bool(named) and named.isdisjoint(delivery.protocol for delivery in lately)
