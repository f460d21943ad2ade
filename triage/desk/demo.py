"""The built-in mailbox: a world to try everything in, without settings and without harm."""

from __future__ import annotations

import tempfile
from pathlib import Path

from triage import clock, config
from triage.desk import directory, sending
from triage.desk.base import Desk, open_desk
from triage.desk.world import lay_out


def open_demo(store: Path | None = None) -> Desk:
    """The desk of the demo's world as it looks now: directory and earlier notices imported, the mailbox unread.

    Without `store` everything lies in a new temporary folder; with it, the world lies beside it and goes on with time.
    """
    folder = Path(tempfile.mkdtemp(prefix="triage-demo-")) if store is None else store.with_name(store.name + ".world")
    settings = config.load(lay_out(folder, clock.now()))
    desk = open_desk(settings, store or folder / "triage.db")
    directory.import_directory(desk)
    sending.import_ledger(desk, folder / "ledger.csv")
    return desk
