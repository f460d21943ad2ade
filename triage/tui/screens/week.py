"""The week in bars, and its export."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widgets import Footer, Static

from triage import lang
from triage.desk import weekly
from triage.lang import _
from triage.model import WeekNumbers
from triage.tui import keys, shown
from triage.tui.screens.base import DeskScreen
from triage.tui.screens.choice import Choice, Option
from triage.tui.widgets.case_text import Tones

_BAR = 24
"""Cells of the longest bar."""
_MOST = 8


class WeekScreen(DeskScreen[None]):
    """One week; ←/→ turn to others."""

    CSS_PATH = "week.tcss"
    KEYS = staticmethod(keys.week)
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.week)

    def __init__(self) -> None:
        super().__init__()
        self._monday = weekly.this_monday()
        self._numbers: WeekNumbers | None = None

    def compose(self) -> ComposeResult:
        yield Static(classes="title", markup=False)
        with VerticalScroll(classes="text"):
            yield Static(markup=False)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self._show()

    def _show(self) -> None:
        self._numbers = self.attempt(lambda: weekly.numbers(self.desk, self._monday))
        if self._numbers is None:
            return
        year, week, _day = self._monday.isocalendar()
        span = _("{first} to {last}", first=lang.day(self._numbers.first), last=lang.day(self._numbers.last))
        self.query_one(".title", Static).update(_("Week {week} of {year}", week=week, year=year) + " · " + span)
        self.query_one(".text Static", Static).update(week_text(self._numbers, self.tones))

    def action_turn(self, by: int) -> None:
        monday = self._monday + timedelta(days=7 * by)
        if monday > weekly.this_monday():
            self.refuse(_("That week has not begun."))
            return
        self._monday = monday
        self._show()

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_export(self) -> None:
        options = [
            Option("md", "Markdown", _("to read and to mail")),
            Option("csv", "CSV", _("for a spreadsheet")),
            Option("json", "JSON", _("for programs")),
        ]
        self.ask(Choice(_("Write the week to a file as"), options), self._export)

    def _export(self, form: str | None) -> None:
        numbers = self._numbers
        written = self.attempt(lambda: weekly.export(numbers, form)) if form and numbers else None
        if form is None or numbers is None or written is None:
            return
        path = _free(Path.cwd() / weekly.file_name(numbers, form))
        try:
            path.write_text(written, "utf-8")
        except OSError as error:
            self.refuse(_("{file} cannot be written: {error}", file=path, error=error))
        else:
            self.tell(_("written: {file}", file=path))


def week_text(numbers: WeekNumbers, tones: Tones) -> RenderableType:
    """The figures, and bars of days, kinds, domains and authors."""
    first, second, third = numbers.notices
    figures = Table.grid(padding=(0, 3))
    fixed = _("{n} days", n=f"{numbers.days_to_fix:.1f}") if numbers.days_to_fix is not None else "–"
    for row in (
        (
            (_("messages"), numbers.messages),
            (_("notices"), f"{first} + {second} + {third}"),
            (_("open now"), numbers.open_now),
        ),
        ((_("bounces"), numbers.bounces), (_("new cases"), numbers.new_cases), (_("blocked now"), numbers.blocked_now)),
        ((_("no bounces"), numbers.strays), (_("closed"), numbers.closed), (_("until fixed"), fixed)),
    ):
        figures.add_row(*(cell for word, value in row for cell in (Text(word, tones.quiet), Text(str(value), "bold"))))
    parts: list[RenderableType] = [figures]
    for title, bars in (
        (_("Bounces by day"), [(Text(lang.day(day)), n) for day, n in numbers.by_day]),
        (_("Kinds"), [(Text(lang.label(kind)), n) for kind, n in numbers.by_kind]),
        (_("Domains"), [(shown.line(domain, cap=40), n) for domain, n in numbers.by_domain]),
        (_("Authors"), [(shown.line(author, cap=40), n) for author, n in numbers.by_author]),
    ):
        if bars:
            parts += [Text(""), Text(title, f"bold {tones.loud}"), _bars(bars, tones)]
    if numbers.blocked:
        parts += [Text(""), Text(_("Blocked: three notices and still failing"), f"bold {tones.loud}")]
        parts += [shown.address(address) for address in numbers.blocked]
    return Group(*parts)


def _bars(values: Iterable[tuple[Text, int]], tones: Tones) -> Table:
    """A word, a number and a bar each."""
    several = list(values)[:_MOST]
    longest = max((n for _word, n in several), default=0) or 1
    table = Table.grid(padding=(0, 2))
    table.add_column(max_width=34, min_width=12, no_wrap=True, overflow="ellipsis")
    table.add_column(justify="right")
    table.add_column(width=_BAR)
    for word, n in several:
        table.add_row(word, Text(str(n)), Text("▇" * round(n * _BAR / longest) or ("▏" if n else ""), tones.loud))
    return table


def _free(path: Path) -> Path:
    """`path`, or the next name beside it: an export never overwrites."""
    number = 1
    free = path
    while free.exists():
        number += 1
        free = path.with_stem(f"{path.stem}-{number}")
    return free
