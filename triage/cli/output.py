"""What the commands print: cleaned lines, aligned columns, errors with a hint."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import click

from triage import text
from triage.model import Letter


def say(words: str = "") -> None:
    """A line of our own words; mail text in it was cleaned before it came here."""
    click.echo(words)


def complain(message: str, hint: str = "") -> None:
    """An error for a person: one line, and one more for the way on."""
    click.echo(f"triage: {text.line(message)}", err=True)
    if hint:
        click.echo(f"        {text.line(hint)}", err=True)


def table(rows: Iterable[Sequence[object]]) -> None:
    """Columns as wide as their widest cell (at most 60), every cell cleaned."""
    cells = [[text.line(str(cell), 300) for cell in row] for row in rows]
    if not cells:
        return
    widths = [min(60, max(_width(row[i]) for row in cells)) for i in range(len(cells[0]))]
    for row in cells:
        padded = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        say("  ".join(padded).rstrip())


def print_json(value: Any) -> None:
    """One line of JSON in ASCII: no character of a mail can act on a terminal."""
    click.echo(json.dumps(value, ensure_ascii=True, default=str).replace("\x7f", "\\u007f"))


def letter_items(letter: Letter) -> str:
    """The addresses of a letter, each with the number of its notice."""
    return ", ".join(
        f"{item.number}. {text.address(item.written)}" if item.number else text.address(item.written)
        for item in letter.items
    )


def progress(words: str) -> None:
    """A line that replaces itself, on a terminal only; "" wipes it."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[K" + text.line(words), nl=False, err=True)


def _width(cell: str) -> int:
    """Cells of a terminal: wide East Asian characters take two, combining marks none."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in cell)
