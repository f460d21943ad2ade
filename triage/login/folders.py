"""Which folder is Drafts and which is Sent: as the server marks them (RFC 6154), else by the usual names."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache

from triage import resources

USES = ("Drafts", "Sent")
"""The special uses that matter here."""


@dataclass(frozen=True, slots=True)
class MailFolder:
    """A folder as the server lists it."""

    name: str
    delimiter: str = ""
    """Parts the levels of its name; "" where there are none."""
    use: str = ""
    """`Drafts`, `Sent`, `Junk` …; "" for none."""
    is_guessed: bool = False
    """The server marks none so: it is known by its name."""
    can_be_opened: bool = True


def with_guesses(listed: Iterable[MailFolder]) -> list[MailFolder]:
    """With a guess for each of `USES` that the server marks nowhere."""
    folders = list(listed)
    for use in USES:
        if any(folder.use == use for folder in folders):
            continue
        ranked = [(rank, folder) for folder in folders if (rank := _rank(folder, use)) is not None]
        if ranked:
            best = min(ranked, key=lambda pair: pair[0])[1]
            folders[folders.index(best)] = replace(best, use=use, is_guessed=True)
    return folders


def _rank(folder: MailFolder, use: str) -> tuple[int, int] | None:
    """Upper levels before lower ones, then the more usual name; None for a folder of another name or use."""
    levels = folder.name.split(folder.delimiter) if folder.delimiter else [folder.name]
    names, last = _usual_names()[use], _folded(levels[-1])
    if folder.use or not folder.can_be_opened or last not in names:
        return None
    return len(levels), names.index(last)


@cache
def _usual_names() -> dict[str, list[str]]:
    table = tomllib.loads(resources.data("folders.toml").read_text("utf-8"))
    return {use: [_folded(name) for name in table[use]] for use in USES}


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().lower()
