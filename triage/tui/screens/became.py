"""What became of a letter? Asked of a person where neither Drafts nor Sent tells."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from triage import lang
from triage.desk import Desk, sending
from triage.lang import _
from triage.model import Letter
from triage.tui import shown
from triage.tui.screens.dialog import Dialog
from triage.tui.screens.send_dialog import ARMED_AFTER
from triage.tui.widgets import letter_text

SENT = "sent"


def in_question(desk: Desk, letters: Iterable[Letter]) -> tuple[Letter, datetime | None] | None:
    """The first of these letters that asks something, and since when it is gone from Drafts, if that is why."""
    gone = sending.gone(desk)
    for letter in letters:
        if letter.id in gone:
            return letter, gone[letter.id]
        if sending.asks(letter):
            return letter, None
    return None


class Became(Dialog[str | None]):
    """A card with the letter and the two answers; Esc puts the question off. Armed only after it was seen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "way('sent')", priority=True, show=False),
        Binding("n", "way('unsent')", priority=True, show=False),
        Binding("q", "close", priority=True, show=False),
    ]

    def __init__(self, letter: Letter, gone_since: datetime | None) -> None:
        """`gone_since`: the letter has gone from Drafts; None: nothing proves which addresses it is about."""
        super().__init__()
        self._letter = letter
        self._gone_since = gone_since
        self._armed = False

    def compose(self) -> ComposeResult:
        title = _("A letter has gone from Drafts") if self._gone_since else _("Which addresses is this letter about?")
        with self.box(title, _("Esc: later")):
            yield Static(letter_text.head(self._letter, self.tones))
            yield Static(self._what(), classes="what")
            yield Static(id="answer")

    def on_mount(self) -> None:
        self._tell_answers()
        self.call_after_refresh(lambda: self.set_timer(ARMED_AFTER, self._arm))

    def _arm(self) -> None:
        self._armed = True
        self._tell_answers()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "way":
            return self._armed
        return super().check_action(action, parameters)

    def action_way(self, way: str) -> None:
        self.dismiss(way)

    # --- words ---

    def _what(self) -> Text:
        tones, letter = self.tones, self._letter
        reference = shown.line(letter.reference or str(letter.id), "bold")
        if self._gone_since is None:
            return Text.assemble(
                "\n", reference, "  ", lang.day(letter.left_at), "  ",
                (_("It lies in the mailbox, but neither a header nor its reference proves its addresses."), tones.warn),
                "\n", _("Until this is answered, nothing is written about the addresses in it."), " ",
                _("Record each: triage record ADDRESS --date {day} --to {to}", day=lang.day(letter.left_at),
                  to=shown.address(letter.to).plain or "?"),
            )  # fmt: skip
        return Text.assemble(
            "\n", reference, "  ",
            (_("It lies neither in Drafts nor in Sent since {day}.", day=lang.day(self._gone_since)), tones.warn),
            "\n", _("Until this is answered, nothing more is written about these addresses."),
        )  # fmt: skip

    def _tell_answers(self) -> None:
        tones = self.tones
        key = f"bold {tones.warn}" if self._armed else tones.quiet
        if self._gone_since is None:
            sent, unsent = _("its notices are recorded"), _("it is no notice of ours")
        else:
            sent, unsent = _("it was sent"), _("it was not sent: Sent is searched first")
        self.query_one("#answer", Static).update(Text.assemble("\n", ("s  ", key), sent, "\n", ("n  ", key), unsent))
