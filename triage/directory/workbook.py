"""XLSX: one workbook with a sheet for each table, or a workbook for each. It is a zip of XML, and may be hostile."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from triage.directory.records import Record, Records, column, columns, value
from triage.errors import SettingsError
from triage.lang import _
from triage.text import line

_MOST_OCTETS = 2 << 30
"""Unpacked, all parts together."""
_MOST_STRINGS = 300 << 20
"""Unpacked, of the part that is held in memory."""
_MOST_TIMES = 200
"""Unpacked to packed: tables of text pack to a tenth; a bomb to a thousandth."""
_SMALL = 10 << 20
_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 200
"""Excel's own most, and more columns than a table here has."""


class Workbook:
    """An open workbook. Raises SettingsError if it is none that one may open."""

    def __init__(self, path: Path) -> None:
        from openpyxl import load_workbook

        self._path = path
        with _explained(path), ExitStack() as held:
            _refuse_bombs(path)
            file = held.enter_context(path.open("rb"))
            self._book: Any = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            self._held = held.pop_all()
        self.sheets: tuple[str, ...] = tuple(sheet.title for sheet in self._book.worksheets)

    def records(self, sheet: str) -> Records:
        """A sheet's rows; the first that is not empty names the columns."""
        rows = self._rows(self._book[sheet])
        with _explained(self._path):
            start, header = next(((n, row) for n, row in rows if any(row)), (0, ()))
        name = f"{self._path.name} [{line(sheet, 60)}]"
        records = _records(rows, [column(cell or "") for cell in header])
        total = min(self._book[sheet].max_row or 0, _MOST_ROWS)
        return Records(name, columns(cell or "" for cell in header), records, max(0, total - start))

    def close(self) -> None:
        self._book.close()
        self._held.close()

    def _rows(self, sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
        with _explained(self._path):
            yield from enumerate(sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True), 1)


def _records(rows: Iterator[tuple[int, tuple[Any, ...]]], header: list[str]) -> Iterator[Record]:
    named = [(place, name) for place, name in enumerate(header) if name]
    for number, row in rows:
        if not any(cell not in (None, "") for cell in row):
            continue
        try:
            yield number, {name: value(row[place]) if place < len(row) else "" for place, name in named}
        except ValueError as error:
            yield number, str(error)


def _refuse_bombs(path: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        parts = packed.infolist()
    unpacked = sum(part.file_size for part in parts)
    strings = max((p.file_size for p in parts if "sharedstrings" in p.filename.lower()), default=0)
    times = unpacked / max(1, sum(part.compress_size for part in parts))
    if unpacked > _MOST_OCTETS or strings > _MOST_STRINGS or (unpacked > _SMALL and times > _MOST_TIMES):
        raise SettingsError(
            _("{file} unpacks to more than a table can be.", file=path), _("Export it as CSV, which has no such limit.")
        )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Whatever openpyxl raises, and it raises many things, is a file that cannot be read."""
    try:
        yield
    except SettingsError:
        raise
    except Exception as error:
        raise SettingsError(
            _("{file} is no workbook that can be read: {error}", file=path, error=line(repr(error), 200)),
            _("Save it anew as .xlsx, or export it as CSV."),
        ) from None
