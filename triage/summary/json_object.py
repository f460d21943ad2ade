"""The week as an object for JSON: names and values of the model, days in ISO form."""

from __future__ import annotations

from typing import Any

from triage.model import WeekNumbers
from triage.summary import figures


def as_json(numbers: WeekNumbers) -> dict[str, Any]:
    """Only dicts, lists, strings, numbers and None. Foreign text stands as it came: JSON escapes it."""
    return {
        "week": figures.week_name(numbers) or None,
        "first": figures.day(numbers.first),
        "last": figures.day(numbers.last),
        "messages": numbers.messages,
        "bounces": numbers.bounces,
        "strays": numbers.strays,
        "new_cases": numbers.new_cases,
        "notices": list(numbers.notices),
        "closed": numbers.closed,
        "open_now": numbers.open_now,
        "blocked_now": numbers.blocked_now,
        "days_to_fix": numbers.days_to_fix,
        "by_kind": {kind.value: count for kind, count in numbers.by_kind},
        "by_day": {figures.day(day): count for day, count in numbers.by_day},
        "by_domain": dict(numbers.by_domain),
        "by_author": dict(numbers.by_author),
        "letters": [
            {"day": figures.day(day), "address": address, "to": to, "number": number}
            for day, address, to, number in numbers.letters
        ],
        "blocked": list(numbers.blocked),
    }
