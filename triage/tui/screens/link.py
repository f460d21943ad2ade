"""Link cases to a protocol: the likeliest first, or what the words typed find."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from triage import lang, text
from triage.desk import queue
from triage.lang import _
from triage.model import Protocol
from triage.tui.screens.dialog import Dialog


class LinkDialog(Dialog[str | None]):
    """Answers with the protocol's number."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", priority=True, show=False),
        Binding("up", "move(-1)", priority=True, show=False),
    ]

    def __init__(self, cases: list[int]) -> None:
        super().__init__()
        self._cases = cases
        self._found: list[Protocol] = []

    def compose(self) -> ComposeResult:
        many = len(self._cases)
        about = _("Link {n} cases to a protocol", n=many) if many > 1 else _("Link the case to a protocol")
        with self.box(about, _("↑↓ choose · Enter links · Esc leaves")):
            yield Input(placeholder=_("number, title or project"))
            yield OptionList(markup=False)
            yield Static(markup=False, classes="quiet")

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self._find("")

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        self._find(event.value)

    def _find(self, words: str) -> None:
        found = self.attempt(lambda: queue.choices(self.desk, self._cases[0], words))
        self._found = found or []
        options = self.query_one(OptionList)
        options.set_options(Option(_line(protocol)) for protocol in self._found)
        options.highlighted = 0 if self._found else None
        self.query_one(Static).update(
            "" if self._found else _("No protocol fits; `triage directory import` brings new ones.")
        )

    @on(Input.Submitted)
    def chosen(self) -> None:
        row = self.query_one(OptionList).highlighted
        if row is not None and row < len(self._found):
            self.dismiss(self._found[row].number)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._found[event.option_index].number)

    def action_move(self, by: int) -> None:
        options = self.query_one(OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()


def _line(protocol: Protocol) -> Content:
    parts = (
        text.line(protocol.number, 20),
        lang.day(protocol.date),
        text.line(protocol.title, 60),
        text.line(protocol.project, 60),
    )
    return Content("  ".join(part for part in parts if part))
