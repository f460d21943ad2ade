"""A text that is read and scrolled: the frame of several screens, and the list of what an act left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer, Static

from triage import text
from triage.desk import LeftOut
from triage.tui import keys, shown
from triage.tui.screens.base import DeskScreen
from triage.tui.widgets.case_text import Tones

Shown = Text | Table | Group


class ReadingScreen(DeskScreen[None]):
    """A title and a text. What is given is cleaned already, as Rich renderables."""

    CSS_PATH = "reading.tcss"
    KEYS = staticmethod(keys.reading)
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.reading)

    def __init__(self, title: str, content: Shown | None = None) -> None:
        super().__init__()
        self._heading = text.line(title, 200)
        self._content = content

    def compose(self) -> ComposeResult:
        yield Static(self._heading, classes="title", markup=False)
        with VerticalScroll(classes="text"):
            yield Static(self.content(), markup=False)
        yield Footer(compact=True, show_command_palette=False)

    def content(self) -> Shown:
        return self._content if self._content is not None else Text("")

    @property
    def _text(self) -> VerticalScroll:
        return self.query_one(VerticalScroll)

    def action_scroll(self, by: int) -> None:
        self._text.scroll_relative(y=by, animate=False)

    def action_leaf(self, pages: int) -> None:
        self._text.scroll_relative(y=pages * max(1, self._text.size.height - 1), animate=False)

    def action_edge(self, to: int) -> None:
        if to < 0:
            self._text.scroll_home(animate=False)
        else:
            self._text.scroll_end(animate=False)


def left_out_text(left_out: Sequence[LeftOut], tones: Tones) -> Table:
    """Each address that an act passed over, and why."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(ratio=2, overflow="fold")
    table.add_column(ratio=3, overflow="fold")
    for each in left_out:
        table.add_row(shown.address(each.address), shown.line(each.why, tones.quiet))
    return table
