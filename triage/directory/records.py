"""What every kind of source comes down to: columns, and records of text."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from triage.lang import _
from triage.text import valid

Record = tuple[int, dict[str, str] | str]
"""(line, values by column), or (line, reason) where it cannot be read; one bad record stops nothing."""


@dataclass(frozen=True, slots=True)
class Records:
    """One table of a source."""

    name: str
    """Of the file, the sheet or the table: what a person would look for."""
    columns: Mapping[str, str]
    """As `column` has them, to how they are written."""
    records: Iterator[Record]
    total: int = 0
    """How many there are about; 0 where that is not known."""
    close: Callable[[], object] = lambda: None


def column(written: object) -> str:
    """A column's name as it is compared: without case, needless blanks and the hidden marks that programs put there."""
    name = unicodedata.normalize("NFC", valid(str(written))).replace("\ufeff", "").replace("\xa0", " ")
    return " ".join(name.split()).casefold()


def columns(written: Iterable[object]) -> dict[str, str]:
    """Names of columns, to how they are written; those without a name are none."""
    return {name: valid(str(each)).strip() for each in written if (name := column(each))}


def value(written: object) -> str:
    """A cell of a sheet or a database as text. Raises ValueError for what is none."""
    match written:
        case None:
            return ""
        case str():
            return valid(written).strip()
        case datetime():
            return written.isoformat(" ")
        case date():
            return written.isoformat()
        case float() if written.is_integer():
            return str(int(written))
        case bytes() | memoryview() | list() | dict() | tuple():
            raise ValueError(_("a value is no text"))
    return valid(str(written)).strip()
