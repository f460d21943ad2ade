"""The names by which a letter of ours is known again: the header that names its claims, and its visible reference.

The header: "1 p.weber%40planung.example, 2 max%40bau.example", a number and the percent-encoded address key, so that
neither comma nor space nor anything beyond ASCII stands in it. Long keys come in pieces with spaces between: no line
grows too long, and whoever folds the header changes nothing.

The reference: "T-7K3Q9MXA", three characters that part it from other letters, and five that are derived from what it is
for and about. Mail programs drop headers; whoever reads the addresses in the text can hold them against the reference,
without the store that wrote it. It is no secret (who knows the addresses can make one): it counts in Drafts and Sent.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from triage.model import NOTICES_EVER, LetterItem, Purpose
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


# --- the visible reference ---

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0, 1, I or O: it is read aloud and typed."""
_OWN, _PROOF = 3, 5
_REFERENCE = re.compile(rf"(?<![\w-])T-[{_ALPHABET}]{{4,32}}(?![\w-])")
"""Older ones had four characters or more, and prove nothing."""
_MOST_REFERENCES = 20


def reference(purpose: Purpose, keys: Iterable[str], own: bytes) -> str:
    """The reference of a letter about these address keys; `own` are at least three octets that are its own."""
    parting = _spelled(own[:_OWN])
    return f"T-{parting}{_proof(parting, purpose, keys)}"


def proves(written: str, purpose: Purpose, keys: Iterable[str]) -> bool:
    """Whether a letter with this reference is about just these addresses. One in 33 million is so by chance."""
    parting, proof = written[2 : 2 + _OWN], written[2 + _OWN :]
    return len(proof) == _PROOF and proof == _proof(parting, purpose, keys)


def references_in(text: str) -> tuple[str, ...]:
    """What has the shape of a reference of ours, each once, in the order of the text."""
    found = dict.fromkeys(match[0] for match in _REFERENCE.finditer(text))
    return tuple(found)[:_MOST_REFERENCES]


def _proof(parting: str, purpose: Purpose, keys: Iterable[str]) -> str:
    told = "\n".join([purpose.value, parting, *sorted(set(keys))])
    return _spelled(hashlib.sha256(valid(told).encode()).digest()[:_PROOF])


def _spelled(octets: bytes) -> str:
    return "".join(_ALPHABET[octet % len(_ALPHABET)] for octet in octets)
