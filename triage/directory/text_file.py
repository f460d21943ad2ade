"""Text files of unknown origin: their encoding is found before they are read as they go."""

from __future__ import annotations

import codecs
from pathlib import Path

_PIECE = 1 << 20


def look_through(path: Path) -> tuple[str, int]:
    """(encoding, lines): UTF-16 or UTF-8 by its mark, else UTF-8 if all of it is, else what Windows writes in Western
    Europe. Raises OSError."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, is_utf8 = 0, True
    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16", 0
        file.seek(0)
        while piece := file.read(_PIECE):
            lines += piece.count(b"\n")
            is_utf8 = is_utf8 and _takes(decoder, piece)
    return ("utf-8-sig" if is_utf8 and _takes(decoder, b"", final=True) else "cp1252"), lines


def _takes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True
