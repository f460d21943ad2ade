"""One line of the queue, as pieces of text with a role each; how wide each column is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from triage import lang, text
from triage.lang import _
from triage.model import Entry, LetterState, Section, Strength
from triage.tui.shown import dots, fit, fit_address, short_name

Piece = tuple[str, str]
"""Text, and its role: mark, dots-0 … dots-3, kind, address, muted, warn."""

_LETTER_MARKS = {
    LetterState.COMPOSED: "✎",
    LetterState.CLAIMED: "→",
    LetterState.LEAVING: "→",
    LetterState.HANDED_OVER: "→",
    LetterState.UNCONFIRMED: "?",
}

_KIND, _PROTOCOL, _SEEN = 9, 9, 9


@dataclass(frozen=True, slots=True)
class Columns:
    """Cells of the columns that give way; an author or protocol of 0 is left out."""

    address: int
    author: int
    protocol: int

    @classmethod
    def of(cls, width: int) -> Columns:
        fixed = 2 + 4 + (_KIND + 1) + _SEEN
        author = 0 if width < 62 else 11 if width < 96 else 17
        protocol = _PROTOCOL if width >= 74 else 0
        rest = width - fixed - (author + 1 if author else 0) - (protocol + 1 if protocol else 0)
        return cls(max(12, rest - 1), author, protocol)


def header(columns: Columns) -> str:
    """The line over the list."""
    parts = [" " * 5, fit(_("kind"), _KIND), fit(_("address"), columns.address)]
    if columns.author:
        parts.append(fit(_("author"), columns.author))
    if columns.protocol:
        parts.append(fit(_("protocol"), columns.protocol))
    return " ".join([*parts, _("seen")])


def pieces(entry: Entry, columns: Columns, marked: bool, now: datetime) -> list[Piece]:
    """A case or a stray."""
    lead: list[Piece] = [("▌" if marked else " ", "mark"), (_state(entry), "mark")]
    seen: Piece = (fit(lang.when(entry.seen, now), _SEEN), "muted")
    kind: Piece = (fit(lang.label(entry.kind), _KIND) + " ", "kind")
    body = _case(entry, columns) if entry.is_case else _stray(entry, columns)
    marks = (dots(entry.notices), f"dots-{min(entry.notices, 3)}") if entry.is_case else ("   ", "muted")
    return [*lead, marks, (" ", "muted"), kind, *body, seen]


def _case(entry: Entry, columns: Columns) -> list[Piece]:
    times = f" ×{entry.bounces}" if entry.bounces > 1 else ""
    found: list[Piece] = [
        (fit_address(text.address(entry.address), columns.address - len(times)), "address"),
        (times + " ", "muted"),
    ]
    if columns.author:
        found.append((fit(_author(entry, columns.author), columns.author) + " ", "kind"))
    if columns.protocol:
        protocol = text.line(entry.protocol) if entry.protocol else "–"
        found.append((fit(protocol, columns.protocol) + " ", "muted"))
    return found


def _stray(entry: Entry, columns: Columns) -> list[Piece]:
    """Sender and subject; a stray has no notices, author or protocol."""
    rest = (columns.author + 1 if columns.author else 0) + (columns.protocol + 1 if columns.protocol else 0)
    total = columns.address + 1 + rest
    sender = min(columns.address, total // 2 - 4)
    return [
        (fit(text.line(entry.address), sender) + " ", "muted"),
        (fit(text.line(entry.subject), total - sender - 2) + " ", "kind"),
    ]


def _author(entry: Entry, width: int) -> str:
    """The author's name as far as there is room; a guessed one says so."""
    name = text.line(entry.author)
    sign = "? " if entry.strength is Strength.GUESS else ""
    if not name:
        return "?" if entry.section is Section.BIN else "–"
    return sign + (name if len(sign + name) <= width else short_name(name))


def _state(entry: Entry) -> str:
    """A letter in work, else a colleague who is on it."""
    if entry.letter is not None:
        return _LETTER_MARKS.get(entry.letter, " ")
    return "@" if entry.taken_by else " "
