"""Our own letters, found in Drafts and Sent: known, settled, adopted, asked about, or missed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from triage import address, letters, mailbox
from triage.bounces.reading import Part, read
from triage.claims import OUR_MESSAGE_ID
from triage.desk.base import Desk
from triage.letters import Recognised
from triage.mailbox.letters import Shown, filed_letters
from triage.model import Found, Letter, Purpose
from triage.store import adopt, letterbook, missed
from triage.store.adopt import Adopted, Adoption, Unproven

_TEXT_MOST = 100_000


@dataclass(frozen=True, slots=True)
class LettersFound:
    """What a look into the folders of our letters brought."""

    settled: int = 0
    adopted: int = 0
    beyond_three: tuple[str, ...] = ()
    """References of letters that would have been a fourth notice."""
    asks: tuple[Letter, ...] = ()
    """Letters of which nothing proves what they are about."""
    gone: tuple[int, ...] = ()
    """Letters that from now on are taken to have gone from Drafts."""
    in_drafts: frozenset[int] = frozenset()


def look(desk: Desk, source: mailbox.Source, since: date | None) -> LettersFound:
    """Read the folders, and take note of each letter of ours that came since a day (None: ever). Raises SourceError."""
    store, lies_in = desk.store, place(source)
    adopt.recall(store)
    expected = missed.handed_over(store, lies_in)
    results: list[tuple[Found, Adopted]] = []
    for found in _lying(desk, source, since):
        results += [(told, adopt.adopt(store, told)) for told in _told(desk, found)]
    seen = {result.letter.id for _found, result in results if result.letter is not None}
    in_drafts = frozenset(r.letter.id for found, r in results if r.letter is not None and not found.in_sent)
    missed.lie_in(store, in_drafts, lies_in)
    count = [result.result for _found, result in results].count
    return LettersFound(
        settled=count(Adoption.SETTLED),
        adopted=count(Adoption.ADOPTED),
        beyond_three=tuple(
            found.reference or found.message_id for found, result in results if result.result is Adoption.BEYOND_THREE
        ),
        asks=tuple(r.letter for _found, r in results if r.result is Adoption.ASKS and r.letter is not None),
        gone=tuple(missed.note(store, expected, seen)) if lies_in else (),
        in_drafts=in_drafts,
    )


def place(source: mailbox.Source) -> str:
    """The mailbox and its Drafts, also for eyes; "" if it has none."""
    drafts = [name for name, is_sent in source.own_folders() if not is_sent]
    return f"{source.name}: {', '.join(drafts)}" if drafts else ""


def _lying(desk: Desk, source: mailbox.Source, since: date | None) -> Iterator[Found]:
    """In the mailbox, and where an outlet writes them into a folder, there."""
    yield from source.letters(since, letterbook.open_references(desk.store), letters.marks(desk.template_folders()))
    folder = filed_in(desk)
    if folder is not None and folder.is_dir():
        yield from filed_letters(mailbox.read_files(folder), in_sent=True, since=since)


def filed_in(desk: Desk) -> Path | None:
    """The folder into which the outlet writes letters, if it is such a one."""
    post = desk.settings.post
    return desk.settings.resolve(post.path) if post.outlet == "folder" and post.path else None


def _told(desk: Desk, found: Found) -> Iterator[Found]:
    """What its headers tell of a letter; where they tell too little, what its text does. A text may hold several."""
    if not isinstance(found, Shown):
        yield found
        return
    said = texts(found.content)
    recognised = _recognised(found, said)
    for letter in recognised:
        quoted = _is_quoted(found, said, letter.reference)
        # What one mail shows of several letters, or quotes, is none of them itself: it lends its Message-ID to none.
        message_id = found.message_id if len(recognised) == 1 and not quoted else ""
        if letter.purpose is None or quoted:
            named = tuple(key for key in letter.keys if not desk.is_ours(key) and key != address.parse(found.to).key)
            yield Unproven(message_id, letter.reference, (), found.in_sent, found.to, found.subject, found.date, named)
        else:
            claims = tuple((key, int(letter.purpose is Purpose.CORRECTION)) for key in letter.keys)
            yield Found(message_id, letter.reference, claims, found.in_sent, found.to, found.subject, found.date)


def _recognised(found: Shown, said: list[str]) -> list[Recognised]:
    """By its plain text; by its HTML what that does not prove."""
    best: dict[str, Recognised] = {}
    for text in said:
        for letter in letters.recognise(f"{found.subject}\n{text}", found.reference):
            if letter.reference not in best or best[letter.reference].purpose is None:
                best[letter.reference] = letter
    if not best and (found.reference or OUR_MESSAGE_ID.fullmatch(found.message_id)):
        return [Recognised(found.reference, None, letters.addresses("\n".join(said)))]
    return list(best.values())


def _is_quoted(found: Shown, said: list[str], reference: str) -> bool:
    """Whether it is not the mail itself that bears a reference: anybody can write what staff quote in an answer."""
    naming = [text for text in said if reference in text]
    return reference != found.reference and (not naming or letters.only_quotes(naming[0], reference))


def texts(content: bytes) -> list[str]:
    """What a person reads of a mail: all that is plain text, then all that is HTML. Bounded; never raises."""
    parts = [part for part in read(content).root.walk() if not part.parts]
    return [text for kind in ("text/plain", "text/html") if (text := _joined(parts, kind))]


def _joined(parts: list[Part], kind: str) -> str:
    return "\n".join(part.text for part in parts if part.type == kind)[:_TEXT_MOST]
