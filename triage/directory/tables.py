"""The four tables of a directory: their columns, and how a row of text becomes a row of the house.

A row that cannot be used raises `BadRow` with the reason in a person's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from triage import address, clock
from triage.lang import _
from triage.model import Author, Delivery, Protocol, Recipient

LONGEST = 10_000
"""Characters of one value; more is no name, title or address."""
_ADDRESSES = frozenset({"email", "address"})
"""A row without one has nobody to mail to: that its address is gone is just what it says."""
_YEARS = range(1990, 2200)
_GERMAN_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2}:\d{2}(?::\d{2})?))?")

Values = Mapping[str, str]
"""Column to value, stripped; every column of the table is there, "" if the file has none."""
Row = Author | Protocol | Recipient | Delivery


class BadRow(Exception):
    """A row cannot be used; the text says why. `hides`: whether it may be one that the directory knows already."""

    def __init__(self, reason: str, *, hides: bool = True) -> None:
        super().__init__(reason)
        self.hides = hides


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    """Columns that the file must have."""
    filled: tuple[str, ...]
    """Columns that every row must fill."""
    build: Callable[[Values], Row]

    def row(self, values: Values) -> Row:
        for column in self.columns:
            _check(column, values[column], needed=column in self.filled)
        return self.build(values)


def _check(column: str, value: str, *, needed: bool) -> None:
    if not value and needed:
        raise BadRow(_("{column} is missing", column=column), hides=column not in _ADDRESSES)
    if len(value) > LONGEST:
        raise BadRow(_("{column} is longer than {most} characters", column=column, most=LONGEST))
    if "\0" in value:
        raise BadRow(_("{column} holds a NUL character", column=column))


def _author(values: Values) -> Author:
    return Author(
        id=values["id"],
        name=values["name"],
        email=values["email"],
        language=values["language"].lower() or "de",
        salutation=values["salutation"],
        title=values["title"],
        company=values["company"],
        deputy=values["deputy"],
    )


def _protocol(values: Values) -> Protocol:
    return Protocol(
        number=values["number"],
        title=values["title"],
        project=values["project"],
        date=_day("date", values["date"]),
        author=values["author"],
        url=values["url"],
    )


def _recipient(values: Values) -> Recipient:
    return Recipient(
        id=values["id"],
        name=values["name"],
        email=values["email"],
        protocol=values["protocol"],
        company=values["company"],
        entered_by=values["entered_by"],
        entered_at=_moment("entered_at", values["entered_at"]),
    )


def _delivery(values: Values) -> Delivery:
    return Delivery(
        protocol=values["protocol"],
        address=values["address"],
        message_id="".join(values["message_id"].split()).strip("<>"),
        sent_at=_moment("sent_at", values["sent_at"]),
        recipient=values["recipient"],
        key=_key(values["address"]),
    )


@lru_cache(maxsize=100_000)
def _key(written: str) -> str:
    """An address is mailed to again and again."""
    return address.parse(written).key


def _moment(column: str, written: str) -> datetime | None:
    """ISO 8601 or `dd.mm.yyyy[ hh:mm[:ss]]`; local unless it names a zone."""
    if not written:
        return None
    try:
        return _parsed(written)
    except (ValueError, OverflowError, OSError):
        raise BadRow(_("{column} is no date: {written}", column=column, written=repr(written[:40]))) from None


def _day(column: str, written: str) -> date | None:
    moment = _moment(column, written)
    return moment.date() if moment else None


@lru_cache(maxsize=1024)
def _parsed(written: str) -> datetime:
    if german := _GERMAN_DATE.fullmatch(written):
        day, month, year, time = german.groups()
        written = f"{year}-{month:0>2}-{day:0>2} {(time or '00:00'):0>5}"
    moment = clock.parse(written)
    if moment.year not in _YEARS:
        raise ValueError(written)
    return moment


TABLES = (
    Table(
        name="authors",
        columns=("id", "name", "email", "language", "salutation", "title", "company", "deputy"),
        required=("id", "name", "email"),
        filled=("id", "email"),
        build=_author,
    ),
    Table(
        name="protocols",
        columns=("number", "title", "project", "date", "author", "url"),
        required=("number", "title", "author"),
        filled=("number",),
        build=_protocol,
    ),
    Table(
        name="recipients",
        columns=("id", "name", "company", "email", "protocol", "entered_by", "entered_at"),
        required=("id", "name", "email", "protocol"),
        filled=("id", "email", "protocol"),
        build=_recipient,
    ),
    Table(
        name="deliveries",
        columns=("protocol", "recipient", "address", "message_id", "sent_at"),
        required=("protocol", "address", "sent_at"),
        filled=("protocol", "address"),
        build=_delivery,
    ),
)
