"""The week: its numbers, and the files made of them."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

from triage import clock, lang, summary
from triage.desk.base import Desk
from triage.errors import SettingsError
from triage.lang import _
from triage.model import WeekNumbers
from triage.store.week import week as counted

FORMATS = ("md", "csv", "json")
_WEEK = re.compile(r"(\d{4})-?W(\d{1,2})", re.IGNORECASE)


def monday_of(written: str = "") -> date:
    """The Monday of a week: "2026-W47", any day in it, or "" for the present one.

    Raises SettingsError.
    """
    if not written:
        return this_monday()
    try:
        if found := _WEEK.fullmatch(written):
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        day = date.fromisoformat(written)
    except ValueError:
        raise SettingsError(
            _("{week} is no week.", week=written), _("Write it as 2026-W47, or name a day in it: 2026-11-18.")
        ) from None
    return day - timedelta(days=day.weekday())


def this_monday() -> date:
    """The Monday of the present week."""
    today = clock.now().date()
    return today - timedelta(days=today.weekday())


def numbers(desk: Desk, monday: date) -> WeekNumbers:
    """The numbers of the seven days from `monday` on."""
    return counted(desk.store, monday, monday + timedelta(days=6))


def export(found: WeekNumbers, form: str, language: str = "") -> str:
    """The week as Markdown, CSV or JSON. Raises SettingsError for another format."""
    language = language or lang.current()
    match form:
        case "md":
            return summary.markdown(found, language)
        case "csv":
            return summary.csv_text(found, language)
        case "json":
            return json.dumps(summary.as_json(found), indent=2).replace("\x7f", "\\u007f") + "\n"
    raise SettingsError(_("There is no format {form}.", form=form), _("Known are: {names}.", names=", ".join(FORMATS)))


def file_name(found: WeekNumbers, form: str) -> str:
    """The usual name of the file: `triage-2026-W47.md`."""
    year, week, _weekday = found.first.isocalendar()
    return f"triage-{year}-W{week:02}.{form}"
