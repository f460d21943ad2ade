"""The header that names a letter's claims: "1 p.weber%40planung.example, 2 max%40bau.example".

A number and the percent-encoded address key, so that neither comma nor space nor anything beyond ASCII stands in it.
Long keys come in pieces with spaces between: no line grows too long, and whoever folds the header changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from triage.model import NOTICES_EVER, LetterItem
from triage.text import valid

OUR_MESSAGE_ID = re.compile(r"<triage\.[0-9a-f]{32}@[^\s<>]+>")
"""The shape of our letters' Message-IDs; the store derives the digits from what a letter claims."""
HEADER = "X-Triage-Claims"
_PIECE = 50
_MOST = 100_000
_CLAIM = re.compile(rf"([1-{NOTICES_EVER}])\s+(\S.*)", re.DOTALL)


def format_claims(items: Iterable[LetterItem]) -> str:
    """The header's value; "" for a letter that is no notice."""
    return ", ".join(f"{item.number} {_pieces(quote(valid(item.key), safe=''))}" for item in items if item.number)


def _pieces(encoded: str) -> str:
    return " ".join(encoded[at : at + _PIECE] for at in range(0, len(encoded), _PIECE))


def parse_claims(header: str) -> tuple[tuple[str, int], ...]:
    """(address key, number) of each claim; what is none is passed over. Never raises."""
    entries = (_CLAIM.fullmatch(entry.strip()) for entry in header[:_MOST].split(","))
    return tuple((valid(unquote("".join(e[2].split()))), int(e[1])) for e in entries if e)
