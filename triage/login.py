"""The way into a server, shared by mailbox and post: the password, TLS, an IMAP session, and what went wrong in words.

Passwords come from a command, a file or the environment when they are needed, and stand in no log and no error.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from triage.config import Post, Server, Settings
from triage.errors import SettingsError, TriageError
from triage.lang import _
from triage.text import line

TIMEOUT = 30.0
"""Seconds that any server may take for a connection or an answer."""
LITERAL_MOST = 64_000_000
"""Octets: a server that announces more in one piece is not believed."""
_NONSENSE = (ValueError, TypeError, LookupError, AssertionError, RecursionError, MemoryError)
"""What imaplib and imapclient raise at answers beyond the grammar; imaplib reserves any size that is announced."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


# --- the password -----------------------------------------------------------------------------------------------------


def password(server: Server, settings: Settings) -> str:
    """The server's password: by command, else file, else environment. Raises SettingsError."""
    section, variable = ("post", "TRIAGE_POST_PASSWORD") if isinstance(server, Post) else ("mailbox", "TRIAGE_PASSWORD")
    if server.password_command:
        secret, origin = _from_command(server.password_command), "password_command"
    elif server.password_file:
        secret, origin = _from_file(settings, server.password_file), "password_file"
    else:
        secret, origin = os.environ.get(variable, ""), variable
    if not secret:
        raise SettingsError(
            _("There is no password for {user} at {host}.", user=line(server.user), host=line(server.host)),
            _(
                "Name a password_command or password_file in [{section}], or set {variable}.",
                section=section,
                variable=variable,
            ),
        )
    if not _is_plain(secret):
        raise SettingsError(_("The password from {origin} holds characters that none may hold.", origin=origin))
    return secret


def _from_command(command: str) -> str:
    """The first line that the command prints. It is run without a shell; what it complains of is never shown."""
    hint = _("Run it by hand: it must print the password on its first line.")
    try:
        words = shlex.split(command)
        ran = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SettingsError(
            _("password_command did not end within {seconds} seconds.", seconds=int(TIMEOUT)), hint
        ) from None
    except (OSError, ValueError, IndexError) as error:
        raise SettingsError(_("password_command cannot be run: {error}", error=_words(error)), hint) from None
    if ran.returncode != 0:
        raise SettingsError(_("password_command failed with exit code {code}.", code=ran.returncode), hint)
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
        raise SettingsError(_("{file} cannot be read: {error}", file=path, error=_words(error))) from None


def account(server: Server) -> str:
    """Whose mailbox where, for eyes: `support@imap.iprot.example`."""
    user, host = line(server.user), line(server.host)
    return f"{user} ({host})" if "@" in user else f"{user}@{host}"


def _first_line(printed: bytes) -> str:
    return printed.decode("utf-8", "replace").partition("\n")[0].removesuffix("\r")


def _is_plain(argument: str) -> bool:
    """Nothing in it could end a command and begin another."""
    return not any(character in argument for character in "\r\n\0")


# --- TLS, and what goes wrong -----------------------------------------------------------------------------------------


def tls(server: Server, settings: Settings) -> ssl.SSLContext:
    """Verified TLS 1.2 or newer, with the settings' own certificates where they name some. Raises SettingsError."""
    file = str(settings.resolve(server.ca_file)) if server.ca_file else None
    try:
        context = ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(_("ca_file {file} cannot be used: {error}", file=file, error=_words(error))) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def refuse_clear_text(server: Server) -> None:
    """Without TLS only to this very machine, whoever made the settings. Raises SettingsError."""
    if server.tls == "none" and server.host not in LOOPBACK:
        raise SettingsError(
            _("Without TLS the password would cross the network in the clear."),
            _('Set tls = "implicit" or "starttls".'),
        )


@contextmanager
def in_words(server: Server, port: int, fault: type[TriageError]) -> Iterator[None]:
    """Whatever network, TLS or server do wrong inside becomes one `fault`: what, where, the next step."""
    try:
        yield
    except TriageError:
        raise
    except Exception as error:
        told = _told(error, f"{line(server.host)}:{port}")
        if told is None:
            raise
        raise fault(*told) from None


def _told(error: Exception, where: str) -> tuple[str, str] | None:
    """Message and hint for an error of network, TLS or IMAP; None for a fault of our own."""
    import imaplib

    match error:
        case socket.gaierror():
            return (
                _("The host of {where} is unknown: {error}", where=where, error=_words(error)),
                _("Check host in the settings, and whether this machine is online."),
            )
        case ssl.SSLCertVerificationError():
            return (
                _("The certificate of {where} is not trusted: {error}", where=where, error=line(error.verify_message)),
                _("If the server has its own authority, name its certificate as ca_file; check that host is right."),
            )
        case ssl.SSLError():
            return (
                _("No TLS with {where}: {error}", where=where, error=_words(error)),
                _('Check port and tls in the settings ("implicit" or "starttls").'),
            )
        case TimeoutError():
            return (
                _("{where} did not answer within {seconds} seconds.", where=where, seconds=int(TIMEOUT)),
                _("Try again later; check host and port if it stays so."),
            )
        case OSError() | EOFError():
            return (
                _("{where} cannot be reached: {error}", where=where, error=_words(error)),
                _("Check host and port in the settings, and the network."),
            )
        case imaplib.IMAP4.abort() | ServerHungUp():
            return (
                _("{where} broke the connection off: {error}", where=where, error=_words(error)),
                _("Try again; what was read before is kept."),
            )
        case ServerSaysNo():
            return (
                _("{where} refuses: {error}", where=where, error=_words(error)),
                _("Ask the server's administrator if it stays so."),
            )
    if isinstance(error, (imaplib.IMAP4.error, *_NONSENSE)):
        return (
            _("{where} answered what makes no sense here: {error}", where=where, error=_words(error)),
            _("Try again; ask the server's administrator if it stays so."),
        )
    return None


