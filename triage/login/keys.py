"""The keys that sign tokens in our mails, fetched when they are needed: from a file or a command."""

from __future__ import annotations

import os

from triage.config import Settings
from triage.errors import SettingsError
from triage.lang import _
from triage.login.secrets import from_command
from triage.login.trouble import words_of

_FEWEST = 16
"""Octets of a key."""


def token_keys(settings: Settings) -> tuple[bytes, ...]:
    """All that are valid, the newest first; none where the settings name none. Raises SettingsError."""
    linking = settings.linking
    if linking.token_key_command:
        keys = [from_command("token_key_command", linking.token_key_command).strip().encode()]
        origin = "token_key_command"
    elif linking.token_key_file:
        keys, origin = _of_file(settings), "token_key_file"
    else:
        return ()
    if not keys or min(map(len, keys)) < _FEWEST:
        raise SettingsError(
            _("A key of {origin} is shorter than {n} characters, or there is none.", origin=origin, n=_FEWEST),
            _("One key a line, the one that signs now first. To make one: openssl rand -hex 32"),
        )
    return tuple(keys)


def _of_file(settings: Settings) -> list[bytes]:
    path = settings.resolve(settings.linking.token_key_file)
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise SettingsError(
                    _("Others may read the keys in {file}.", file=path), _("Run: chmod 600 {file}", file=path)
                )
            return [line.strip() for line in file.read(10_000).splitlines() if line.strip()]
    except OSError as error:
        raise SettingsError(_("{file} cannot be read: {error}", file=path, error=words_of(error))) from None
