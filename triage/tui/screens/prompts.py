"""One line to type: a note, a day, a number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.widgets import Input, Static

from triage import text
from triage.desk.base import now
from triage.errors import SettingsError, TriageError
from triage.lang import _
from triage.tui.screens.dialog import Dialog

_LONGEST_WAIT = 366
"""Days."""


class Prompt(Dialog[str | None]):
    """Answers with what was typed, or None; `check` raises TriageError for what cannot be meant."""

    def __init__(
        self,
        question: str,
        hint: str = "",
        value: str = "",
        check: Callable[[str], object] | None = None,
        empty_is_answer: bool = False,
    ) -> None:
        super().__init__()
        self._question, self._hint, self._value = question, hint, value
        self._check = check
        self._empty_is_answer = empty_is_answer

    def compose(self) -> ComposeResult:
        with self.box(self._question, _("Enter keeps · Esc leaves")):
            yield Input(self._value)
            yield Static(Text(text.line(self._hint)), classes="quiet")

    @on(Input.Submitted)
    def answered(self, event: Input.Submitted) -> None:
        written = event.value.strip()
        if not written and not self._empty_is_answer:
            return
        try:
            if self._check is not None:
                self._check(written)
        except TriageError as error:
            self.query_one(Static).update(Text(text.line(error.message), self.tones.stop))
            return
        self.dismiss(written)


def until(written: str) -> datetime:
    """The local midnight that a person means: a day, or so many days from now. Raises SettingsError."""
    today = datetime.combine(now().date(), time()).astimezone()
    try:
        if written.isdecimal() and written.isascii() and len(written) < 4:
            moment = (today + timedelta(days=int(written))).astimezone()
        else:
            moment = datetime.fromisoformat(written).astimezone()
    except ValueError:
        raise SettingsError(_("{written} is no day; write 2026-12-01, or 7 for a week.", written=written)) from None
    if not today < moment <= today + timedelta(days=_LONGEST_WAIT):
        raise SettingsError(_("The day must lie within the year to come."))
    return moment
