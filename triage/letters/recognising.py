"""A letter of ours known again by its text alone: mail programs drop headers and give a Message-ID of their own.

The text shows a reference, and the reference proves which addresses the letter is about (triage.claims), wherever they
stand and whatever was added, quoted or left out around them. Nothing here raises; all of it is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from triage import address, claims
from triage.model import Purpose

_MARK = re.compile(r"([ -~]*?)\{\{-?\s*reference\b")
"""What stands before the reference on its line; ASCII only, for every server searches that."""
_MOST_TEMPLATE = 100_000

_QUOTED = re.compile(r"^[\s>|]+")
_LINKED = re.compile(r"[<\[(]mailto:[^>\])\n]{1,400}[>\])]", re.IGNORECASE)
"""What mail programs put behind an address to make it a link."""
_SPELT = re.compile(r"⟨U\+([0-9A-F]{4,6})⟩")
_AROUND = re.compile(r"[\s<>()\[\]\"'„“”‚‘’;|*•·]+")
_MOST_ADDRESSES = 60
_MOST_WORDS = 3
_MOST_TRIED = 12
"""Addresses of which all selections are tried: 4,096."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A reference in a text. `purpose` is None where nothing proves it; then `keys` are all addresses in the text."""

    reference: str
    purpose: Purpose | None
    keys: tuple[str, ...]


def marks(folders: Sequence[Path]) -> tuple[str, ...]:
    """The words that stand before a reference in the templates of all languages: what a server can search for."""
    found: dict[str, None] = {}
    for folder in folders:
        for file in sorted(folder.glob("*/*.txt")):
            try:
                template = file.read_text("utf-8", "replace")[:_MOST_TEMPLATE]
            except OSError:
                continue
            for match in _MARK.finditer(template):
                found[f"{match[1].rpartition('%}')[2].lstrip()}T-"] = None
    return tuple(found)


def recognise(text: str, named: str = "") -> tuple[Recognised, ...]:
    """The letters of ours that a text is, holds or quotes, by their references; `named` is one that a header tells."""
    references = claims.references_in(text)
    if named and named not in references:
        references = (*references, named)
    return tuple(_recognised(reference, text) for reference in references)


def only_quotes(text: str, reference: str) -> bool:
    """Whether a text names a reference only in lines that it quotes: then somebody else may have made it up."""
    lines = [line for line in text.split("\n") if reference in line]
    return bool(lines) and all(line.lstrip().startswith((">", "|")) for line in lines)


def addresses(text: str) -> tuple[str, ...]:
    """Keys of the addresses in a text, the likeliest first: alone on their line, then within a sentence."""
    alone: dict[str, None] = {}
    odd: dict[str, None] = {}
    within: dict[str, None] = {}
    as_it_stands: dict[str, None] = {}
    for line in text.split("\n"):
        unlinked = _LINKED.sub("", _QUOTED.sub("", line)).strip()
        plain = _SPELT.sub(_character, unlinked).strip()
        if "@" in plain:
            for whole in (plain, unlinked, line.lstrip("> \t").rstrip()):  # its oddity may be that of the address
                if len(whole) <= address.LONGEST and len(whole.split()) <= _MOST_WORDS:
                    as_it_stands[address.parse(whole).key] = None
            words = plain.split()
            if len(words) == 1 and len(plain) <= address.LONGEST:
                alone[address.parse(plain).key] = None
            elif "@" in (labelled := plain.rpartition(": ")[2]) and len(labelled.split()) <= _MOST_WORDS:
                odd[address.parse(labelled[: address.LONGEST]).key] = None
            within |= dict.fromkeys(_inline(plain))
        elif _indent(line) and 3 < len(plain) <= address.LONGEST and " " not in plain and "." in plain:
            odd[address.parse(plain).key] = None  # an address whose very fault is that it has no @
        if len(alone) + len(within) > 2 * _MOST_ADDRESSES:
            break
    return tuple(dict.fromkeys(key for key in (*alone, *within, *odd, *as_it_stands) if key))[:_MOST_ADDRESSES]


def _recognised(reference: str, text: str) -> Recognised:
    """Near the reference first, for a text may hold several letters; then anywhere."""
    near = addresses(_before(reference, text))
    anywhere = addresses(text)
    for pool in dict.fromkeys((near, anywhere)):
        for keys in _selections(pool):
            for purpose in Purpose:
                if claims.proves(reference, purpose, keys):
                    return Recognised(reference, purpose, keys)
    return Recognised(reference, None, anywhere)


def _before(reference: str, text: str) -> str:
    """The text up to the reference, from the one before it on: a letter ends with its reference."""
    head = text.partition(reference)[0]
    others = [head.rfind(other) + len(other) for other in claims.references_in(head)]
    return head[max(others, default=0) :]


def _selections(pool: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """What of these addresses may be those of the letter: all, all but a few, any of a few."""
    for missing in range(min(3, len(pool))):
        yield from combinations(pool, len(pool) - missing)
    likeliest = pool[:_MOST_TRIED]
    for many in range(len(likeliest), 0, -1):
        yield from combinations(likeliest, many)
    for many in range(_MOST_TRIED + 1, len(pool)):
        yield pool[:many]


def _inline(line: str) -> Iterable[str]:
    for word in _AROUND.split(line):
        bare = word.strip(".,:!?")
        if "@" in bare and len(bare) <= address.LONGEST:
            parsed = address.parse(bare)
            if parsed.local and parsed.domain:
                yield parsed.key


def _indent(line: str) -> bool:
    bare = line.lstrip(">| ") if line.startswith((">", "|")) else line.lstrip(" \t\xa0")
    return len(line) - len(bare) >= 2


def _character(spelt: re.Match[str]) -> str:
    """An invisible character, which letters spell out."""
    code = int(spelt[1], 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else ""
