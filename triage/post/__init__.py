"""How letters leave: into the mailbox' Drafts, by SMTP, or into a folder of .eml.

An outlet says what became of a letter and never sends it twice. The caller's `before_data` runs at the last moment at
which nothing has left yet.
"""

from __future__ import annotations

from triage.config import Settings
from triage.post.message import message
from triage.post.outlet import Envelope, Outlet

__all__ = ["Envelope", "Outlet", "message", "open_outlet"]


def open_outlet(settings: Settings) -> Outlet:
    """The outlet that the settings name, ready. Raises SettingsError, and OutletError where it cannot be opened now."""
    match settings.post.outlet:
        case "smtp":
            from triage.post.smtp import SmtpOutlet

            if not (settings.mailbox.host and settings.post.copy_to_sent):
                return SmtpOutlet(settings)
            from triage.post.sent_copy import WithSentCopy

            return WithSentCopy(SmtpOutlet(settings), settings)
        case "folder":
            from triage.post.folder import FolderOutlet

            return FolderOutlet(settings)
        case _:
            from triage.post.drafts import DraftsOutlet

            return DraftsOutlet(settings)
