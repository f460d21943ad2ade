"""The last question before letters leave. It is armed only after it was seen, and Enter alone never answers it."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from triage.lang import _
from triage.model import Letter
from triage.tui import shown
from triage.tui.screens.dialog import Dialog

ARMED_AFTER = 0.4
"""Seconds after the dialog was painted; keys typed before belong to the screen it covers."""
_NAMED = 5
"""Letters that are named one by one."""


class SendDialog(Dialog[bool]):
    """Answers True when a person said yes: Y or J for one letter, their number typed for many."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("Y,J,y,j", "yes", priority=True, show=False)]

    def __init__(self, letters: list[Letter], outlet: str) -> None:
        super().__init__()
        self._letters = letters
        self._outlet = outlet
        self._armed = False

    @property
    def _many(self) -> bool:
        return len(self._letters) > 1

    def compose(self) -> ComposeResult:
        count = len(self._letters)
        question = _("Send {n} letters?", n=count) if self._many else _("Send this letter?")
        with self.box(question, _("Esc leaves")):
            yield Static(self._what(), classes="what")
            yield Static(self._warning(), classes="warning")
            if self._many:
                yield Input(placeholder=_("type {n} and Enter to send", n=count), disabled=True)
            yield Static(id="answer")

    def on_mount(self) -> None:
        self._tell_answer()
        self.call_after_refresh(lambda: self.set_timer(ARMED_AFTER, self._arm))

    def _arm(self) -> None:
        self._armed = True
        if self._many:
            line = self.query_one(Input)
            line.disabled = False
            self.set_focus(line)
        self._tell_answer()

    def _tell_answer(self) -> None:
        if self._many:
            return
        yes, style = _("Y sends it"), f"bold {self.tones.warn}" if self._armed else self.tones.quiet
        self.query_one("#answer", Static).update(Text(yes if self._armed else "…", style))

    def _what(self) -> Text:
        tones = self.tones
        lines = [
            Text.assemble(shown.address(letter.to, "bold"), "  ", shown.line(letter.subject, tones.quiet, cap=80))
            for letter in self._letters[:_NAMED]
        ]
        if len(self._letters) > _NAMED:
            lines.append(Text(_("and {n} more", n=len(self._letters) - _NAMED), tones.quiet))
        return Text("\n").join(lines)

    def _warning(self) -> Text:
        goes = Text.assemble("\n", (_("through") + " ", self.tones.quiet), shown.source(self._outlet))
        return Text.assemble(goes, "\n", (_("What has left cannot be undone, and counts for ever."), self.tones.warn))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "yes":
            return self._armed and not self._many
        return super().check_action(action, parameters)

    def action_yes(self) -> None:
        self.dismiss(True)

    @on(Input.Submitted)
    def typed(self, event: Input.Submitted) -> None:
        if self._armed and event.value.strip() == str(len(self._letters)):
            self.dismiss(True)
        else:
            self.query_one("#answer", Static).update(
                Text(_("{n} letters would leave; type that number.", n=len(self._letters)), self.tones.warn)
            )
