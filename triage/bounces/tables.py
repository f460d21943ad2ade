"""The tables of data/bounces/, read once: phrases are data, not code."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from triage import resources

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases in lower case with single spaces; one of several pieces asks for them in that order."""

    phrases: tuple[tuple[str, ...], ...]

    def found_in(self, text: str) -> str:
        """The words of `text` (see `comparable`) that match the first phrase that does, or ""."""
        for pieces in self.phrases:
            first = text.find(pieces[0])
            if first < 0:
                continue
            end = first + len(pieces[0])
            for piece in pieces[1:]:
                at = text.find(piece, end)
                if at < 0:
                    break
                end = at + len(piece)
            else:
                return text[first : min(end, first + 200)]
        return ""


def phrases(entries: list[str | list[str]]) -> Phrases:
    return Phrases(tuple((entry,) if isinstance(entry, str) else tuple(entry) for entry in entries))


@cache
def table(name: str) -> dict[str, Any]:
    """data/bounces/`name`.toml."""
    return tomllib.loads(resources.data("bounces", f"{name}.toml").read_text("utf-8"))


@cache
def list_of(name: str, key: str) -> Phrases:
    """The phrases under `key` of a table; a dotted key goes down."""
    value: Any = table(name)
    for step in key.split("."):
        value = value[step]
    return phrases(value)


def comparable(text: str) -> str:
    """`text` in lower case with single spaces, as phrases are written."""
    return _SPACES.sub(" ", text).strip().lower()
