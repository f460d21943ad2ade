"""The raw message, as far as it was kept; cleaned, for it is the most hostile text of all."""

from __future__ import annotations

from rich.text import Text

from triage.lang import _
from triage.tui import shown
from triage.tui.screens.reading import ReadingScreen


class OriginalScreen(ReadingScreen):
    """Headers and report as they came; the body of the mail that was returned is not kept."""

    def __init__(self, raw: str) -> None:
        super().__init__(_("The message as it came"))
        self._raw = raw

    def content(self) -> Text:
        if not self._raw.strip():
            return Text(_("Nothing was kept of this message."))
        return shown.block(self._raw)
