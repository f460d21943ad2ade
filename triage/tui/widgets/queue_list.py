"""The list: asks for the lines that come into view, however many there are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from triage.model import Entry
from triage.tui.widgets import queue_line

PAGE = 128
"""Lines that are asked for at once."""
_PAGES_KEPT = 32

ROLES = ("mark", "dots-0", "dots-1", "dots-2", "dots-3", "kind", "address", "muted")


class QueueList(ScrollView, can_focus=True):
    """Cases and strays of one section by id; lines are loaded page by page. The cursor stays on its case."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"queue--cursor", *(f"queue--{role}" for role in ROLES)}

    cursor: reactive[int] = reactive(0, repaint=False)

    class Highlighted(Message):
        """The cursor is on another case, or the case under it has changed."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, QueueList.Highlighted)

    class MarksChanged(Message):
        """Other cases are marked."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, QueueList.MarksChanged)

    class Widened(Message):
        """The columns have other widths."""

    def __init__(self, load: Callable[[Sequence[int]], list[Entry]], now: Callable[[], datetime]) -> None:
        super().__init__(id="queue")
        self._load = load
        self._now = now
        self._pages: OrderedDict[int, dict[int, Entry]] = OrderedDict()
        self._anchor: int | None = None
        self._before_range: set[int] = set()
        self.ids: list[int] = []
        self.marks: set[int] = set()

    # --- what is shown ---

    def show(self, ids: list[int], stay_on: int | None = None) -> None:
        """Show these; the cursor stays on its case (or `stay_on`), or takes the next that is left."""
        self._anchor = None
        row = self._row_after(ids, stay_on)
        same_line = row - self.cursor
        self.ids = ids
        self._pages.clear()
        self.virtual_size = Size(0, len(ids))
        offset = self.scroll_offset.y + same_line
        if same_line and offset >= 0:
            self.scroll_to(y=min(offset, max(0, len(ids) - self.size.height)), animate=False, immediate=True)
        self.set_reactive(QueueList.cursor, max(0, min(row, len(ids) - 1)))
        self._bring_into_view()
        self.refresh()
        self.post_message(self.Highlighted())

    def _row_after(self, ids: list[int], stay_on: int | None) -> int:
        wanted = stay_on if stay_on is not None else self.current_id
        if wanted is None or not ids:
            return 0
        with suppress(ValueError):
            return ids.index(wanted)
        start = self.cursor if stay_on is None else 0
        left = set(ids)
        following = (ids.index(i) for i in self.ids[start:] if i in left)
        return next(following, max(0, min(start, len(ids) - 1)))

    def entry(self, row: int) -> Entry | None:
        """The line of a row; None if it is gone from the store."""
        page = row // PAGE
        if page not in self._pages:
            wanted = self.ids[page * PAGE : (page + 1) * PAGE]
            self._pages[page] = {entry.id: entry for entry in self._load(wanted)}
            if len(self._pages) > _PAGES_KEPT:
                self._pages.popitem(last=False)
        self._pages.move_to_end(page)
        return self._pages[page].get(self.ids[row])

    @property
    def current_id(self) -> int | None:
        return self.ids[self.cursor] if self.ids and self.cursor < len(self.ids) else None

    @property
    def current(self) -> Entry | None:
        return self.entry(self.cursor) if self.current_id is not None else None

    # --- moving ---

    def move(self, by: int) -> None:
        self.cursor += by

    def leaf(self, pages: int) -> None:
        self.cursor += pages * max(1, self.size.height - 1)

    def edge(self, to: int) -> None:
        self.cursor = 0 if to < 0 else len(self.ids) - 1

    def validate_cursor(self, row: int) -> int:
        return max(0, min(row, len(self.ids) - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        if self._anchor is not None:
            self._mark_range(new)
        else:
            self._refresh_row(old)
            self._refresh_row(new)
        self._bring_into_view()
        self.post_message(self.Highlighted())

    def _bring_into_view(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, self.size.width, 1), animate=False, force=True, immediate=True)

    def _refresh_row(self, row: int) -> None:
        self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))

    def on_click(self, event: events.Click) -> None:
        self.cursor = event.y + self.scroll_offset.y

    # --- marking ---

    def mark(self) -> None:
        """Mark the line under the cursor, or unmark it, and step on."""
        self.end_range()
        if self.current_id is not None:
            self.marks ^= {self.current_id}
            self._refresh_row(self.cursor)
            self.cursor += 1
            self.post_message(self.MarksChanged())

    def mark_these(self, ids: set[int]) -> None:
        """Have exactly these marked."""
        self._anchor = None
        self.marks = ids
        self.refresh()
        self.post_message(self.MarksChanged())

    @property
    def in_range(self) -> bool:
        return self._anchor is not None

    def toggle_range(self) -> None:
        """Begin a range here, or end it and keep its marks."""
        if self._anchor is not None:
            self.end_range()
        elif self.current_id is not None:
            self._anchor, self._before_range = self.cursor, set(self.marks)
            self._mark_range(self.cursor)

    def end_range(self, keep: bool = True) -> None:
        """No range any more; its marks stay, or go."""
        if self._anchor is not None and not keep:
            self.marks = self._before_range
        self._anchor = None
        self.refresh()
        self.post_message(self.MarksChanged())

    def _mark_range(self, end: int) -> None:
        first, last = sorted((self._anchor or 0, end))
        self.marks = self._before_range | set(self.ids[first : last + 1])
        self.refresh()
        self.post_message(self.MarksChanged())

    # --- painting ---

    @property
    def columns(self) -> queue_line.Columns:
        return queue_line.Columns.of(self.scrollable_content_region.width)

    def on_resize(self) -> None:
        self.post_message(self.Widened())

    def render_line(self, y: int) -> Strip:
        row, width = y + self.scroll_offset.y, self.size.width
        if row >= len(self.ids):
            return Strip.blank(width, self.rich_style)
        entry = self.entry(row)
        if entry is None:
            return Strip.blank(width, self.rich_style)
        base = self.get_component_rich_style("queue--cursor") if row == self.cursor else self.rich_style
        segments = [
            Segment(shown, self._style(role, base))
            for shown, role in queue_line.pieces(entry, self.columns, entry.id in self.marks, self._now())
        ]
        return Strip(segments).adjust_cell_length(width, base)

    def _style(self, role: str, base: Style) -> Style:
        """The role's colour on the line's own ground."""
        wanted = self.get_component_rich_style(f"queue--{role}", partial=True)
        return base + Style(color=wanted.color, bold=wanted.bold or None)
