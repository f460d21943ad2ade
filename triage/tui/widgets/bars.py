"""The lines that frame the list: what this is, the sections, trouble that lasts, where one stands."""

from __future__ import annotations

from collections.abc import Mapping

from rich.table import Table
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Static

from triage import lang
from triage.lang import _
from triage.model import Section
from triage.tui import shown


def two_ends(left: Text, right: Text) -> Table:
    """One line with a left and a right end; the left one gives way."""
    grid = Table.grid(expand=True, padding=(0, 1))
    grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_row(left, right)
    return grid


class TopLine(Static):
    """Mailbox, when it was read, and what is new."""

    def tell(self, mailbox: str, synced: str, news: str) -> None:
        left = Text.assemble(
            ("triage", self._colour("primary", bold=True)),
            "  ",
            shown.line(mailbox, cap=40),
            "  ",
            (synced, self._colour("quiet")),
        )
        self.update(two_ends(left, Text(news, self._colour("accent", bold=True))))

    def _colour(self, name: str, bold: bool = False) -> str:
        return ("bold " if bold else "") + self.app.theme_variables[name]


class SectionBar(Static):
    """The sections with their counts; the open letters at the end."""

    class Chosen(Message):
        def __init__(self, section: Section) -> None:
            super().__init__()
            self.section = section

    def tell(self, current: Section, counts: Mapping[Section, int], letters: int) -> None:
        quiet, loud = self.app.theme_variables["quiet"], self.app.theme_variables["primary"]
        left = Text()
        self._spans: list[tuple[int, Section]] = []
        for number, section in enumerate(Section, 1):
            style = f"bold {loud}" if section is current else ""
            left.append(f"{number} ", quiet)
            left.append(lang.label(section), f"{style} underline" if section is current else style)
            left.append(f" {counts.get(section, 0)}  ", style or quiet)
            self._spans.append((left.cell_len, section))
        right = Text.assemble(("r ", quiet), _("letters"), (f" {letters}", quiet)) if letters else Text("")
        self.update(two_ends(left, right))

    def on_click(self, event: events.Click) -> None:
        spans = getattr(self, "_spans", [])
        chosen = next((section for end, section in spans if event.x <= end), None)
        if chosen is not None:
            self.post_message(self.Chosen(chosen))


class Trouble(Static):
    """What lasts and should be seen until it is over: the mailbox cannot be read, many failures at once."""

    def tell(self, lines: list[tuple[str, str]]) -> None:
        """(message, hint) each; none hides the strip."""
        self.display = bool(lines)
        quiet = self.app.theme_variables["quiet"]
        self.update(
            Text("\n").join(
                Text.assemble(
                    ("! ", f"bold {self.app.theme_variables['error']}"),
                    shown.line(message),
                    "  ",
                    shown.line(hint, quiet),
                )
                for message, hint in lines
            )
        )


class StatusLine(Static):
    """Where one stands, and what undo would take back."""

    def tell(self, place: str, undo: str) -> None:
        quiet = self.app.theme_variables["quiet"]
        self.update(two_ends(Text(place, quiet), shown.line(undo, quiet, cap=60)))
