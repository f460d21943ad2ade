"""CSV and JSON files as records of text, whatever program wrote them.

A record is (line, values by column), or (line, reason) where it cannot be read; one bad record stops nothing.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from triage.errors import SettingsError
from triage.lang import _
from triage.text import valid

Record = tuple[int, dict[str, str] | str]

_LINES_OF_A_RECORD = 20
"""A quoted value may break its line; a record longer than this has a quote that nobody closed."""


class Records:
    """A file's columns and its records."""

    def __init__(self, columns: set[str], records: Iterator[Record]) -> None:
        self.columns = columns
        self.records = records


def open_records(path: Path) -> Records:
    """The records of a .csv or .json file. Raises SettingsError if it cannot be read at all."""
    try:
        text = _decoded(path.read_bytes())
    except OSError as error:
        raise SettingsError(_("{file} cannot be read: {error}", file=path, error=error)) from None
    return _from_json(text, path) if path.suffix.lower() == ".json" else _from_csv(text)


def _decoded(content: bytes) -> str:
    """UTF-8 or UTF-16 by its mark, else UTF-8, else what Windows writes in Western Europe. Never raises."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


# --- CSV --------------------------------------------------------------------------------------------------------------


class _Feed:
    """Lines for the csv module, at most some for a record, so that an unclosed quote cannot swallow the file."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self.position = 0
        self._end = 0

    def start_record(self) -> None:
        self._end = self.position + _LINES_OF_A_RECORD

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self.position >= min(self._end, len(self._lines)):
            raise StopIteration
        self.position += 1
        return self._lines[self.position - 1]

    @property
    def has_more(self) -> bool:
        return self.position < len(self._lines)


def _from_csv(text: str) -> Records:
    lines = list(io.StringIO(text, newline=""))
    start = 1 if lines and lines[0].lower().startswith("sep=") else 0  # Excel's own first line
    header_line = lines[start] if len(lines) > start else ""
    delimiter = max(",;\t", key=header_line.count)
    header = [name.strip().lower() for name in next(csv.reader([header_line], delimiter=delimiter), [])]
    feed = _Feed(lines)
    feed.position = start + 1
    return Records({name for name in header if name}, _csv_records(feed, header, delimiter))


def _csv_records(feed: _Feed, header: list[str], delimiter: str) -> Iterator[Record]:
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while feed.has_more:
        line = feed.position + 1
        feed.start_record()
        try:
            values = next(reader)
        except csv.Error:
            yield line, _("it cannot be read; perhaps a quotation mark is not closed")
            feed.position = line
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
            continue
        if any(value.strip() for value in values[len(header) :]):
            yield line, _("it has more values than the header has columns")
        elif any(values):
            yield line, {name: value.strip() for name, value in zip(header, values, strict=False)}


# --- JSON -------------------------------------------------------------------------------------------------------------


def _from_json(text: str, path: Path) -> Records:
    records = _json_list(text, path) if text.lstrip().startswith("[") else _json_lines(text)
    columns = {name for _line, values in records if isinstance(values, dict) for name in values}
    if records and not columns:
        raise _no_json(path, records[0][1])
    return Records(columns, iter(records))


def _no_json(path: Path, error: object) -> SettingsError:
    return SettingsError(
        _("{file} is no valid JSON: {error}", file=path, error=error),
        _("A list of objects, or one object a line, is read."),
    )


def _json_list(text: str, path: Path) -> list[Record]:
    """The objects of a list; as line counts the place in the list, which is what can be found again."""
    try:
        objects = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_json(path, error) from None
    return [(number, _values(each)) for number, each in enumerate(objects, 1)]


def _json_lines(text: str) -> list[Record]:
    records: list[Record] = []
    for number, line in enumerate(io.StringIO(text), 1):
        if not line.strip():
            continue
        try:
            records.append((number, _values(json.loads(line))))
        except (ValueError, RecursionError):
            records.append((number, _("it is no valid JSON")))
    return records


def _values(record: Any) -> dict[str, str] | str:
    if not isinstance(record, dict):
        return _("it is no JSON object")
    values: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, (dict, list)):
            continue  # an unknown column, or one that the table will miss
        values[valid(name).strip().lower()] = "" if value is None else valid(str(value)).strip()
    return values
