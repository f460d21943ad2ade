"""The main screen, put together."""

from __future__ import annotations

from triage.tui.screens.main.syncing import SyncingScreen


class MainScreen(SyncingScreen):
    """List and case: where the day begins and ends."""

    def __init__(self, sync_first: bool = False) -> None:
        super().__init__()
        self._sync_first = sync_first

    def first_look(self) -> None:
        super().first_look()
        if self.desk.settings.mailbox.host:
            self.watch_mailbox()
        elif self._sync_first:
            self.action_sync()
