"""The life of a letter, and to whom one may be written."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from triage import address
from triage.model import Allowed, Author, Case, Kind, LetterState, Refusal, Refused
from triage.rules import cases

_S = LetterState

MOVES: Mapping[LetterState, frozenset[LetterState]] = {
    _S.COMPOSED: frozenset({_S.CLAIMED}),
    _S.CLAIMED: frozenset({_S.LEAVING, _S.RELEASED}),
    _S.LEAVING: frozenset({_S.SENT, _S.HANDED_OVER, _S.UNCONFIRMED, _S.RELEASED}),
    _S.HANDED_OVER: frozenset({_S.SENT, _S.RELEASED}),
    _S.UNCONFIRMED: frozenset({_S.SENT, _S.RELEASED}),
    _S.SENT: frozenset(),
    _S.RELEASED: frozenset({_S.SENT, _S.HANDED_OVER}),
}
"""Which state may follow which. A released letter that turns up in Sent or Drafts after all is taken back."""

_ROBOT = re.compile(
    r"(?:(?:no|do[-_.]?not|don'?t)[-_.]?(?:reply|answer|respond)|(?:bitte[-_.]?)?nicht[-_.]?(?:be)?antworten|keine?[-_.]?antwort)"
    r".*|(?:mailer[-_.]?daemon|mail[-_.]?daemon|postmaster|bounces?|undeliverable|devnull|dev-null)(?:[-_.+=].*)?"
)
"""Local parts behind which nobody reads: "noreply@", "no.reply-7@", "keine-antwort@", "bounce+x=y.example@"."""


def may_ask_postmaster(case: Case, now: datetime) -> Allowed | Refused:
    """A letter to a postmaster has no number and no limit: one at a time, and only after something new failed."""
    if cases.is_closed(case):
        return Refused(Refusal.CLOSED)
    if case.kind is not Kind.SPAM_OR_POLICY:
        return Refused(Refusal.OTHER_KIND)
    if case.held_until is not None and case.held_until > now:
        return Refused(Refusal.HELD, case.held_until)
    if case.open_letter is not None:
        return Refused(Refusal.LETTER_OPEN)
    if not cases.counts(case):
        return Refused(Refusal.NO_EVIDENCE)
    if case.last_left is not None and (case.last_failed is None or case.last_failed <= case.last_left):
        return Refused(Refusal.NOTHING_NEW)
    return Allowed(0)


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who gets the letter; `instead_of` names the author where somebody stands in."""

    address: str
    name: str
    language: str
    author: str
    instead_of: str = ""
    salutation: str = ""
    title: str = ""


def is_robot(local: str) -> bool:
    """Whether nobody reads what is sent to a local part (in lower case)."""
    return _ROBOT.fullmatch(local) is not None


def addressee(
    author: Author | None,
    look_up: Callable[[str], Author | None],
    others: Iterable[str],
    failing: Collection[str],
    is_ours: Callable[[str], bool],
) -> Addressee | None:
    """The author, or who stands in: the deputy, then the first of the others; None if nobody can be written to.

    `others`: the company's contact and the settings' address, "" where there is none. `failing`: keys of addresses that
    fail, the letter's own among them. Never to one of them, to ourselves or a robot.
    """

    def reachable(written: str) -> bool:
        parsed = address.parse(written)
        return (
            parsed.fault is None
            and parsed.key not in failing
            and not is_ours(parsed.key)
            and not is_robot(parsed.local)
        )

    def write_to(person: Author, instead_of: str) -> Addressee:
        return Addressee(
            person.email, person.name, person.language, person.id, instead_of, person.salutation, person.title
        )

    if author is not None and reachable(author.email):
        return write_to(author, "")
    instead_of = author.name if author is not None else ""
    language = author.language if author is not None else "de"
    identity = author.id if author is not None else ""
    if author is not None and author.deputy:
        deputy = look_up(author.deputy)
        if deputy is not None and reachable(deputy.email):
            return write_to(deputy, instead_of)
        if deputy is None and reachable(author.deputy):
            return Addressee(author.deputy, "", language, identity, instead_of)
    instead = next((other for other in others if other and reachable(other)), "")
    return Addressee(instead, "", language, identity, instead_of) if instead else None
