"""The demo's world as files: data/demo, moved by whole weeks so that its reference lies in the present one.

From the reference it goes on for four weeks; what has not happened yet is not there yet.

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

Row = dict[str, str]

_PLACEHOLDER = re.compile(r"\{\{([DIGTE]):([^{}]+)\}\}")
_REFERENCE = re.compile(r"^reference\s*=.*\n+", re.MULTILINE)
_GERMAN_DAYS = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
_GERMAN_MONTHS = ("Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez")
_ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def lay_out(target: Path, now: datetime) -> Path:
    """Write the demo into `target` as it looks at `now`, an aware local time; returns its settings file.

    target/triage.toml, mail/*.eml, directory/*.csv, ledger.csv (notices sent by hand before), and anchor: the Monday
    to which the first call moved the world. Nothing lies in the future of `now`. Later calls keep to the anchor, add
    what has happened since, and leave the mails that are there as they are.
    """
    source = resources.data("demo")
    settings = (source / "world.toml").read_text("utf-8")
    reference: datetime = tomllib.loads(settings)["reference"]
    shift = _anchor(target / "anchor", now) - _monday(reference)
    for path in sorted((source / "mail").glob("*.eml")):
        _lay_mail(path, target / "mail" / path.name, shift, now)
    _lay_directory(source / "directory", target / "directory", shift, now)
    _write(target / "ledger.csv", shifted_csv(source / "ledger.csv", shift, lambda row: _has_been(row, now)))
    _write(target / "triage.toml", _REFERENCE.sub("", settings, count=1))
    return target / "triage.toml"


def render(text: str, shift: timedelta) -> str:
    """A demo mail with every placeholder written out, `shift` later."""
    return _PLACEHOLDER.sub(lambda found: _WRITTEN[found[1]](datetime.fromisoformat(found[2]) + shift), text)


def shifted_csv(path: Path, shift: timedelta, wanted: Callable[[Row], bool] = lambda _row: True) -> str:
    """The CSV file with its dates `shift` later, and of its rows those that are then `wanted`."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        written = io.StringIO()
        writer = csv.DictWriter(written, rows.fieldnames or (), lineterminator="\n")
        writer.writeheader()
        moved = ({name: _moved(name, value, shift) for name, value in row.items()} for row in rows)
        writer.writerows(row for row in moved if wanted(row))
    return written.getvalue()


def _anchor(path: Path, now: datetime) -> date:
    """The Monday that stands for the reference: that of the first call. One that cannot be read is chosen anew."""
    try:
        return _monday(date.fromisoformat(path.read_text("utf-8").strip()))
    except (OSError, ValueError):
        chosen = _monday(now)
        _write(path, f"{chosen.isoformat()}\n")
        return chosen


def _monday(day: date) -> date:
    return date(day.year, day.month, day.day) - timedelta(days=day.weekday())


def _lay_mail(source: Path, target: Path, shift: timedelta, now: datetime) -> None:
    if target.exists():
        return
    text = source.read_text("utf-8")
    arrival = _PLACEHOLDER.search(text)  # the top Received header's stands before all others
    if arrival and datetime.fromisoformat(arrival[2]) + shift <= now:
        _write(target, render(text, shift))


def _lay_directory(source: Path, target: Path, shift: timedelta, now: datetime) -> None:
    """The authors, and of the rest what belongs to protocols that have been sent."""
    deliveries = shifted_csv(source / "deliveries.csv", shift, lambda row: _has_been(row, now))
    sent = {row["protocol"] for row in csv.DictReader(io.StringIO(deliveries))}

    def is_known(row: Row) -> bool:
        protocol = row.get("protocol") or row.get("number")
        return _has_been(row, now) and (protocol is None or protocol in sent)

    for path in sorted(source.glob("*.csv")):
        _write(target / path.name, shifted_csv(path, shift, is_known))


def _has_been(row: Row, now: datetime) -> bool:
    """No time in the row lies ahead of `now`; a day without an hour counts from its beginning."""
    return not any(_is_ahead(row[column], now) for column in DATE_COLUMNS & row.keys() if row[column])


def _is_ahead(written: str, now: datetime) -> bool:
    if _is_day(written):
        return date.fromisoformat(written) > now.date()
    return datetime.fromisoformat(written) > now


def _moved(column: str, value: str, shift: timedelta) -> str:
    if column not in DATE_COLUMNS or not value:
        return value
    return ((date if _is_day(value) else datetime).fromisoformat(value) + shift).isoformat()


def _is_day(written: str) -> bool:
    return len(written) == len("2026-11-23")


def _write(path: Path, text: str) -> None:
    """Whole or not at all: what is there is not written again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, "utf-8", newline="\n")
    part.replace(path)


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
