"""The filter line under the list: live, sticky, and it says what it does not understand."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from triage import text
from triage.lang import _
from triage.tui import keys


class FilterInput(Input):
    """Where the filter is typed. Enter goes back to the list; keys that come after it are dropped, never acted on."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.filtering, priority=False)

    def action_leave(self) -> None:
        line = self.parent
        assert isinstance(line, FilterLine)
        line.leave(self.value)

    async def _on_key(self, event: events.Key) -> None:
        if self.screen.focused is not self:
            event.prevent_default()
            event.stop()


class FilterLine(Horizontal):
    """Hidden until it is opened; the screen applies what is typed."""

    def __init__(self, left: Callable[[str], None]) -> None:
        """`left` is called when the filter stands and the list wants the keys again: at once, not by a message."""
        super().__init__(id="filter")
        self._left = left
        self.display = False

    def compose(self) -> ComposeResult:
        yield Static("/", classes="sign")
        yield FilterInput()
        yield Static(classes="fault", markup=False)

    @property
    def input(self) -> FilterInput:
        return self.query_one(FilterInput)

    def open(self) -> FilterInput:
        """Show the line; returns what wants the focus."""
        self.input.placeholder = _("words  kind:  domain:  author:  protocol:  notices:  age:>30d  is:  !not")
        self.display = True
        return self.input

    def close(self, written: str) -> None:
        """Hold `written`, unasked; hidden if that is nothing."""
        self.complain("")
        with self.input.prevent(Input.Changed):
            self.input.value = written
        self.display = bool(written)

    def complain(self, what: str) -> None:
        """Show what is not understood; "" once it is."""
        self.query_one(".fault", Static).update(Text(text.line(what, 200)))
        self.query_one(".fault").display = bool(what)

    def leave(self, written: str) -> None:
        self.display = bool(written)
        self._left(written)
