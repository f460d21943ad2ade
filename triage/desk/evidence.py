"""What ties a case to a mail of ours, for a person who decides: guesses to choose from, doubts, what a report wrote."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date

from triage import address, bounces, lang, linking, text
from triage.desk.base import Desk
from triage.desk.reading import recalled
from triage.errors import SettingsError
from triage.lang import _
from triage.linking import Doubt, similar
from triage.model import Case, Evidence, Kind, Link, Protocol, Seen, Stray
from triage.store import cases, directory, links
from triage.store import queue as lists
from triage.store.links import Unlinked

_LIKELY, _POSSIBLE = 0.5, 0.15
"""Scores from which on a guess is called so."""
_MOST_CASES = 100
"""Of many marked ones, so many are looked at for what they have in common."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A protocol that cases may be linked to."""

    number: str
    title: str = ""
    project: str = ""
    date: date | None = None
    author: str = ""
    """The author's name."""
    guess: Link | None = None
    """What hints at it; None if nothing does."""
    cases: int = 0
    """Of how many of the cases it is a guess."""
    mailed: tuple[str, ...] = ()
    """To whom the mail went whose Message-ID came back."""

    def holds(self, words: str) -> bool:
        """Whether number, title or project have them."""
        return any(words.lower() in part.lower() for part in (self.number, self.title, self.project))


@dataclass(frozen=True, slots=True)
class Unsure:
    """What is known of a case that nothing ties to a mail of ours."""

    guesses: tuple[Choice, ...] = ()
    """The likeliest first."""
    doubt: Doubt | None = None
    """What speaks against it; None where there is just too little."""


def unsure(desk: Desk, case: Case) -> Unsure | None:
    """None for a case that is tied to a mail of ours, or that no bounce is about."""
    if case.bounces == 0 or (case.strength is not None and case.strength.counts):
        return None
    return Unsure(tuple(guesses(desk, [case.id])), _doubt(desk, case.id))


def guesses(desk: Desk, chosen: Sequence[int]) -> list[Choice]:
    """The protocols that these cases may be about: those that most of them may be about first, then the likeliest."""
    found: dict[str, Choice] = {}
    for case in chosen[:_MOST_CASES]:
        for guess in links.guesses(desk.store, case):
            known = found.get(guess.protocol) or _guessed(desk, guess)
            if known.guess is not None and guess.score > known.guess.score:
                known = replace(_guessed(desk, guess), cases=known.cases)
            found[guess.protocol] = replace(known, cases=known.cases + 1)
    return sorted(found.values(), key=lambda one: (-one.cases, -(one.guess.score if one.guess else 0)))


def choices(desk: Desk, case: int, words: str = "") -> list[Choice]:
    """Protocols that hold the words; those that the case's address is on the list of come first, then the newest."""
    found = cases.by_id(desk.store, case)
    return [_choice(desk, each) for each in directory.protocols_like(desk.store, found.key if found else "", words)]


def _guessed(desk: Desk, guess: Link) -> Choice:
    protocol = directory.protocol(desk.store, guess.protocol)
    choice = _choice(desk, protocol) if protocol else Choice(guess.protocol)
    if guess.evidence is not Evidence.OTHERS_MESSAGE_ID:
        return replace(choice, guess=guess)
    deliveries = directory.Lookup(desk.store).deliveries_with(guess.matched)
    return replace(choice, guess=guess, mailed=tuple(dict.fromkeys(delivery.address for delivery in deliveries)))


def _choice(desk: Desk, protocol: Protocol) -> Choice:
    author = directory.author(desk.store, protocol.author)
    return Choice(protocol.number, protocol.title, protocol.project, protocol.date, author.name if author else "")


# --- in words, for eyes ---


def likelihood(guess: Link) -> str:
    """How likely a guess is, in one word."""
    if guess.score >= _LIKELY:
        return _("likely")
    return _("possible") if guess.score >= _POSSIBLE else _("faint")


def hint(choice: Choice) -> str:
    """What hints at a protocol."""
    guess = choice.guess
    if guess is None:
        return ""
    matched = text.line(guess.matched, 120)
    if guess.evidence is Evidence.SIMILAR_ADDRESS:
        return _("a similar address was mailed: {address}", address=text.address(guess.matched))
    if guess.evidence is Evidence.SEVERAL_PROTOCOLS:
        return _("mailed lately: one of {several}", several=matched)
    if guess.evidence is Evidence.MAILED_RECENTLY:
        if matched.startswith("@"):
            return _("mailed lately to others at {domain}", domain=matched)
        return _("mailed to it lately")
    if guess.evidence is Evidence.OTHERS_MESSAGE_ID:
        if len(choice.mailed) == 1:
            return _("Message-ID of a mail to {address}", address=text.address(choice.mailed[0]))
        return _("Message-ID of a mail to {n} others", n=len(choice.mailed))
    if guess.evidence is Evidence.NUMBER_IN_MAIL:
        return _("the bounce names its number")
    return lang.label(guess.evidence)


def told(desk: Desk, failure: Seen) -> str:
    """Where the report wrote another address than the one we mailed; "" if it did not."""
    other = failure.final_recipient
    if not other or other == failure.written:
        return ""
    if similar.is_same_mailbox(other, address.parse(failure.written).key, desk.settings.linking.subaddress):
        return _("the report wrote {address}", address=text.address(other))
    return _("forwarded to {address}, which fails", address=text.address(other))


def deputy(desk: Desk, stray: Stray) -> str:
    """Whom an automatic reply names to be written to instead, as it was kept; "" if nobody."""
    if stray.kind is not Kind.AUTO_REPLY or stray.new_address:
        return ""
    reply = bounces.parse(lists.kept(desk.store, stray.id)).auto_reply
    return reply.deputy if reply else ""


# --- doubts ---


def _doubt(desk: Desk, case: int) -> Doubt | None:
    """Why the newest failure of a case is not believed to be about a mail of ours."""
    with suppress(SettingsError):  # a key that cannot be had: `triage check` says so, and so did the sync
        for failure in links.unlinked_failures(desk.store, case, 1):
            return next(iter(_doubts(desk, failure)), None)
    return None


def _doubts(desk: Desk, unlinked: Unlinked) -> Iterable[Doubt | None]:
    bounce, lookup, at = recalled(unlinked), directory.Lookup(desk.store), unlinked.raw.received_at
    for failure in bounce.failures:
        meant = linking.meant(failure, bounce, lookup, desk.patterns, at)
        if unlinked.key in (cases.key_of(failure.address), cases.key_of(meant.address)):
            yield linking.why_not(linking.Search(meant, bounce, lookup, desk.patterns, at))
