"""Which process holds a claim, and whether it still lives."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

_in_hand: set[str] = set()
"""Claims of this process that it works on: one that it let go of is nobody's, long as the process may live."""


def token() -> str:
    """A name for a claim of this process: place, pid, when it began, and a random part that is its own."""
    name = f"{_place()}/{os.getpid()}/{_began(os.getpid())}/{secrets.token_hex(8)}"
    _in_hand.add(name)
    return name


def let_go(owner: str) -> None:
    """This process is done with a claim, whatever became of it."""
    _in_hand.discard(owner)


def is_alive(owner: str) -> bool | None:
    """Whether the process behind a token lives; None where it cannot be told from here: a person settles it."""
    place, pid, began = ([*owner.split("/"), "", "", ""])[:3]
    if place != _place() or not pid.isdigit():
        return None
    if int(pid) == os.getpid() and owner not in _in_hand:
        return False
    if not Path("/proc/self/stat").exists():
        return _answers(int(pid))
    return bool(began) and _began(int(pid)) == began


def _place() -> str:
    """The host and, where there is one, the PID namespace: in another container the same pid is another process."""
    try:
        namespace = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        namespace = ""
    return f"{socket.gethostname()}:{namespace}".replace("/", "_")


def _began(pid: int) -> str:
    """When the process began, in clock ticks since boot; "" if it is gone or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return "" if fields[0] in "ZX" else fields[19]
    except (OSError, IndexError):
        return ""


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
