"""Passwords and access tokens, fetched when they are needed: from a command, a file, the environment, or a person."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable

from triage.config import Post, Server, Settings
from triage.errors import SettingsError
from triage.lang import _
from triage.login import limits
from triage.login.trouble import words_of
from triage.text import line

Ask = Callable[[str], str]
"""Asks a person for the password of an account, unseen; "" where none is given."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""RFC 6750, 2.1."""

_ask: Ask | None = None
_told: dict[tuple[str, str, str], str] = {}
"""What a person typed, by section, host and user, as long as this process lives."""


def password(server: Server, settings: Settings) -> str:
    """The server's password: by command, else file, else environment, else from a person. Raises SettingsError."""
    section, variable = _section(server)
    if server.password_command:
        secret, origin = from_command("password_command", server.password_command), "password_command"
    elif server.password_file:
        secret, origin = _from_file(settings, server.password_file), "password_file"
    elif os.environ.get(variable):
        secret, origin = os.environ[variable], variable
    else:
        secret, origin = _from_a_person(server), _("the prompt")
    if not secret:
        raise SettingsError(
            _("There is no password for {user} at {host}.", user=line(server.user), host=line(server.host)),
            _(
                "Name a password_command or password_file in [{section}], or set {variable}.",
                section=section,
                variable=variable,
            ),
        )
    if not is_plain(secret):
        raise SettingsError(_("The password from {origin} holds characters that none may hold.", origin=origin))
    return secret


def token(server: Server) -> str:
    """An access token, fresh from token_command: they live for about an hour. Raises SettingsError."""
    if not server.token_command:
        raise SettingsError(
            _("There is no access token for {user} at {host}.", user=line(server.user), host=line(server.host)),
            _("Name a token_command in [{section}] that prints one.", section=_section(server)[0]),
        )
    secret = from_command("token_command", server.token_command).strip()
    if not _TOKEN.fullmatch(secret):
        raise SettingsError(
            _("token_command printed no access token."),
            _("Run it by hand: it must print the access token on its first line, and nothing else there."),
        )
    return secret


def is_missing(server: Server) -> bool:
    """Only a person can tell the password, and none has yet."""
    if server.auth != "password" or server.password_command or server.password_file:
        return False
    return not os.environ.get(_section(server)[1]) and _key(server) not in _told


def ask_with(ask: Ask | None) -> None:
    """From now on a missing password is asked for so; None: it is an error."""
    global _ask
    _ask = ask


def account(server: Server) -> str:
    """Whose mailbox where, for eyes: `support@imap.iprot.example`."""
    user, host = line(server.user), line(server.host)
    return f"{user} ({host})" if "@" in user else f"{user}@{host}"


def is_plain(argument: str) -> bool:
    """Nothing in it could end a command and begin another."""
    return not any(character in argument for character in "\r\n\0")


def _section(server: Server) -> tuple[str, str]:
    """The settings' section, and the variable of the environment that may hold its password."""
    return ("post", "TRIAGE_POST_PASSWORD") if isinstance(server, Post) else ("mailbox", "TRIAGE_PASSWORD")


def _key(server: Server) -> tuple[str, str, str]:
    return _section(server)[0], server.host, server.user


def _from_a_person(server: Server) -> str:
    """Asked for once and kept in memory only."""
    key = _key(server)
    if key not in _told and _ask is not None and (typed := _ask(account(server))):
        _told[key] = typed
    return _told.get(key, "")


def from_command(key: str, command: str) -> str:
    """The first line that the command prints. It is run without a shell; what it complains of is never shown."""
    hint = _("Run it by hand: it must print the password or token on its first line.")
    try:
        ran = subprocess.run(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limits.TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SettingsError(
            _("{command} did not end within {seconds} seconds.", command=key, seconds=int(limits.TIMEOUT)), hint
        ) from None
    except (OSError, ValueError, IndexError) as error:
        raise SettingsError(_("{command} cannot be run: {error}", command=key, error=words_of(error)), hint) from None
    if ran.returncode != 0:
        raise SettingsError(_("{command} failed with exit code {code}.", command=key, code=ran.returncode), hint)
    return _first_line(ran.stdout)


def _from_file(settings: Settings, written: str) -> str:
    path = settings.resolve(written)
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise SettingsError(
                    _("Others may read the password in {file}.", file=path), _("Run: chmod 600 {file}", file=path)
                )
            return _first_line(file.read(10_000))
    except OSError as error:
        raise SettingsError(_("{file} cannot be read: {error}", file=path, error=words_of(error))) from None


def _first_line(printed: bytes) -> str:
    return printed.decode("utf-8", "replace").partition("\n")[0].removesuffix("\r")
