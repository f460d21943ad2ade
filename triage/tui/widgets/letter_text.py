"""A letter in words: who gets it, what it is about, what became of it. Pure; foreign text is cleaned here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from triage import lang
from triage.desk import sending
from triage.desk.sending import Delivered
from triage.lang import _
from triage.model import Letter, LetterItem, LetterState, Purpose
from triage.tui import shown
from triage.tui.widgets.bars import two_ends
from triage.tui.widgets.case_text import Row, Tones, grid


def title(letter: Letter, where: str, tones: Tones, gone_since: datetime | None = None) -> Table:
    """Which of the letters, and its state."""
    state = Text.assemble(
        shown.line(letter.reference, tones.quiet),
        "  ",
        (lang.label(letter.purpose), tones.quiet),
        "  ",
        (sending.state(letter, gone_since), tones.good if letter.state is LetterState.COMPOSED else tones.warn),
    )
    return two_ends(Text(_("Review") + " · " + where, f"bold {tones.loud}"), state)


def head(letter: Letter, tones: Tones) -> Table:
    """To, subject, and each address with the number of its notice."""
    rows: list[Row] = [
        (
            _("to"),
            Text.assemble(shown.line(letter.to_name, "bold"), " " if letter.to_name else "", shown.address(letter.to)),
        ),
        (_("subject"), shown.line(letter.subject, "bold")),
    ]
    rows += [
        (_("about") if row == 0 else "", _item(item, letter.purpose, tones)) for row, item in enumerate(letter.items)
    ]
    if letter.detail:
        rows.append((_("back"), shown.line(letter.detail, tones.warn)))
    return grid(rows, tones)


def _item(item: LetterItem, purpose: Purpose, tones: Tones) -> Text:
    number = Text("")
    if purpose is Purpose.CORRECTION and item.number:  # none: it was beyond three
        number = Text.assemble(
            "  ",
            (shown.dots(item.number), tones.notices(item.number)),
            (" " + _("notice {n}", n=item.number), tones.quiet),
        )
    return Text.assemble(
        shown.address(item.written),
        number,
        "  ",
        (lang.label(item.kind), tones.quiet),
        "  ",
        shown.line(item.protocol, tones.quiet),
    )


def outcome(delivered: Sequence[Delivered]) -> str:
    """What became of the letters that were to leave, in one line."""
    states = Counter(each.letter.state for each in delivered)
    parts = [
        (states[LetterState.SENT], _("sent")),
        (states[LetterState.HANDED_OVER], _("put in Drafts")),
        (states[LetterState.UNCONFIRMED], _("unconfirmed: s settles them")),
        (states[LetterState.RELEASED], _("not sent")),
        (states[LetterState.COMPOSED], _("back in review")),
    ]
    return " · ".join(f"{count} {words}" for count, words in parts if count) or _("No letter has left.")
