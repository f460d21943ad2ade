"""Changing a letter's text: in the editor that the environment names, else in place."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult, SuspendNotSupported
from textual.binding import BindingType
from textual.widgets import Footer, Input, Static, TextArea

from triage import text
from triage.errors import TriageError
from triage.lang import _
from triage.model import Letter
from triage.tui import keys
from triage.tui.screens.base import DeskScreen


@dataclass(frozen=True, slots=True)
class Written:
    """A letter's text as a person left it."""

    subject: str
    body: str


class EditScreen(DeskScreen[Written | None]):
    """Subject and text, in place. Ctrl+S keeps, Esc leaves it as it was."""

    KEYS = staticmethod(keys.editing)
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.editing)

    def __init__(self, letter: Letter) -> None:
        super().__init__()
        self._letter = letter
        self._warned = False

    def compose(self) -> ComposeResult:
        yield Static(_("Edit the letter"), classes="title", markup=False)
        yield Input(text.line(self._letter.subject))
        yield TextArea(text.block(self._letter.body))
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.set_focus(self.query_one(TextArea))

    def action_keep(self) -> None:
        """After the keys that were typed before it: this one overtakes them."""
        self.query_one(TextArea).call_later(self._keep)

    def _keep(self) -> None:
        self.dismiss(Written(self.query_one(Input).value, self.query_one(TextArea).text))

    def action_close(self) -> None:
        """What was typed is not thrown away by one key: the second Esc does."""
        if self._is_changed() and not self._warned:
            self._warned = True
            self.notify(_("Esc again throws your changes away; Ctrl+S keeps them."), markup=False)
            return
        self.dismiss(None)

    def _is_changed(self) -> bool:
        written = (self.query_one(Input).value, self.query_one(TextArea).text)
        return written != (text.line(self._letter.subject), text.block(self._letter.body))


def in_editor(app: App[None], letter: Letter) -> Written | TriageError | None:
    """The text as $VISUAL or $EDITOR left it; None where there is no editor, or no terminal to give it."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        return None
    with tempfile.TemporaryDirectory(prefix="triage-letter-") as folder:
        path = Path(folder) / "letter.txt"
        path.write_text(f"{text.line(letter.subject)}\n\n{text.block(letter.body)}", "utf-8")
        try:
            with app.suspend():
                ended = subprocess.run([*shlex.split(editor), str(path)], check=False)
            if ended.returncode:
                return TriageError(_("The editor ended with an error; the letter is as it was."))
            return _read(path)
        except SuspendNotSupported:
            return None
        except (OSError, ValueError) as error:
            return TriageError(_("The editor did not work: {error}", error=error), _("Unset EDITOR to edit in place."))


def _read(path: Path) -> Written:
    """First line the subject, then an empty one, then the text."""
    subject, _line, body = path.read_text("utf-8").partition("\n")
    return Written(subject, body.removeprefix("\n"))
