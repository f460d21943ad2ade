"""The screens: a Textual app over the desk. Nothing here decides; it asks the desk and shows what it says.

app        the app: theme, errors, palette          screens/   one module a screen
keys       every key, with what it does             widgets/   what screens are made of
shown      text of mail on its way to eyes
"""

from __future__ import annotations

from triage.desk import Desk


def run(desk: Desk, sync_first: bool = False) -> int:
    """Open the app on `desk` until it is left; returns the exit code. `sync_first` reads the mailbox at once."""
    from triage.tui.app import TriageApp

    app = TriageApp(desk, sync_first)
    app.run()
    return app.return_code or 0


__all__ = ["run"]
