"""What was done, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from triage import lang
from triage.desk.base import now
from triage.lang import _
from triage.model import Event
from triage.tui import shown
from triage.tui.screens.reading import ReadingScreen
from triage.tui.widgets.case_text import Tones


class HistoryScreen(ReadingScreen):
    """All events, with the address of their case."""

    def __init__(self, events: Sequence[Event], addresses: Mapping[int, str]) -> None:
        super().__init__(_("History"))
        self._events = events
        self._addresses = addresses

    def content(self) -> Table | Text:
        if not self._events:
            return Text(_("Nothing was done yet."))
        return events_table(self._events, self.tones, self._addresses)


def events_table(events: Sequence[Event], tones: Tones, addresses: Mapping[int, str] | None = None) -> Table:
    """When, who, what, about which address."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True, width=9)
    table.add_column(no_wrap=True, max_width=14, overflow="ellipsis")
    table.add_column(no_wrap=True, max_width=18, overflow="ellipsis")
    if addresses is not None:
        table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for event in events:
        cells = [
            Text(lang.when(event.at, now()), tones.quiet),
            shown.line(event.who, tones.quiet, cap=40),
            Text(what_happened(event.what)),
        ]
        if addresses is not None:
            cells.append(shown.address(addresses.get(event.case or 0, "")))
        table.add_row(*cells, shown.line(event.detail, tones.quiet))
    return table


def what_happened(what: str) -> str:
    """An event's word, as the desk and the store write it, in words for eyes."""
    return {
        "linked": _("linked"),
        "closed": _("closed"),
        "reopened": _("reopened"),
        "corrected": _("address corrected"),
        "moved": _("meant another address"),
        "waits": _("set to wait"),
        "noted": _("noted"),
        "taken": _("taken or given back"),
        "drafted": _("letter drafted"),
        "edited": _("letter edited"),
        "left_out": _("left out of a letter"),
        "discarded": _("letter thrown away"),
        "claimed": _("number claimed"),
        "leaving": _("leaving"),
        "sent": _("letter sent"),
        "handed_over": _("letter put in Drafts"),
        "unconfirmed": _("letter unconfirmed"),
        "released": _("letter not sent"),
        "did_not_arrive": _("letter did not arrive"),
        "recorded": _("notice recorded"),
        "adopted": _("letter adopted"),
        "beyond_three": _("beyond three"),
        "asks": _("letter asks what about"),
        "gone": _("gone from Drafts"),
        "seen_again": _("seen in Drafts again"),
        "answered": _("answer"),
        "answered_automatically": _("automatic answer"),
        "named": _("named by a stranger"),
        "undone": _("undone"),
        "redone": _("done again"),
    }.get(what) or shown.line(what).plain
