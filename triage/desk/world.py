"""The demo's world as files: data/demo, moved by whole weeks so that its last week is the present one.

A time in a demo mail stands as a placeholder that names how it is to be written there:

    {{D:2026-11-16T10:03:12+01:00}}   Mon, 16 Nov 2026 10:03:12 +0100    RFC 5322, 3.3
    {{I:…}}                           2026-11-16T09:03:12.000Z           Exchange's diagnostics
    {{G:…}}                           Mo, 16. Nov 2026 10:03:12 +0100    a German program's prose
    {{T:…}}                           16.11.2026                         German prose
    {{E:…}}                           16 November 2026                   English prose

In the CSV files times are plain ISO text in the columns of `DATE_COLUMNS`.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from triage import resources

DATE_COLUMNS = frozenset({"date", "entered_at", "sent_at"})

_WEEK = timedelta(days=7)
_PLACEHOLDER = re.compile(r"\{\{([DIGTE]):([^{}]+)\}\}")
_REFERENCE = re.compile(r"^reference\s*=.*\n+", re.MULTILINE)
_GERMAN_DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
_GERMAN_MONTHS = ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
_ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def lay_out(target: Path, now: datetime) -> Path:
    """Write the demo into `target` as it would look at `now`; returns its settings file.

    target/triage.toml, mail/*.eml, directory/*.csv and ledger.csv (notices sent by hand before). Nothing lies in the
    future of `now`.
    """
    source = resources.data("demo")
    settings = (source / "world.toml").read_text("utf-8")
    shift = _shift(tomllib.loads(settings)["reference"], now)
    for path in sorted((source / "mail").glob("*.eml")):
        _write(target / "mail" / path.name, render(path.read_text("utf-8"), shift))
    for path in sorted((source / "directory").glob("*.csv")):
        _write(target / "directory" / path.name, shifted_csv(path, shift))
    _write(target / "ledger.csv", shifted_csv(source / "ledger.csv", shift))
    _write(target / "triage.toml", _REFERENCE.sub("", settings, count=1))
    return target / "triage.toml"


def render(text: str, shift: timedelta) -> str:
    """A demo mail with every placeholder written out, `shift` later."""
    return _PLACEHOLDER.sub(lambda found: _WRITTEN[found[1]](datetime.fromisoformat(found[2]) + shift), text)


def shifted_csv(path: Path, shift: timedelta) -> str:
    """The CSV file with its dates `shift` later."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        written = io.StringIO()
        writer = csv.DictWriter(written, rows.fieldnames or (), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({name: _moved(name, value, shift) for name, value in row.items()})
    return written.getvalue()


def _shift(reference: datetime, now: datetime) -> timedelta:
    return (now - reference) // _WEEK * _WEEK


def _moved(column: str, value: str, shift: timedelta) -> str:
    if column not in DATE_COLUMNS or not value:
        return value
    day_only = len(value) == len("2026-11-23")
    return ((date if day_only else datetime).fromisoformat(value) + shift).isoformat()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")


def _german(moment: datetime) -> str:
    day, month = _GERMAN_DAYS[moment.weekday()], _GERMAN_MONTHS[moment.month - 1]
    return f"{day}, {moment.day}. {month} {moment:%Y %H:%M:%S %z}"


_WRITTEN: dict[str, Callable[[datetime], str]] = {
    "D": format_datetime,
    "I": lambda moment: f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z",
    "G": _german,
    "T": lambda moment: f"{moment:%d.%m.%Y}",
    "E": lambda moment: f"{moment.day} {_ENGLISH_MONTHS[moment.month - 1]} {moment.year}",
}
