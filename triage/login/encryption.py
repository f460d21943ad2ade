"""TLS, and the one place where it may be missing."""

from __future__ import annotations

import ssl

from triage.config import Server, Settings
from triage.errors import SettingsError
from triage.lang import _
from triage.login.limits import LOOPBACK
from triage.login.trouble import words_of


def tls(server: Server, settings: Settings) -> ssl.SSLContext:
    """Verified TLS 1.2 or newer, with the settings' own certificates where they name some. Raises SettingsError."""
    file = str(settings.resolve(server.ca_file)) if server.ca_file else None
    try:
        context = ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(_("ca_file {file} cannot be used: {error}", file=file, error=words_of(error))) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def refuse_clear_text(server: Server) -> None:
    """Without TLS only to this very machine, whoever made the settings. Raises SettingsError."""
    if server.tls == "none" and server.host not in LOOPBACK:
        raise SettingsError(
            _("Without TLS the password would cross the network in the clear."),
            _('Set tls = "implicit" or "starttls".'),
        )
