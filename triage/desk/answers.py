"""Answers to our letters: shown with the cases they are about. They decide nothing: anyone can write one.

By In-Reply-To or References, which only who got the letter knows; else by a visible reference in subject or text. Then
an answer is from the addressee or from the same house; whoever else names a reference is said to name it, no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parseaddr

from triage import address, claims, lang
from triage.desk.base import Desk
from triage.desk.finding import texts
from triage.model import Bounce, Kind, Letter, Raw
from triage.store import keep, letterbook
from triage.store.keep import Answer, Answered

NAMED = "named"
"""The history's word for a mail of somebody else that names a reference."""
__all__ = ["NAMED", "Answered", "answered_letter", "answers", "answers_to"]

_LINE_MOST = 160
_LETTERS_MOST = 3
"""Letters that one mail may answer by their references."""


def answers_to(desk: Desk, raw: Raw, bounce: Bounce) -> list[Answer]:
    """The letters of ours that a message answers; none for a bounce. Never raises for what it reads."""
    if bounce.is_bounce:
        return []
    name, written = parseaddr(bounce.sender)
    sender = address.parse(written)
    if desk.is_ours(sender.key):
        return []
    store = desk.store
    by_id = letterbook.letter_by_message_id(store, [bounce.original_message_id, *bounce.related_ids])
    if by_id is not None:
        detail = _detail(bounce, name or written, texts(raw.content))
        return [Answer(by_id, _what(bounce, is_answer=True), detail)]
    if not letterbook.has_letters(store):
        return []
    text = texts(raw.content)
    found: dict[int, Letter] = {}
    for reference in claims.references_in("\n".join([bounce.subject, *text]).upper()):
        for letter in letterbook.letters_with_reference(store, reference)[:1]:
            found.setdefault(letter.id, letter)
    detail = _detail(bounce, name or written, text) if found else ""
    return [
        Answer(letter.id, _what(bounce, is_answer=_is_of_the_house(sender.key, letter)), detail)
        for letter in list(found.values())[:_LETTERS_MOST]
    ]


def answered_letter(found: Sequence[Answer], otherwise: int | None) -> int | None:
    """The letter that a message is kept with: one that it truly answers."""
    return next((answer.letter for answer in found if answer.what != NAMED), otherwise)


def answers(desk: Desk, case: int) -> list[Answered]:
    """The messages that answer letters about a case, newest first."""
    return keep.answered(desk.store, case)


def _is_of_the_house(sender: str, letter: Letter) -> bool:
    return sender.rpartition("@")[2] == address.parse(letter.to).domain


def _what(bounce: Bounce, *, is_answer: bool) -> str:
    if not is_answer:
        return NAMED
    return "answered" if bounce.kind is Kind.NOT_BOUNCE else "answered_automatically"


def _detail(bounce: Bounce, who: str, text: list[str]) -> str:
    """As "A. Weber: Re: Bitte prüfen, Danke, ist berichtigt."; of an automatic one what it is stands before."""
    said = ", ".join(part for part in (" ".join(bounce.subject.split())[:_LINE_MOST], _first_line(text)) if part)
    kind = "" if bounce.kind is Kind.NOT_BOUNCE else f"{lang.label(bounce.kind)} · "
    return f"{kind}{' '.join(who.split())[:100]}: {said}"


def _first_line(text: list[str]) -> str:
    """The first line that the sender wrote: nothing quoted."""
    lines = (" ".join(line.split()) for line in (text[0] if text else "").split("\n")[:200])
    return next((line[:_LINE_MOST] for line in lines if line and not line.startswith((">", "|", "--"))), "")
