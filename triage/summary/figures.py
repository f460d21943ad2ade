"""The figures under the names that people read; every file shows the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from triage.lang import _, label
from triage.model import WeekNumbers


def week_name(numbers: WeekNumbers) -> str:
    """`2026-W47` if the range is one week from Monday to Sunday, else ""."""
    if numbers.first.weekday() != 0 or numbers.last - numbers.first != timedelta(days=6):
        return ""
    year, week, _day = numbers.first.isocalendar()
    return f"{year}-W{week:02}"


def totals(numbers: WeekNumbers, language: str) -> Iterator[tuple[str, str]]:
    """(name, figure) of each total, in the order of the work."""
    first, second, third = numbers.notices
    yield _("Messages", into=language), str(numbers.messages)
    yield _("Bounces", into=language), str(numbers.bounces)
    yield _("Other messages", into=language), str(numbers.strays)
    yield _("New cases", into=language), str(numbers.new_cases)
    yield _("First notices", into=language), str(first)
    yield _("Second notices", into=language), str(second)
    yield _("Third notices", into=language), str(third)
    yield _("Closed cases", into=language), str(numbers.closed)
    if numbers.days_to_fix is not None:
        yield _("Days until corrected", into=language), decimal(numbers.days_to_fix, language)
    yield _("Open now", into=language), str(numbers.open_now)
    yield _("Blocked now", into=language), str(numbers.blocked_now)


def causes(numbers: WeekNumbers, language: str) -> Iterator[tuple[str, str]]:
    """(cause, figure), each cause in the sentence for laymen."""
    for kind, count in numbers.by_kind:
        yield label(kind, "sentence", into=language).removesuffix("."), str(count)


def day(moment: date) -> str:
    """As spreadsheets of both languages understand and sort it."""
    return moment.isoformat()


def decimal(value: float, language: str) -> str:
    shown = f"{value:.1f}"
    return shown.replace(".", ",") if language == "de" else shown
