"""The app: the desk, the themes, and how anything is said that passes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Literal

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from triage import text
from triage.desk import Desk
from triage.errors import TriageError
from triage.lang import _
from triage.tui import keys, theme
from triage.tui.screens.main import MainScreen

_TOAST = 6.0
"""Seconds; a toast with a hint stays longer."""


class TriageApp(App[None]):
    """The desk as an app."""

    CSS_PATH = "app.tcss"
    TITLE = "Triage"
    COMMAND_PALETTE_BINDING = "ctrl+p"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+q", "quit", show=False, priority=True)]

    def __init__(self, desk: Desk, sync_first: bool = False) -> None:
        super().__init__()
        self.desk = desk
        self._sync_first = sync_first
        for each in (theme.DARK, theme.LIGHT):
            self.register_theme(each)
        self.theme = theme.DARK.name

    def on_mount(self) -> None:
        self.push_screen(MainScreen(self._sync_first))

    def tell(
        self, message: str, hint: str = "", severity: Literal["information", "warning", "error"] = "information"
    ) -> None:
        """A toast, instead of the one before; foreign text in it is cleaned, and none of it is markup."""
        self.clear_notifications()
        shown = text.block("\n".join(part for part in (message, hint) if part), 600)
        self.notify(shown, severity=severity, timeout=_TOAST * (2 if hint else 1), markup=False)

    def tell_error(self, error: TriageError) -> None:
        self.tell(error.message, error.hint, severity="error")

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette: every act of the main screen by its name, and the themes."""
        main = next((s for s in self.screen_stack if isinstance(s, MainScreen)), None)
        if main is not None and screen is main:
            for key in (*keys.choosing(), *keys.working(), *keys.looking()):
                if key.action != "palette":
                    yield SystemCommand(key.does, key.shown, getattr(main, f"action_{key.action}"))
        yield SystemCommand(_("light or dark"), _("change the colours"), self.action_other_theme)

    def action_other_theme(self) -> None:
        self.theme = theme.LIGHT.name if self.theme == theme.DARK.name else theme.DARK.name
