"""An IMAP session that is logged in."""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from triage.config import Server, Settings
from triage.errors import SourceError, TriageError
from triage.lang import _
from triage.login import fetching, limits
from triage.login.bearer import Bearer
from triage.login.encryption import refuse_clear_text, tls
from triage.login.folders import MailFolder, with_guesses
from triage.login.secrets import is_plain, password, token
from triage.login.trouble import NeedsAPerson, answered, in_words, words_of
from triage.text import line

_SLICE = 0.25
"""Seconds between two questions whether waiting is cancelled."""
_IN_PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")
"""Response codes of a refused login that has nothing to do with the secret (RFC 5530)."""
_NOT_OPENED = frozenset({b"\\noselect", b"\\nonexistent"})
_USES = {f"\\{use}".lower().encode(): use for use in ("Drafts", "Sent", "Junk", "Trash", "Archive", "All", "Flagged")}


@dataclass(frozen=True, slots=True)
class Folder:
    """What a server tells when a folder is opened."""

    name: str
    uidvalidity: int
    uidnext: int
    """0 where the server does not say."""
    exists: int
    keeps: tuple[bytes, ...] = ()
    """Flags that can be set for good (PERMANENTFLAGS); `\\*` stands for any keyword."""


class Imap:
    """A session that is logged in. Every argument is checked: none can end a command and begin another.

    Methods raise ServerSaysNo, ServerHungUp, and what imaplib, ssl and socket raise; `in_words` makes either readable.
    """

    def __init__(self, server: Server, settings: Settings, fault: type[TriageError]) -> None:
        self.port = server.port or (993 if server.tls == "implicit" else 143)
        refuse_clear_text(server)
        context = tls(server, settings)
        secret = password(server, settings) if server.auth == "password" else token(server)
        with in_words(server, self.port, fault):
            self._client = self._connected(server, context)
        try:
            with in_words(server, self.port, fault):
                self._prepare(server, context, fault)
                if server.auth == "password":
                    self._log_in(server, secret, fault)
                else:
                    self._log_in_by_token(server, secret, fault)
        except BaseException:
            self.close()
            raise

    # --- the way in ---

    def _connected(self, server: Server, context: ssl.SSLContext) -> Any:
        from imapclient import IMAPClient

        implicit = server.tls == "implicit"
        return IMAPClient(
            _plain(server.host),
            self.port,
            ssl=implicit,
            ssl_context=context if implicit else None,
            timeout=limits.TIMEOUT,
        )

    def _prepare(self, server: Server, context: ssl.SSLContext, fault: type[TriageError]) -> None:
        self._client._imap.debug = 0  # imapclient writes a debug log of every line, passwords among them
        self._client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # it sends a command in pieces
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
            if size > limits.LITERAL_MOST:
                raise imap.abort(f"literal of {size} octets")
            content: bytes = read(size)
            return content

        imap.read = bounded

    def _log_in(self, server: Server, secret: str, fault: type[TriageError]) -> None:
        import imaplib

        log_in = self._client.plain_login if self.can("AUTH=PLAIN") else self._client.login
        try:
            log_in(_plain(server.user), secret)
        except imaplib.IMAP4.error as error:
            _insist_on_an_answer(error)
            raise _shut(error, fault)(
                _(
                    "{host} refuses the login of {user}: {error}",
                    host=line(server.host),
                    user=line(server.user),
                    error=words_of(error).replace(secret, "…"),
                ),
                _("Check user and password; the password comes from password_command, password_file or environment."),
            ) from None

    def _log_in_by_token(self, server: Server, secret: str, fault: type[TriageError]) -> None:
        import imaplib

        bearer = Bearer(server, self.port, secret)
        if not self.can(f"AUTH={bearer.mechanism}"):
            offered = [str(c, "ascii", "replace") for c in self._client.capabilities() if c.startswith(b"AUTH=")]
            raise _shut(None, fault)(
                _("{host} offers no login by {auth}.", host=line(server.host), auth=bearer.mechanism),
                _("It offers: {offered}. Set auth in [mailbox].", offered=line(", ".join(offered) or "LOGIN", 200)),
            )
        _plain(server.user)
        try:
            self._client.sasl_login(bearer.mechanism, bearer)
        except imaplib.IMAP4.error as error:
            _insist_on_an_answer(error)
            raise _shut(error, fault)(
                _(
                    "{host} refuses the access token of {user}: {error}",
                    host=line(server.host),
                    user=line(server.user),
                    error="; ".join(said for said in (bearer.clean(words_of(error)), bearer.reason) if said),
                ),
                _(
                    "Run token_command by hand and check the token's scope, that user is its account, "
                    "and that IMAP is allowed for it."
                ),
            ) from None

    def can(self, capability: str) -> bool:
        """Whether the server says that it can."""
        return bool(self._client.has_capability(capability))

    # --- folders ---

    def folders(self) -> list[MailFolder]:
        """All of them; Drafts and Sent are guessed where the server marks none."""
        with answered():
            self._client.folder_encode = False  # a name that is no UTF-7 must not hide the others
            try:
                listed = self._client.list_folders()
            finally:
                self._client.folder_encode = True
        return with_guesses(_listed(flags, delimiter, name) for flags, delimiter, name in listed)

    def special(self, use: str) -> str:
        """The folder of a special use (RFC 6154), `Drafts` or `Sent`; "" if there is none."""
        return self.specials(use)[0]

    def specials(self, *uses: str) -> list[str]:
        """The same for several, which the server is asked once."""
        listed = self.folders()
        return [next((f.name for f in listed if f.use == use and f.can_be_opened), "") for use in uses]

    def count(self, name: str) -> int:
        """How many messages a folder holds; it is not opened."""
        with answered():
            return int(self._client.folder_status(_plain(name), ["MESSAGES"])[b"MESSAGES"])

    def examine(self, name: str) -> Folder:
        """Open a folder for reading only: nothing done in it can change it."""
        return self._open(name, readonly=True)

    def select(self, name: str) -> Folder:
        """Open a folder so that flags can be set and messages moved."""
        return self._open(name, readonly=False)

    def _open(self, name: str, readonly: bool) -> Folder:
        with answered():
            answer = self._client.select_folder(_plain(name), readonly=readonly)
        return Folder(
            name,
            int(answer.get(b"UIDVALIDITY", 0)),
            int(answer.get(b"UIDNEXT", 0)),
            int(answer[b"EXISTS"]),
            tuple(answer.get(b"PERMANENTFLAGS", ())),
        )

    # --- messages ---

    def search(self, *criteria: str | date) -> list[int]:
        """UIDs in the open folder, ascending."""
        with answered():
            return sorted(self._client.search([_plain(c) if isinstance(c, str) else c for c in criteria]))

    def fetch(self, uids: Sequence[int], *items: str) -> Mapping[int, Mapping[bytes, Any]]:
        """What the server tells of these UIDs; those that are gone are missing."""
        if not uids:
            return {}
        imap = self._client._imap
        with answered():
            tag = imap._command("UID", "FETCH", ",".join(map(str, uids)), f"({' '.join(map(_plain, items))})")
            typ, data = imap._command_complete("FETCH", tag)
            self._client._checkok("fetch", typ, data)
            _typ, pieces = imap._untagged_response(typ, data, "FETCH")
            told = fetching.told(pieces) if pieces != [None] else {}
        return {uid: told[uid] for uid in uids if uid in told}

    def append(self, folder: str, content: bytes, *flags: str) -> None:
        with answered():
            self._client.append(_plain(folder), content, [_plain(flag) for flag in flags])

    def flag(self, uids: Sequence[int], flag: str) -> None:
        """Set a flag in the selected folder."""
        with answered():
            self._client.add_flags(list(uids), [_plain(flag)], silent=True)

    def move(self, uids: Sequence[int], folder: str) -> None:
        """Move from the selected folder: by MOVE (RFC 6851), else by COPY and UID EXPUNGE (RFC 4315)."""
        with answered():
            if self.can("MOVE"):
                self._client.move(list(uids), _plain(folder))
                return
            self._client.copy(list(uids), _plain(folder))
            self._client.delete_messages(list(uids), silent=True)
            self._client.uid_expunge(list(uids))

    @property
    def can_move(self) -> bool:
        """Without either, moving would throw away what others have marked as deleted."""
        return self.can("MOVE") or self.can("UIDPLUS")

    # --- waiting ---

    def idle(self, seconds: float, cancelled: Callable[[], bool]) -> bool:
        """Wait in the open folder until the server says anything (RFC 2177); False: the time is up, or cancelled."""
        imap = self._client._imap
        with answered():
            tag = imap._command("IDLE")
            while imap._get_response() is not None:
                if imap.tagged_commands[tag]:
                    self._client._checkok("IDLE", *imap._command_complete("IDLE", tag))
                    return True  # it ended before it began; the caller looks
            try:
                return self._hears_something(seconds, cancelled)
            finally:
                imap.send(b"DONE\r\n")
                self._client._checkok("IDLE", *imap._command_complete("IDLE", tag))

    def _hears_something(self, seconds: float, cancelled: Callable[[], bool]) -> bool:
        end = time.monotonic() + seconds
        if self._has_heard():
            return True
        while (left := end - time.monotonic()) > 0 and not cancelled():
            if select.select([self._client.socket()], [], [], min(_SLICE, left))[0]:
                return True
        return False

    def _has_heard(self) -> bool:
        """Something came with the last answer and lies in a buffer, where `select` does not see it."""
        imap, wire = self._client._imap, self._client.socket()
        file = getattr(imap, "_file", None) or imap.file  # its name changed in Python 3.14
        wire.setblocking(False)
        try:
            return bool(file.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            wire.settimeout(limits.TIMEOUT)

    def cut(self) -> None:
        """From any thread: the connection ends at once."""
        with suppress(OSError):
            socket.socket.shutdown(self._client.socket(), socket.SHUT_RDWR)  # not that of TLS, which another uses

    def close(self) -> None:
        with suppress(Exception):  # a broken connection cannot be closed well, and need not be
            self._client.socket().settimeout(3)
            self._client.logout()
        with suppress(Exception):
            self._client.shutdown()


def _listed(flags: Sequence[bytes], delimiter: bytes | None, written: bytes | str) -> MailFolder:
    """Its name is modified UTF-7 (RFC 3501, 5.1.3); one that we could not write again cannot be opened."""
    from imapclient.imap_utf7 import decode, encode

    marks = {flag.lower() for flag in flags}
    use = next((_USES[mark] for mark in sorted(marks) if mark in _USES), "")
    raw = written.encode("utf-8", "replace") if isinstance(written, str) else written
    try:
        name = decode(raw)
        can_be_written = encode(name) == raw
    except ValueError:
        name, can_be_written = raw.decode("utf-8", "replace"), False
    separator = delimiter.decode("ascii", "replace") if delimiter else ""
    return MailFolder(name, separator, use, can_be_opened=can_be_written and is_plain(name) and not marks & _NOT_OPENED)


def _insist_on_an_answer(error: Exception) -> None:
    """imapclient takes a broken connection for a refused login, too."""
    import imaplib

    if isinstance(error.__context__, imaplib.IMAP4.abort):
        raise imaplib.IMAP4.abort(str(error)) from None


def _shut(error: Exception | None, fault: type[TriageError]) -> type[TriageError]:
    """The fault to raise at a refused login: one for a person, unless the server says that it will pass."""
    if fault is not SourceError or (error and any(code in str(error).upper() for code in _IN_PASSING)):
        return fault
    return NeedsAPerson


def _plain(argument: str) -> str:
    if not is_plain(argument):
        raise ValueError(f"line end in {line(argument, 60)!r}")
    return argument
