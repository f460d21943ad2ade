"""Real servers on loopback ports, for tests: Dovecot, an SMTP peer that refuses, and one that says what it is told."""

from __future__ import annotations

import os
import socket
from typing import NoReturn

import pytest


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def missing(what: str) -> NoReturn:
    """Skip the test, or fail it where all servers must be there (TRIAGE_REQUIRE_SERVERS=1)."""
    if os.environ.get("TRIAGE_REQUIRE_SERVERS") == "1":
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"{what} is not installed")
