"""The week as CSV that a spreadsheet opens by double click: UTF-8 with its mark, `;` in German, `,` in English."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from triage import text
from triage.lang import _
from triage.model import WeekNumbers
from triage.summary import figures

Row = tuple[str, str, str, str, str]


def csv_text(numbers: WeekNumbers, language: str) -> str:
    """One figure a row: section, day, name, to, value."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";" if language == "de" else ",", lineterminator="\r\n")
    name, value = _("Name", into=language), _("Value", into=language)
    writer.writerow((_("Section", into=language), _("Day", into=language), name, _("To", into=language), value))
    writer.writerows(_rows(numbers, language))
    return "\ufeff" + file.getvalue()


def _rows(numbers: WeekNumbers, language: str) -> Iterator[Row]:
    section = _("Total", into=language)
    yield section, "", _("First day", into=language), "", figures.day(numbers.first)
    yield section, "", _("Last day", into=language), "", figures.day(numbers.last)
    for name, figure in figures.totals(numbers, language):
        yield section, "", name, "", figure
    section = _("Day", into=language)
    for day, bounces in numbers.by_day:
        yield section, figures.day(day), _("Bounces", into=language), "", str(bounces)
    section = _("Cause", into=language)
    for name, figure in figures.causes(numbers, language):
        yield section, "", name, "", figure
    section = _("Domain", into=language)
    for name, count in numbers.by_domain:
        yield section, "", _safe(name), "", str(count)
    section = _("Author", into=language)
    for name, count in numbers.by_author:
        yield section, "", _safe(name), "", str(count)
    section = _("Notice", into=language)
    for day, address, to, number in numbers.letters:
        yield section, figures.day(day), _safe(address), _safe(to), str(number)
    section = _("Blocked", into=language)
    for address in numbers.blocked:
        yield section, "", _safe(address), "", ""


def _safe(foreign: str) -> str:
    """An address or name that came from outside: no formula, nothing invisible."""
    return text.cell(text.address(foreign))