def _words(error: BaseException) -> str:
    """An error in one clean, short line; a server may have written it."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return line(reason.strip() or type(error).__name__, 300)


# --- IMAP -------------------------------------------------------------------------------------------------------------


class ServerSaysNo(Exception):
    """A tagged NO or BAD: the command certainly was not carried out, and the session goes on."""


class ServerHungUp(Exception):
    """The server closed the session; what became of the command is not known."""


@contextmanager
def _answered() -> Iterator[None]:
    """imaplib and imapclient have one exception for a server's no and for their own confusion; this parts them."""
    import imaplib

    try:
        yield
    except imaplib.IMAP4.abort as error:
        raise ServerHungUp(str(error)) from None
    except imaplib.IMAP4.error as error:
        if said := re.match(r"\w+ (?:failed: |command error: (?:BAD )?)", str(error)):
            raise ServerSaysNo(str(error)[said.end() :]) from None
        raise


@dataclass(frozen=True, slots=True)
class Folder:
    """What a server tells when a folder is opened."""

    name: str
    uidvalidity: int
    uidnext: int
    """0 where the server does not say."""
    exists: int


class Imap:
    """A session that is logged in. Every argument is checked: none can end a command and begin another.

    Methods raise ServerSaysNo, ServerHungUp, and what imaplib, ssl and socket raise; `in_words` makes either readable.
    """

    def __init__(self, server: Server, settings: Settings, fault: type[TriageError]) -> None:
        self.port = server.port or (993 if server.tls == "implicit" else 143)
        refuse_clear_text(server)
        context, secret = tls(server, settings), password(server, settings)
        with in_words(server, self.port, fault):
            self._client = self._connected(server, context)
        try:
            with in_words(server, self.port, fault):
                self._prepare(server, context, fault)
                self._log_in(server, secret, fault)
        except BaseException:
            self.close()
            raise

    def _connected(self, server: Server, context: ssl.SSLContext) -> Any:
        from imapclient import IMAPClient

        implicit = server.tls == "implicit"
        return IMAPClient(
            _plain(server.host), self.port, ssl=implicit, ssl_context=context if implicit else None, timeout=TIMEOUT
        )

    def _prepare(self, server: Server, context: ssl.SSLContext, fault: type[TriageError]) -> None:
        self._client.normalise_times = False
        self._bound_literals()
        if "PREAUTH" in str(self._client.welcome)[:20].upper():
            raise fault(
                _("{host} greets as if somebody were logged in already (PREAUTH).", host=line(server.host)),
                _("Somebody may stand in between: no password is sent. Check host and port."),
            )
        if server.tls == "starttls":
            self._client.starttls(context)

    def _bound_literals(self) -> None:
        """imaplib reads as many octets as a server announces."""
        imap = self._client._imap
        read = imap.read

        def bounded(size: int) -> bytes:
            if size > LITERAL_MOST:
                raise imap.abort(f"literal of {size} octets")
            content: bytes = read(size)
            return content

        imap.read = bounded

    def _log_in(self, server: Server, secret: str, fault: type[TriageError]) -> None:
        import imaplib

        log_in = self._client.plain_login if self._client.has_capability("AUTH=PLAIN") else self._client.login
        try:
            log_in(_plain(server.user), secret)
        except imaplib.IMAP4.error as error:
            if str(error).startswith("command:"):  # imapclient takes a broken connection for a refused login, too
                raise imaplib.IMAP4.abort(str(error)) from None
            raise fault(
                _(
                    "{host} refuses the login of {user}: {error}",
                    host=line(server.host),
                    user=line(server.user),
                    error=_words(error).replace(secret, "…"),
                ),
                _("Check user and password; the password comes from password_command, password_file or environment."),
            ) from None

    def folders(self) -> list[str]:
        return [str(name) for _flags, _delimiter, name in self._client.list_folders()]

    def special(self, use: str) -> str:
        """The folder of a special use (RFC 6154), `Drafts` or `Sent`; "" if there is none."""
        return str(self._client.find_special_folder(b"\\" + use.encode()) or "")

    def examine(self, name: str) -> Folder:
        """Open a folder for reading only: nothing done in it can change it."""
        with _answered():
            answer = self._client.select_folder(_plain(name), readonly=True)
        return Folder(name, int(answer.get(b"UIDVALIDITY", 0)), int(answer.get(b"UIDNEXT", 0)), int(answer[b"EXISTS"]))

    def search(self, *criteria: str | date) -> list[int]:
        """UIDs in the open folder, ascending."""
        with _answered():
            return sorted(self._client.search([_plain(c) if isinstance(c, str) else c for c in criteria]))

    def fetch(self, uids: Sequence[int], *items: str) -> Mapping[int, Mapping[bytes, Any]]:
        """What the server tells of these UIDs; those that are gone are missing."""
        with _answered():
            fetched: Mapping[int, Mapping[bytes, Any]] = self._client.fetch(list(uids), [_plain(i) for i in items])
        return fetched

    def append(self, folder: str, content: bytes, *flags: str) -> None:
        with _answered():
            self._client.append(_plain(folder), content, [_plain(flag) for flag in flags])

    def close(self) -> None:
        with suppress(Exception):  # a broken connection cannot be closed well, and need not be
            self._client.socket().settimeout(3)
            self._client.logout()
        with suppress(Exception):
            self._client.shutdown()


def _plain(argument: str) -> str:
    if not _is_plain(argument):
        raise ValueError(f"line end in {line(argument, 60)!r}")
    return argument
