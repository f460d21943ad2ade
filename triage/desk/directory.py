"""The directory of protocols, authors, recipients and deliveries: import, and how old it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from triage import clock
from triage import directory as readers
from triage.desk.base import Desk
from triage.desk.reading import link_again
from triage.errors import SettingsError
from triage.lang import _
from triage.model import Rejection
from triage.store import directory as kept


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, and which rows it could not use."""

    new: int
    changed: int
    same: int
    rejected: tuple[Rejection, ...]
    linked: int
    """Cases of the bin that found their protocol by it."""


@dataclass(frozen=True, slots=True)
class Status:
    authors: int
    protocols: int
    recipients: int
    deliveries: int
    imported_at: datetime | None


def import_directory(desk: Desk, path: Path | None = None) -> ImportReport:
    """Import the files at `path`, or where the settings say; then link the bin again. Raises SettingsError."""
    if path is None:
        if not desk.settings.directory.path:
            raise SettingsError(
                _("The settings name no directory."), _("Set path in [directory], or name a folder or file.")
            )
        path = desk.settings.resolve(desk.settings.directory.path)
    rows = readers.read(path)
    imported = kept.import_rows(desk.store, rows)
    return ImportReport(imported.new, imported.changed, imported.same, rows.rejections, link_again(desk))


def status(desk: Desk) -> Status:
    """How much the directory holds, and when it was imported last."""
    found = kept.status(desk.store)
    at = str(found["imported_at"])
    return Status(
        authors=int(found["authors"]),
        protocols=int(found["protocols"]),
        recipients=int(found["recipients"]),
        deliveries=int(found["deliveries"]),
        imported_at=clock.from_store(at) if at else None,
    )
