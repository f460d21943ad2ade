"""The case in view beside the list."""

from __future__ import annotations

from rich.console import Group
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from triage.desk import Desk, evidence, queue
from triage.desk.base import now
from triage.lang import _
from triage.model import Entry
from triage.tui import shown
from triage.tui.widgets import case_text
from triage.tui.widgets.case_text import Tones
from triage.tui.widgets.known import known


class CasePanel(VerticalScroll):
    """Shows one case, one stray, or what to do where there is none."""

    def compose(self) -> ComposeResult:
        yield Static(id="case")

    def show(self, desk: Desk, entry: Entry | None) -> None:
        """Raises StoreError; NotFoundError if the case is gone."""
        if entry is None:
            self._put(Text(""))
        elif entry.is_case:
            self._put(self._case(desk, entry.id))
        else:
            self._put(self._stray(desk, -entry.id))

    def say(self, headline: str, hint: str) -> None:
        """Instead of a case: the section is empty, and what to do about it."""
        self._put(Text.assemble((headline, "bold"), "\n", (hint, self._tones.quiet)))

    def _put(self, content: Group | Text | Table) -> None:
        self.query_one("#case", Static).update(content)
        self.scroll_home(animate=False)

    @property
    def _tones(self) -> Tones:
        return Tones.of(self.app.theme_variables)

    def _case(self, desk: Desk, identity: int) -> Group:
        view = queue.view(desk, identity)
        rows = case_text.rows(view, known(desk, view), now(), self._tones)
        return Group(case_text.heading(view, self._tones), case_text.grid(rows, self._tones))

    def _stray(self, desk: Desk, message: int) -> Group:
        stray = queue.stray(desk, message)
        rows = case_text.stray_rows(stray, now(), self._tones, evidence.deputy(desk, stray))
        return Group(
            Text.assemble(shown.line(stray.sender, "bold"), ("  " + _("no case"), self._tones.quiet)),
            case_text.grid(rows, self._tones),
        )
