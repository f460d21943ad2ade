"""CSV files, whatever program wrote them: delimiter and encoding are found, and a file is read as it goes."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from triage.directory.records import Record, Records, column, columns
from triage.directory.text_file import look_through
from triage.lang import _

_LONGEST_LINE = 1_000_000
"""Characters; what is longer is no line of a table and is cut."""
_LINES_OF_A_RECORD = 20
"""A quoted value may break its line; a record longer than this has a quote that nobody closed."""
_DELIMITERS = ",;\t|"
_EXCELS_OWN = re.compile(r"\ufeff?\"?sep=(.)\"?\s*", re.IGNORECASE)


def open_csv(path: Path) -> Records:
    """The records of a CSV file. Raises OSError."""
    encoding, lines = look_through(path)
    file = path.open(encoding=encoding, errors="replace", newline="")
    feed = _Feed(file)
    header_line = next(feed, "")
    excels_own = _EXCELS_OWN.fullmatch(header_line)
    if excels_own:
        header_line = next(feed, "")
    delimiter = excels_own[1] if excels_own else max(_DELIMITERS, key=header_line.count)
    header = _split(header_line, delimiter)
    records = _records(feed, [column(name) for name in header], delimiter)
    return Records(path.name, columns(header), records, max(0, lines - 1), file.close)


class _Feed:
    """Lines for the csv module, at most some for a record, so that an unclosed quote cannot swallow the file."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._ahead: deque[str] = deque()
        """Lines that were read and are to be read again."""
        self._record: list[str] = []
        self.position = 0
        self._left = _LINES_OF_A_RECORD

    def start_record(self) -> None:
        self._record.clear()
        self._left = _LINES_OF_A_RECORD

    def only_first_line(self) -> None:
        """The record did not work out: read on after its first line."""
        again = self._record[1:]
        self._ahead.extendleft(reversed(again))
        self.position -= len(again)

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if not self._left:
            raise StopIteration
        line = self._ahead.popleft() if self._ahead else self._read()
        if not line:
            raise StopIteration
        self._left -= 1
        self._record.append(line)
        self.position += 1
        return line

    def has_more(self) -> bool:
        if not self._ahead and (line := self._read()):
            self._ahead.append(line)
        return bool(self._ahead)

    def _read(self) -> str:
        """A line; the rest of an endless one is passed over."""
        line = rest = self._file.readline(_LONGEST_LINE)
        while len(rest) == _LONGEST_LINE and not rest.endswith("\n"):
            rest = self._file.readline(_LONGEST_LINE)
        return line


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _records(feed: _Feed, header: list[str], delimiter: str) -> Iterator[Record]:
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while feed.has_more():
        line = feed.position + 1
        feed.start_record()
        try:
            values = next(reader, [])
        except csv.Error:
            yield line, _("it cannot be read; perhaps a quotation mark is not closed")
            feed.only_first_line()
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
            continue
        if any(value.strip() for value in values[len(header) :]):
            yield line, _("it has more values than the header has columns")
        elif any(values):
            yield line, {name: value.strip() for name, value in zip(header, values, strict=False)}
