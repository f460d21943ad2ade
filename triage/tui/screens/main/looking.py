"""What the main screen shows: list, case, and the lines around them."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.widgets import Footer, Static

from triage import lang, text
from triage.desk import directory, queue, sending
from triage.desk.base import now
from triage.lang import _
from triage.model import Kind, LetterState, Section
from triage.tui import keys, shown
from triage.tui.screens.base import DeskScreen
from triage.tui.screens.main.place import Fresh, Place
from triage.tui.widgets import queue_line
from triage.tui.widgets.bars import SectionBar, StatusLine, TopLine, Trouble
from triage.tui.widgets.case_panel import CasePanel
from triage.tui.widgets.filter_line import FilterLine
from triage.tui.widgets.queue_list import QueueList

_TICK = 30.0
"""Seconds between looks at the clock: what waits wakes, minutes go by."""


class LookingScreen(DeskScreen[None]):
    """Shows a section as it is, and says what came in since."""

    CSS_PATH = "main.tcss"
    KEYS = staticmethod(keys.main)
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.main)
    HORIZONTAL_BREAKPOINTS = [(0, "-stacked"), (110, "-beside")]  # noqa: RUF012 (the base class says so)
    AUTO_FOCUS = "QueueList"

    def __init__(self) -> None:
        super().__init__()
        self.section = Section.NEW
        self.places = {section: Place() for section in Section}
        self.fresh = Fresh()
        self._news = 0
        self._gone = 0
        self._has_looked = False

    def compose(self) -> ComposeResult:
        yield TopLine(id="top")
        yield SectionBar(id="sections")
        yield Trouble(id="trouble")
        with Container(id="desk"):
            with Vertical(id="left"):
                yield Static(id="header", markup=False)
                yield QueueList(lambda ids: queue.page(self.desk, ids), now)
                yield FilterLine(self.leave_filter)
            yield CasePanel(id="panel")
        yield StatusLine(id="status")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        # Twice: the first refresh comes before the widgets are laid out.
        self.call_after_refresh(self.call_after_refresh, self.first_look)

    def first_look(self) -> None:
        """The store is asked when the first frame stands."""
        self._has_looked = True
        self.attempt(lambda: queue.wake(self.desk))
        self.look()
        self.set_interval(_TICK, self.tick)

    def tick(self) -> None:
        self.attempt(lambda: queue.wake(self.desk))
        self.count_news()
        self.tell_all()

    def leave_filter(self, written: str) -> None:
        """Back to the list; called by the filter line itself, so that no key overtakes the filter."""
        raise NotImplementedError

    # --- parts ---

    @property
    def queue_list(self) -> QueueList:
        return self.query_one(QueueList)

    @property
    def panel(self) -> CasePanel:
        return self.query_one(CasePanel)

    @property
    def filter_line(self) -> FilterLine:
        return self.query_one(FilterLine)

    @property
    def place(self) -> Place:
        return self.places[self.section]

    # --- showing ---

    def look(self, stay_on: int | None = None) -> None:
        """Show the section as it is now, new ones too."""
        ids = self.attempt(lambda: queue.ids(self.desk, self.section))
        if ids is not None:
            self.fresh.look_at(self.section, ids)
            if self.section is Section.NEW:
                self._news = 0
            if self.place.filter:
                self._list_again(stay_on)
            else:
                self._show(ids, stay_on)
            self.tell_all()

    def refresh_list(self, stay_on: int | None = None) -> None:
        """Ask the store again; what came in meanwhile stays out until a person asks for it."""
        self._list_again(stay_on)
        self.tell_all()

    def _list_again(self, stay_on: int | None = None) -> None:
        ids = self.attempt(lambda: queue.ids(self.desk, self.section, self.place.filter))
        if ids is not None:
            self._show(self.fresh.seen(self.section, ids), stay_on)

    def _show(self, ids: list[int], stay_on: int | None) -> None:
        if not self.place.filter:
            self.place.marks.intersection_update(ids)  # what has left the section is no longer chosen
        self.queue_list.show(ids, stay_on)
        self.queue_list.marks = self.place.marks

    def tell_all(self) -> None:
        """The lines around the list."""
        self.attempt(self._tell_all)

    def _tell_all(self) -> None:
        counts = queue.counts(self.desk)
        letters = sum(x.state is not LetterState.CLAIMED for x in sending.letters_in_work(self.desk))
        self._gone = len(sending.gone(self.desk))
        self.query_one(SectionBar).tell(self.section, counts, letters)
        self.tell_top()
        self.tell_trouble()
        self.tell_status()

    def tell_top(self) -> None:
        ago = shown.ago(queue.synced_at(self.desk), now())
        synced = " · ".join(part for part in (ago, self.watch_words()) if part)
        news = _("{n} new – . to see", n=self._news) if self._news else ""
        self.query_one(TopLine).tell(self.desk.mailbox_name, synced, news)

    def watch_words(self) -> str:
        """Whether the mailbox is watched, beside the time it was read."""
        return ""

    def count_news(self) -> None:
        """How many of the new ones were not seen yet."""
        ids = self.attempt(lambda: queue.ids(self.desk, Section.NEW)) or []
        self._news = len(self.fresh.unseen(ids)) if self.fresh.has_looked(Section.NEW) else 0

    def tell_trouble(self) -> None:
        self.query_one(Trouble).tell(self.troubles())

    def troubles(self) -> list[tuple[str, str]]:
        """What lasts: bursts of failures, and letters that ask what they are about."""
        asking = [letter for letter in sending.letters_in_work(self.desk) if sending.asks(letter)]
        return [
            *(
                (
                    _(
                        "Which addresses is the letter of {day} to {to} about: {subject}",
                        day=lang.day(letter.left_at),
                        to=text.line(letter.to, 60),
                        subject=text.line(letter.subject, 80),
                    ),
                    _("Record its notices, then r settles it."),
                )
                for letter in asking
            ),
            *self._bursts(),
            *self._stale(),
        ]

    def _stale(self) -> list[tuple[str, str]]:
        words = directory.stale(self.desk.settings, self.desk.store)
        return [(words, _("`triage directory import` brings new ones."))] if words else []

    def _bursts(self) -> list[tuple[str, str]]:
        return [
            (
                _(
                    "{n} failures at {what} at once: one matter, no letters until {when}.",
                    n=hold.failures,
                    what=_subject(hold.subject),
                    when=lang.when(hold.until, hold.until),
                ),
                "",
            )
            for hold in queue.holds(self.desk)
        ]

    def tell_status(self) -> None:
        undo = queue.next_undo(self.desk)
        self.query_one(StatusLine).tell(
            self._where(), _("z undoes: {label}", label=undo.label) if undo else _("nothing to undo")
        )

    def _where(self) -> str:
        ids, marks = self.queue_list.ids, self.queue_list.marks
        parts = [_("{n} of {m}", n=self.queue_list.cursor + 1 if ids else 0, m=len(ids))]
        if marks:
            hidden = len(marks.difference(ids))
            told = _("{n} marked", n=len(marks))
            parts.append(f"{told} ({_('{n} hidden', n=hidden)})" if hidden else told)
        if self.queue_list.in_range:
            parts.append(_("range: v ends it"))
        if self._gone:
            parts.append(_("one letter gone from Drafts: r|{n} letters gone from Drafts: r", n=self._gone))
        if self.place.filter:
            parts.append(_("filter: {filter}", filter=text.line(self.place.filter, 30)))
        return " · ".join(parts)

    @on(QueueList.Widened)
    def tell_columns(self) -> None:
        self.query_one("#header", Static).update(queue_line.header(self.queue_list.columns))

    @on(QueueList.Highlighted)
    def show_case(self) -> None:
        if not self._has_looked:
            return
        self.place.cursor = self.queue_list.current_id
        if self.queue_list.ids:
            self.attempt(lambda: self.panel.show(self.desk, self.queue_list.current))
        else:
            self.panel.say(*self._empty())
        self.attempt(self.tell_status)

    def _empty(self) -> tuple[str, str]:
        """What an empty list says: that it is, and what to do."""
        if self.place.filter and self._news and self.section is Section.NEW:
            return _("Nothing here fits the filter."), _("What is new is not listed yet: . shows it.")
        if self.place.filter:
            return _("Nothing here fits the filter."), _("/ changes it, Esc clears it.")
        if queue.synced_at(self.desk) is None:
            return _("The mailbox was not read yet."), _("s syncs it.")
        return {
            Section.NEW: (_("All done. Nothing new to work on."), _("s syncs the mailbox; 2 shows what is unclear.")),
            Section.BIN: (_("Nothing is unclear."), _("What cannot be tied to a protocol of ours would lie here.")),
            Section.WAITING: (_("Nothing waits."), _("Cases whose letter is out, and full mailboxes, wait here.")),
            Section.BLOCKED: (
                _("Nothing is blocked."),
                _("Three notices and a newer failure would bring a case here."),
            ),
            Section.DONE: (_("Nothing is done yet."), _("x puts a case here; x here takes it back.")),
        }[self.section]


def _subject(subject: str) -> str:
    return lang.label(Kind(subject)) if subject in set(Kind) else text.line(subject)
