"""Where bounces come from: an IMAP mailbox, or files (.eml, a folder of them, mbox, Maildir).

A source hands out batches of raw messages, each with the cursor that is true once they are kept. Reading changes
nothing; only what the settings ask for is done to bounces that are kept: marked, or moved.
"""

from __future__ import annotations

from triage.config import Settings
from triage.errors import SettingsError
from triage.lang import _
from triage.mailbox.files import FileSource, read_files
from triage.mailbox.source import FolderSeen, Marked, Source

__all__ = ["FolderSeen", "Marked", "Source", "open_source", "read_files"]


def open_source(settings: Settings) -> Source:
    """The mailbox that the settings name. Raises SettingsError, and SourceError where it cannot be opened now."""
    mailbox = settings.mailbox
    if bool(mailbox.host) == bool(mailbox.path):
        raise SettingsError(
            _("The settings name two mailboxes: a host and a path.")
            if mailbox.host
            else _("The settings name no mailbox."),
            _("Set either host or path in [mailbox]."),
        )
    if mailbox.path:
        return FileSource(settings.resolve(mailbox.path))
    from triage.mailbox.imap import ImapSource  # here: files need no IMAP

    return ImapSource(settings)
