"""An SMTP server that accepts or refuses by the recipient's local part, at the step and with the words of real ones."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from servers import free_port
from triage.config import Post, Settings

USER, PASSWORD = "post", "versand-ß"

AT_RCPT = {
    "unknown": "550 5.1.1 <{address}>: Recipient address rejected: User unknown in virtual mailbox table",
    "full": "552 5.2.2 <{address}>: Mailbox is full / quota exceeded",
    "later": "450 4.2.1 <{address}>: Mailbox disabled, temporarily not accepting messages",
}
AT_DATA = {
    "spam": "554 5.7.1 Message rejected as spam by content filter (score 17.3)",
    "busy": "451 4.3.0 Temporary failure, try again later",
    "odd": "399 what this means nobody knows",
}


@dataclass
class SmtpPeer:
    """What came, and where it listens. A local part may go on after a hyphen: `unknown-1` is refused as `unknown`."""

    port: int
    accepted: list[tuple[str, tuple[str, ...], bytes]] = field(default_factory=list)
    hang_up_after_mail: bool = False
    """Close each session after its first mail, as servers do with idle ones."""
    closes_at_next_mail: bool = False
    """Answer the next MAIL with 421, as others do."""
    wants_login: bool = False
    sessions: int = 0
    _hung_up: threading.Event = field(default_factory=threading.Event)

    def settings(self, **changes: Any) -> Settings:
        usual: dict[str, Any] = {"outlet": "smtp", "host": "127.0.0.1", "port": self.port, "tls": "none"}
        return Settings(post=Post(**(usual | changes)))

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if self.closes_at_next_mail:
            self.closes_at_next_mail = False
            return "421 4.3.2 Idle too long, closing"
        if self.wants_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if _word(address) == "banned":
            return "550 5.7.1 Sender refused"
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: list[str]) -> str:
        if _word(address) in AT_RCPT:
            return AT_RCPT[_word(address)].format(address=address)
        if _word(address) == "cut":
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        word = _word(envelope.rcpt_tos[0])
        if word in AT_DATA:
            return AT_DATA[word]
        self.accepted.append((envelope.mail_from, tuple(envelope.rcpt_tos), bytes(envelope.content)))
        if word == "lost":
            server.transport.abort()
        if self.hang_up_after_mail:
            self._hung_up.clear()
            server.loop.call_later(0.02, self._hang_up, server.transport)
        return "250 2.0.0 Ok: queued as 4F1C2"

    def _hang_up(self, transport: Any) -> None:
        transport.close()
        self._hung_up.set()

    def wait_for_hang_up(self) -> None:
        assert self._hung_up.wait(5)


def _word(address: str) -> str:
    return address.partition("@")[0].partition("-")[0]


@contextmanager
def running_smtp_peer(
    context: ssl.SSLContext | None = None, starttls: bool = False, login: bool = False
) -> Iterator[SmtpPeer]:
    """Without `context` in the clear; with it by implicit TLS or STARTTLS, and then only after a login."""
    peer = SmtpPeer(free_port(), wants_login=login or context is not None)
    options: dict[str, Any] = {"enable_SMTPUTF8": True}
    if login:
        options |= {"authenticator": _authenticate, "auth_require_tls": False}
    if context:
        options |= {"authenticator": _authenticate, "auth_require_tls": starttls}
        options |= {"tls_context": context, "require_starttls": True} if starttls else {"ssl_context": context}
    controller = Controller(peer, hostname="127.0.0.1", port=peer.port, server_hostname="peer.test", **options)
    controller.start()
    try:
        yield peer
    finally:
        controller.stop()


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (USER.encode(), PASSWORD.encode()), handled=False)
