"""The login by an access token: XOAUTH2 (Google, Microsoft) and OAUTHBEARER (RFC 7628).

A server that refuses the token does so in two steps: a challenge that holds the reason as JSON, which must be answered,
and then its NO. Who does not answer waits for ever.
"""

from __future__ import annotations

import json
from base64 import b64encode

from triage.config import Server
from triage.login.trouble import ServerHungUp
from triage.text import line

_REASON_MOST = 2_000
_TURNS_MOST = 4


class Bearer:
    """One login. imaplib calls it with each challenge; what the server gave as its reason stays in `reason`."""

    def __init__(self, server: Server, port: int, token: str) -> None:
        self.mechanism = server.auth.upper()
        self.reason = ""
        self._token = token
        self._turns = 0
        if self.mechanism == "OAUTHBEARER":
            user = server.user.replace("=", "=3D").replace(",", "=2C")
            words = f"n,a={user},\1host={server.host}\1port={port}\1auth=Bearer {token}\1\1"
        else:
            words = f"user={server.user}\1auth=Bearer {token}\1\1"
        self.opening = words.encode()

    def __call__(self, challenge: bytes) -> bytes | None:
        """First the token; a challenge after it is a refusal, and is answered as the mechanism wants; then nothing."""
        self._turns += 1
        if self._turns == 1:
            return self.opening
        if self._turns > _TURNS_MOST:
            raise ServerHungUp("challenges without end")
        if self._turns == 2:
            self.reason = self.clean(_reason(challenge))
            return b"\1" if self.mechanism == "OAUTHBEARER" else b""
        return None

    def clean(self, said: str) -> str:
        """What a server said, without the token."""
        for secret in (self._token, b64encode(self.opening).decode()):
            said = said.replace(secret, "…")
        return line(said, 300)


def _reason(challenge: bytes) -> str:
    """`status 401, scope mail` of {"status": "401", "scope": "mail"}; what is no such object as it stands."""
    written = challenge[:_REASON_MOST].decode("utf-8", "replace").strip()
    try:
        told = json.loads(written, strict=False)
    except (ValueError, RecursionError):
        return written
    if not isinstance(told, dict):
        return written
    return ", ".join(f"{key} {value}" for key, value in told.items() if isinstance(value, (str, int)))
