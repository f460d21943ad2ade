"""Sending after a login by an access token."""

from __future__ import annotations

import logging
import shlex
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from servers import free_port
from servers.script import running_script

from triage import post
from triage.config import Post, Settings
from triage.errors import OutletError
from triage.model import Sent

TOKEN = "eyJ0.abc-def_ghi.jkl"
BOTH = pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])


def settings(port: int, auth: str) -> Settings:
    command = shlex.join([sys.executable, "-c", f"print({TOKEN!r})"])
    return Settings(
        post=Post(
            outlet="smtp",
            host="127.0.0.1",
            port=port,
            tls="none",
            user="süd@x.example",
            auth=auth,
            token_command=command,
        )
    )


class Peer:
    """Accepts mail after AUTH by a token."""

    def __init__(self) -> None:
        self.logins: list[bytes] = []
        self.mails = 0

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:
        self.logins.append(b64decode(args[1]))
        return AuthResult(success=True, handled=False)

    auth_OAUTHBEARER = auth_XOAUTH2

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails += session.authenticated
        return "250 2.0.0 Ok"


@contextmanager
def running_peer() -> Iterator[tuple[Peer, int]]:
    peer, port = Peer(), free_port()
    controller = Controller(peer, hostname="127.0.0.1", port=port, auth_require_tls=False)
    controller.start()
    try:
        yield peer, port
    finally:
        controller.stop()


def letter() -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "support@iprot.example"
    mail["To"] = "i.lang@planung.example"
    mail["Message-ID"] = "<T-1@iprot.example>"
    mail.set_content("Grüße\n", cte="quoted-printable")
    return mail


@BOTH
def test_a_letter_leaves_after_a_login_by_token(auth: str) -> None:
    with running_peer() as (peer, port):
        outlet = post.open_outlet(settings(port, auth))
        envelope = post.Envelope("support@iprot.example", "i.lang@planung.example")
        assert outlet.deliver(letter(), envelope, lambda: True).result is Sent.SENT
        outlet.close()
    assert peer.mails == 1
    [login] = peer.logins
    assert f"auth=Bearer {TOKEN}\1\1".encode() in login
    assert "süd@x.example".encode() in login


@BOTH
def test_a_refused_token_is_answered_and_its_reason_told_without_it(
    auth: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reason = b64encode(b'{"status":"401","schemes":"bearer","scope":"smtp\x1b[2J"}')
    lines = [
        b"220 hello\r\n",
        b"250-peer.test\r\n250 AUTH XOAUTH2 OAUTHBEARER\r\n",
        b"334 " + reason + b"\r\n",
        b"535 5.7.8 Authentication credentials invalid\r\n",
    ]
    with running_script(lines) as (port, heard), pytest.raises(OutletError, match="refuses the access token") as caught:
        post.open_outlet(settings(port, auth))
    assert "535 5.7.8" in caught.value.message
    assert "status 401" in caught.value.message
    assert "\x1b" not in caught.value.message
    assert "SMTP AUTH is allowed" in caught.value.hint
    assert heard[2] == (b"\r\n" if auth == "xoauth2" else b"AQ==\r\n")
    assert TOKEN not in f"{caught.value.message}{caught.value.hint}{caplog.text}"


def test_a_server_that_offers_no_token_login_is_sent_none() -> None:
    lines = [b"220 hello\r\n", b"250-peer.test\r\n250 AUTH PLAIN LOGIN\r\n"]
    with running_script(lines) as (port, heard), pytest.raises(OutletError, match="AUTH XOAUTH2"):
        post.open_outlet(settings(port, "xoauth2"))
    assert not any(said.startswith(b"AUTH") for said in heard)
