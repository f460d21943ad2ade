"""An mbox, split as it is read: the file may be of any size, and no line or message in it is trusted to be short.

A message begins with a `From ` line that follows an empty line and ends with a time, as all writers put it (RFC 4155);
`>From ` in a message was `From ` (mboxo, mboxrd).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from triage.mailbox.source import PART, WHOLE_MOST

_SEPARATOR = re.compile(rb"From [^\r\n]* \d\d?:\d\d(?::\d\d)?[^\r\n]* \d{4}[^\r\n]{0,60}\r?\n?")
_QUOTED = re.compile(rb">+From ")
_PIECE = 65_536
"""Octets read at once; a longer line comes in pieces."""


def is_mbox(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(5) == b"From "


def split(path: Path) -> Iterator[tuple[bytes, int]]:
    """(content, size) of each message; of one larger than `WHOLE_MOST` only the first `PART`."""
    with path.open("rb") as file:
        message: _Message | None = None
        for piece, starts_line, follows_empty in _pieces(file):
            if starts_line and follows_empty and (message is None or _SEPARATOR.fullmatch(piece)):
                if message:
                    yield message.taken()
                message = _Message()
            elif message:
                message.add(_unquoted(piece) if starts_line else piece)
        if message:
            yield message.taken()


def _pieces(file: BinaryIO) -> Iterator[tuple[bytes, bool, bool]]:
    """(piece, begins a line, the line before was empty)."""
    starts_line, follows_empty = True, True
    while piece := file.readline(_PIECE):
        yield piece, starts_line, follows_empty
        follows_empty = starts_line and piece in (b"\n", b"\r\n")
        starts_line = piece.endswith(b"\n")


def _unquoted(piece: bytes) -> bytes:
    return piece[1:] if _QUOTED.match(piece) else piece


class _Message:
    """One message in the making: grows to `WHOLE_MOST`, then only its size does."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= WHOLE_MOST:
            self._pieces.append(piece)
        elif len(self._pieces) > 1:
            self._pieces = [b"".join(self._pieces)[:PART]]

    def taken(self) -> tuple[bytes, int]:
        """The empty line before the next separator belongs to the mbox, not to the message."""
        content = b"".join(self._pieces)
        if len(content) < self._size:
            return content[:PART], self._size
        for ending in (b"\r\n\r\n", b"\n\n"):
            if content.endswith(ending):
                content = content[: -len(ending) // 2]
                break
        return content, len(content)
