"""JSON: a list of objects, or an object a line; both are read as they go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO

from triage.directory.records import Record, Records, column, columns
from triage.directory.text_file import look_through
from triage.errors import SettingsError
from triage.lang import _
from triage.text import valid

_PIECE = 1 << 18
_LONGEST_OBJECT = 1 << 20
"""Characters."""
_LOOKED_AT = 1_000
"""Objects whose keys are taken for the table's columns; one that has no value may be missing in some."""
_BLANK = " \t\r\n"


def open_json(path: Path) -> Records:
    """The records of a JSON file, be it one list or lines. Raises OSError, SettingsError."""
    encoding, lines = look_through(path)
    file = path.open(encoding=encoding, errors="replace")
    try:
        is_list = _first_character(file) == "["
        records = _list(file, path) if is_list else _lines(file)
        known = list(islice(records, _LOOKED_AT))
        found = columns(name for _line, values in known if isinstance(values, dict) for name in values)
        if known and not found:
            raise _no_json(path, known[0][1])
    except BaseException:
        file.close()
        raise
    return Records(path.name, found, chain(known, records), 0 if is_list else lines, file.close)


def _first_character(file: TextIO) -> str:
    while (first := file.read(1)) and first in _BLANK:
        pass
    file.seek(0)
    return first


def _no_json(path: Path, error: object) -> SettingsError:
    return SettingsError(
        _("{file} is no valid JSON: {error}", file=path, error=error),
        _("A list of objects, or one object a line, is read."),
    )


def _list(file: TextIO, path: Path) -> Iterator[Record]:
    """The objects of a list; as line counts the place in the list, which is what can be found again."""
    feed = _Feed(file)
    feed.take("[")
    number = 0
    try:
        while not feed.take("]"):
            if number and not feed.take(","):
                raise ValueError(_("a comma is missing after object {n}", n=number))
            number += 1
            yield number, _values(feed.next_value())
        if feed.peek():
            raise ValueError(_("there is more after the list"))
    except (ValueError, RecursionError) as error:
        raise _no_json(path, error) from None


class _Feed:
    """A JSON text, value by value; only a piece of it is held."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._position = 0
        self._ended = False

    def peek(self) -> str:
        """The next character that is no blank; "" at the end."""
        while True:
            while self._position < len(self._text) and self._text[self._position] in _BLANK:
                self._position += 1
            if self._position < len(self._text) or self._ended:
                return self._text[self._position : self._position + 1]
            self._read_on()

    def take(self, character: str) -> bool:
        """Pass over this character if it is the next one."""
        found = self.peek() == character
        self._position += found
        return found

    def next_value(self) -> Any:
        """Raises ValueError, RecursionError."""
        self.peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._position)
            except ValueError:
                if self._ended or len(self._text) - self._position > _LONGEST_OBJECT:
                    raise
            else:
                if end < len(self._text) or self._ended:  # a number may go on
                    self._position = end
                    return value
            self._read_on()

    def _read_on(self) -> None:
        more = self._file.read(_PIECE)
        self._text, self._position = self._text[self._position :] + more, 0
        self._ended = not more


def _lines(file: TextIO) -> Iterator[Record]:
    number = 0
    while line := file.readline(_LONGEST_OBJECT):
        number += 1
        while len(line) == _LONGEST_OBJECT and not line.endswith("\n"):  # the rest of an endless one is passed over
            line = file.readline(_LONGEST_OBJECT) or "\n"
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            yield number, _("it is no valid JSON")
        else:
            yield number, _values(found)


def _values(record: Any) -> dict[str, str] | str:
    if not isinstance(record, dict):
        return _("it is no JSON object")
    values: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, (dict, list)):
            continue  # an unknown column, or one that the table will miss
        values[column(name)] = "" if value is None else valid(str(value)).strip()
    return values
