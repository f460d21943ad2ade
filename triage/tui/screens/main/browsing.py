"""Moving, sections, filter, marks, and the new ones."""

from __future__ import annotations

import shlex

from textual import on
from textual.widgets import Input

from triage import lang, text
from triage.desk import queue
from triage.desk.filters import parse_filter
from triage.errors import TriageError
from triage.lang import _
from triage.model import Entry, Section
from triage.tui.screens.choice import Choice, Option
from triage.tui.screens.main.looking import LookingScreen
from triage.tui.widgets.bars import SectionBar
from triage.tui.widgets.queue_list import QueueList


class BrowsingScreen(LookingScreen):
    """All that moves about and chooses, and changes nothing."""

    # --- moving ---

    def action_move(self, by: int) -> None:
        if self.panel.has_focus:
            self.panel.scroll_relative(y=by, animate=False)
        else:
            self.queue_list.move(by)

    def action_leaf(self, pages: int) -> None:
        if self.panel.has_focus:
            self.panel.scroll_relative(y=pages * self.panel.size.height, animate=False)
        else:
            self.queue_list.leaf(pages)

    def action_edge(self, to: int) -> None:
        self.queue_list.edge(to)

    def action_section(self, number: int) -> None:
        self.go_to(tuple(Section)[number - 1])

    @on(SectionBar.Chosen)
    def choose_section(self, event: SectionBar.Chosen) -> None:
        self.go_to(event.section)

    def go_to(self, section: Section) -> None:
        """Another section, as it was left, with what is new in it."""
        self.queue_list.end_range()
        self.section = section
        self.filter_line.close(self.place.filter)
        self.set_focus(self.queue_list)
        self.look(self.place.cursor)

    def action_pane(self) -> None:
        self.set_focus(self.queue_list if self.panel.has_focus else self.panel)

    def action_back(self) -> None:
        """From the inside out: what is open or chosen goes, one step a key."""
        if self.filter_line.input.has_focus or self.place.filter:
            self.filter_line.close("")
            self.set_focus(self.queue_list)
            self.apply_filter("")
        elif self.panel.has_focus:
            self.set_focus(self.queue_list)
        elif self.queue_list.in_range:
            self.queue_list.end_range(keep=False)
        elif self.queue_list.marks:
            self.queue_list.mark_these(set())

    # --- filter ---

    def action_filter(self) -> None:
        self.set_focus(self.filter_line.open())

    @on(Input.Changed, "FilterInput")
    def filter_typed(self, event: Input.Changed) -> None:
        if self.filter_line.display:
            self.apply_filter(event.value)

    def apply_filter(self, written: str) -> None:
        """Show what fits; a filter that nobody understands is told in its line and the list stays."""
        if written == self.place.filter:
            return
        try:
            parse_filter(written)
        except TriageError as error:
            self.filter_line.complain(f"{error.message} {error.hint}")
            return
        self.filter_line.complain("")
        self.place.filter = written
        self._list_again()

    def leave_filter(self, written: str) -> None:
        self.apply_filter(written)
        self.set_focus(self.queue_list)

    # --- marks ---

    @on(QueueList.MarksChanged)
    def keep_marks(self) -> None:
        self.place.marks = self.queue_list.marks
        self.attempt(self.tell_status)

    def action_mark(self) -> None:
        self.queue_list.mark()

    def action_range(self) -> None:
        self.queue_list.toggle_range()

    def action_mark_all(self) -> None:
        every = set(self.queue_list.ids)
        self.queue_list.mark_these(
            self.queue_list.marks - every if every <= self.queue_list.marks else self.queue_list.marks | every
        )

    def action_alike(self) -> None:
        entry = self.queue_list.current
        if entry is None:
            self.refuse(_("There is nothing here to be alike."))
            return
        self.ask(Choice(_("Mark all with the same …"), _alike(entry)), self._mark_alike)

    def _mark_alike(self, term: str | None) -> None:
        if not term:
            return
        fitting = self.attempt(lambda: queue.ids(self.desk, self.section, term))
        if fitting is not None:
            alike = set(self.queue_list.ids).intersection(fitting)
            self.queue_list.mark_these(self.queue_list.marks | alike)
            self.tell(_("marked {n}", n=len(alike)))

    def chosen(self) -> list[int]:
        """What an act is about: the marked ones, else the one under the cursor."""
        if self.queue_list.marks:
            return sorted(self.queue_list.marks)
        return [self.queue_list.current_id] if self.queue_list.current_id is not None else []

    # --- what is new ---

    def action_fresh(self) -> None:
        unseen = self.attempt(lambda: self.fresh.unseen(queue.ids(self.desk, Section.NEW)))
        if not unseen:
            self.refuse(_("There is nothing new."))
            return
        self.places[Section.NEW].filter = ""
        self.section = Section.NEW
        self.filter_line.close("")
        self.set_focus(self.queue_list)
        self.look(unseen[0])


def _alike(entry: Entry) -> list[Option]:
    """What others may share with an entry, as filter terms."""
    domain = entry.address.rpartition("@")[2].rstrip(">")
    values = (
        ("domain", _("domain"), domain, text.address(domain)),
        ("author", _("author"), entry.author, text.line(entry.author)),
        ("protocol", _("protocol"), entry.protocol, text.line(entry.protocol)),
        ("kind", _("kind"), entry.kind.value, lang.label(entry.kind)),
    )
    return [Option(shlex.quote(f"{field}:{value}"), word, seen) for field, word, value, seen in values if value]
