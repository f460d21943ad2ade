"""The fourth notice: there is none. What was sent, and the ways on."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from triage.desk.queue import CaseView
from triage.lang import _
from triage.tui import shown
from triage.tui.screens.dialog import Dialog
from triage.tui.widgets import case_text

CLOSE, NOTE = "close", "note"
"""The ways on that the main screen goes."""


class FourthNotice(Dialog[str | None]):
    """A card with the dated notices. It has no way to send."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "way('close')", priority=True, show=False),
        Binding("n", "way('note')", priority=True, show=False),
        Binding("d,q", "close", priority=True, show=False),
    ]

    def __init__(self, view: CaseView) -> None:
        super().__init__()
        self._view = view

    def compose(self) -> ComposeResult:
        tones, case = self.tones, self._view.case
        heading = Text.assemble(
            shown.address(case.written, "bold"), "  ", (shown.dots(case.notices), f"bold {tones.stop}")
        )
        notices = [(_("notice {n}", n=n.number), case_text.notice(n, tones)) for n in self._view.notices if n.counts]
        with self.box(_("Three notices were sent; a fourth there will never be"), _("Esc leaves")):
            yield Static(heading)
            yield Static(case_text.grid(notices, tones), classes="notices")
            yield Static(self._ways())

    def _ways(self) -> Text:
        tones, author = self.tones, self._view.author
        whom = shown.line(author.name or author.email) if author is not None else Text(_("the author"))
        return Text.assemble(
            (_("The ways on"), f"bold {tones.loud}"),
            "\n\n",
            ("·  ", tones.quiet),
            _("another address of the person: the author enters it"),
            "\n",
            ("n  ", f"bold {tones.warn}"),
            _("call instead, and write down what was said:"),
            " ",
            whom,
            "\n",
            ("x  ", f"bold {tones.warn}"),
            _("close the case as unreachable"),
        )

    def action_way(self, way: str) -> None:
        self.dismiss(way)
