"""The frame of all dialogs: a box with a title, closed by Esc."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from triage import text
from triage.tui.screens.base import DeskScreen

Result = TypeVar("Result")


class Dialog(ModalScreen[Result], DeskScreen[Result]):
    """A question or a card over the screen it is about. Esc leaves it without an answer."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", priority=True, show=False)]

    def box(self, title: str, subtitle: str = "") -> VerticalScroll:
        """The box; titles are no markup."""
        made = VerticalScroll(classes="dialog", can_focus=False)
        made.border_title = Content(text.line(title, 70))
        made.border_subtitle = Content(text.line(subtitle, 70))
        return made

    def action_close(self) -> None:
        self.dismiss(None)
