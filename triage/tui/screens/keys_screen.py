"""All keys; what is typed narrows them."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input, Static

from triage.lang import _
from triage.tui import keys
from triage.tui.screens.dialog import Dialog


class KeysScreen(Dialog[None]):
    """The tables of keys.py, with a line to search them."""

    CSS_PATH = "keys_screen.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "scroll(1)", priority=True, show=False),
        Binding("up", "scroll(-1)", priority=True, show=False),
        Binding("pagedown", "scroll(10)", priority=True, show=False),
        Binding("pageup", "scroll(-10)", priority=True, show=False),
    ]

    def compose(self) -> ComposeResult:
        with self.box(_("Keys"), _("type to narrow · ↑↓ scroll · Esc leaves")):
            yield Input(placeholder=_("key or word"))
            with VerticalScroll(id="all-keys", can_focus=False):
                yield Static(self._keys(""))

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        self.query_one(Static).update(self._keys(event.value))

    def action_scroll(self, by: int) -> None:
        self.query_one("#all-keys").scroll_relative(y=by, animate=False)

    def _keys(self, words: str) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, min_width=12)
        table.add_column()
        for title, group in keys.groups():
            fitting = [key for key in group if _fits(key, title, words)]
            if fitting:
                table.add_row(Text(title, f"bold {self.tones.loud}"), "")
            for key in fitting:
                table.add_row(Text(key.shown, f"bold {self.tones.warn}"), Text(key.does))
        return table


def _fits(key: keys.Key, title: str, words: str) -> bool:
    return words in key.shown.split() or words.lower() in f"{title} {key.does} {key.label}".lower()
