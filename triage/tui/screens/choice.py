"""One of a few: a list to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option as Line

from triage.lang import _
from triage.tui.screens.dialog import Dialog


@dataclass(frozen=True, slots=True)
class Option:
    """What choosing it answers, and how it is shown: a word and a value, both cleaned."""

    value: str
    word: str
    shown: str = ""


class Choice(Dialog[str | None]):
    """Answers with the value chosen, or None."""

    def __init__(self, question: str, options: Sequence[Option]) -> None:
        super().__init__()
        self._question = question
        self._options = options

    def compose(self) -> ComposeResult:
        width = max(len(option.word) for option in self._options)
        with self.box(self._question, _("Enter chooses · Esc leaves")):
            yield OptionList(
                *(Line(Content(f"{o.word:<{width}}  {o.shown}".rstrip())) for o in self._options), markup=False
            )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._options[event.option_index].value)
