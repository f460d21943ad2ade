"""The week as Markdown: to be read, mailed, or pasted into a wiki."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from triage import text
from triage.lang import _
from triage.model import WeekNumbers
from triage.summary import figures

_LONGEST_BAR = 20


def markdown(numbers: WeekNumbers, language: str) -> str:
    """The whole report; sections without content are left out."""
    return "\n\n".join(_sections(numbers, language)) + "\n"


def _sections(numbers: WeekNumbers, language: str) -> Iterator[str]:
    first, last = figures.day(numbers.first), figures.day(numbers.last)
    week = figures.week_name(numbers)
    if week:
        yield "# " + _("Bounces in week {week}", into=language, week=week)
        yield _("{first} to {last}", into=language, first=first, last=last)
    else:
        yield "# " + _("Bounces from {first} to {last}", into=language, first=first, last=last)
    count = _("Number", into=language)
    yield _table((_("Figure", into=language), count), figures.totals(numbers, language), ":--- | ---:")
    if any(bounces for _day, bounces in numbers.by_day):
        yield "## " + _("By day", into=language)
        days = (_("Day", into=language), _("Bounces", into=language), "")
        yield _table(days, _bars(numbers.by_day), ":--- | ---: | :---")
    if numbers.by_kind:
        yield "## " + _("By cause", into=language)
        yield _table((_("Cause", into=language), count), figures.causes(numbers, language), ":--- | ---:")
    if numbers.by_domain:
        yield "## " + _("By domain", into=language)
        yield _table((_("Domain", into=language), count), _counted(numbers.by_domain), ":--- | ---:")
    if numbers.by_author:
        yield "## " + _("By author", into=language)
        yield _table((_("Author", into=language), count), _counted(numbers.by_author), ":--- | ---:")
    if numbers.letters:
        yield "## " + _("Notices that left", into=language)
        what, to = _("Address", into=language), _("To", into=language)
        columns = (_("Day", into=language), what, to, _("Notice", into=language))
        yield _table(columns, _letters(numbers), ":--- | :--- | :--- | ---:")
    if numbers.blocked:
        yield "## " + _("Blocked: three notices, and still failing", into=language)
        yield "\n".join(f"- {_safe(address)}" for address in numbers.blocked)


def _counted(counts: Iterable[tuple[str, int]]) -> Iterator[tuple[str, str]]:
    for name, count in counts:
        yield _safe(name), str(count)


def _letters(numbers: WeekNumbers) -> Iterator[tuple[str, str, str, str]]:
    for day, address, to, number in numbers.letters:
        yield figures.day(day), _safe(address), _safe(to), str(number)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], alignment: str) -> str:
    lines = [_row(columns), f"| {alignment} |", *(_row(row) for row in rows)]
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _bars(by_day: Sequence[tuple[date, int]]) -> Iterator[tuple[str, str, str]]:
    most = max(bounces for _day, bounces in by_day)
    for day, bounces in by_day:
        length = max(round(_LONGEST_BAR * bounces / most), 1) if bounces > 0 else 0
        yield figures.day(day), str(bounces), "█" * length


def _safe(foreign: str) -> str:
    """An address or name that came from outside."""
    return text.markdown(text.address(foreign))
