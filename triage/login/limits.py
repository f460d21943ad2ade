"""How long and how much a server is believed."""

from __future__ import annotations

TIMEOUT = 30.0
"""Seconds that any server, or a command that prints a secret, may take for a connection or an answer."""
LITERAL_MOST = 64_000_000
"""Octets: a server that announces more in one piece is not believed."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")
