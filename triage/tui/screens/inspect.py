"""One case in full: every failure, notice, letter and event."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from triage import lang
from triage.desk import evidence
from triage.desk.base import now
from triage.desk.queue import CaseView
from triage.lang import _
from triage.model import Seen
from triage.tui import shown
from triage.tui.screens.history import events_table
from triage.tui.screens.reading import ReadingScreen
from triage.tui.widgets import case_text
from triage.tui.widgets.known import known

_MOST = 50
"""Failures that are shown; a case may have hundreds alike."""


class InspectScreen(ReadingScreen):
    """What the panel says, and all that it leaves out."""

    def __init__(self, view: CaseView) -> None:
        super().__init__(_("The case in full"))
        self._view = view

    def content(self) -> Group:
        view, tones = self._view, self.tones
        parts: list[RenderableType] = [
            case_text.heading(view, tones),
            case_text.grid(case_text.rows(view, known(self.desk, view), now(), tones), tones),
        ]
        for title, part in (
            (_("Failures"), self._failures()),
            (_("Letters"), self._letters()),
            (_("History"), events_table(view.events, tones) if view.events else None),
        ):
            if part is not None:
                parts += [Text(""), Text(title, f"bold {tones.loud}"), part]
        return Group(*parts)

    def _failures(self) -> RenderableType | None:
        failures = self._view.failures
        if not failures:
            return None
        shown_ones: list[RenderableType] = [self._failure(failure) for failure in failures[:_MOST]]
        if len(failures) > _MOST:
            shown_ones.append(Text(_("and {n} older ones", n=len(failures) - _MOST), self.tones.quiet))
        return Group(*shown_ones)

    def _failure(self, failure: Seen) -> Table:
        tones = self.tones
        head = Text.assemble(
            (lang.label(failure.kind), "bold"),
            "  ",
            shown.line(" ".join(x for x in (failure.reply, failure.status, failure.remote_mta) if x), tones.quiet),
        )
        rows: list[case_text.Row] = [(lang.when(failure.received_at, now()), head)]
        if failure.diagnostic:
            rows.append(("", shown.line(failure.diagnostic, cap=1000)))
        if told := evidence.told(self.desk, failure):
            rows.append(("", Text(told, tones.quiet)))
        if failure.link is not None:
            rows.append(("", case_text.link(failure.link, tones)))
        if failure.reason.rule:
            rows.append(("", case_text.reason(failure, tones)))
        rows.append(("", shown.source(failure.source, tones.quiet)))
        return case_text.grid(rows, tones)

    def _letters(self) -> RenderableType | None:
        tones = self.tones
        rows: list[case_text.Row] = [
            (
                lang.day(letter.left_at or letter.created_at),
                Text.assemble(
                    shown.line(letter.reference),
                    "  ",
                    (lang.label(letter.state), tones.warn),
                    "  ",
                    shown.address(letter.to),
                    "  ",
                    shown.line(letter.subject, tones.quiet),
                    "  ",
                    shown.line(letter.detail, tones.quiet),
                ),
            )
            for letter in self._view.letters
        ]
        return case_text.grid(rows, tones) if rows else None
