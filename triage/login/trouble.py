"""What network, TLS and servers do wrong, in words for a person."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from triage.config import Server
from triage.errors import SourceError, TriageError
from triage.lang import _
from triage.login import limits
from triage.text import line

_NONSENSE = (ValueError, TypeError, LookupError, AssertionError, RecursionError, MemoryError)
"""What imaplib and imapclient raise at answers beyond the grammar; imaplib reserves any size that is announced."""


class NeedsAPerson(SourceError):
    """The mailbox stays shut until somebody mends something: trying again by itself is no use, and may lock it."""


class ServerSaysNo(Exception):
    """A tagged NO or BAD: the command certainly was not carried out, and the session goes on."""


class ServerHungUp(Exception):
    """The server closed the session; what became of the command is not known."""


@contextmanager
def answered() -> Iterator[None]:
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
                _("The host of {where} is unknown: {error}", where=where, error=words_of(error)),
                _("Check host in the settings, and whether this machine is online."),
            )
        case ssl.SSLCertVerificationError():
            return (
                _("The certificate of {where} is not trusted: {error}", where=where, error=line(error.verify_message)),
                _("If the server has its own authority, name its certificate as ca_file; check that host is right."),
            )
        case ssl.SSLError():
            return (
                _("No TLS with {where}: {error}", where=where, error=words_of(error)),
                _('Check port and tls in the settings ("implicit" or "starttls").'),
            )
        case TimeoutError():
            return (
                _("{where} did not answer within {seconds} seconds.", where=where, seconds=int(limits.TIMEOUT)),
                _("Try again later; check host and port if it stays so."),
            )
        case OSError() | EOFError():
            return (
                _("{where} cannot be reached: {error}", where=where, error=words_of(error)),
                _("Check host and port in the settings, and the network."),
            )
        case imaplib.IMAP4.abort() | ServerHungUp():
            return (
                _("{where} broke the connection off: {error}", where=where, error=words_of(error)),
                _("Try again; what was read before is kept."),
            )
        case ServerSaysNo():
            return (
                _("{where} refuses: {error}", where=where, error=words_of(error)),
                _("Ask the server's administrator if it stays so."),
            )
    if isinstance(error, (imaplib.IMAP4.error, *_NONSENSE)):
        return (
            _("{where} answered what makes no sense here: {error}", where=where, error=words_of(error)),
            _("Try again; ask the server's administrator if it stays so."),
        )
    return None


def words_of(error: BaseException) -> str:
    """An error in one clean, short line; a server may have written it."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return line(reason.strip() or type(error).__name__, 300)
