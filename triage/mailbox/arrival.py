"""When a message arrived, where no server says so: its topmost Received header, else its Date."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_HEADERS_MOST = 100_000
_TIME_MOST = 200
"""Octets at a header's end in which its time stands."""
_RECEIVED = re.compile(rb"^received:(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_DATE = re.compile(rb"^date:(.*(?:\r?\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_YEARS = range(1990, 2100)


def arrived(content: bytes) -> datetime | None:
    """In UTC; None where neither header holds a time that can be believed. Never raises."""
    headers = _headers(content)
    for pattern in (_RECEIVED, _DATE):
        if found := pattern.search(headers):
            value = found[1][-_TIME_MOST:].decode("ascii", "replace").rpartition(";")[2]
            if at := moment(value):
                return at
    return None


def _headers(content: bytes) -> bytes:
    """Everything before the first empty line."""
    head = content[:_HEADERS_MOST]
    ends = [at for at in (head.find(b"\n\n"), head.find(b"\r\n\r\n")) if at >= 0]
    return head[: min(ends)] if ends else head


def moment(value: str) -> datetime | None:
    """A header's time; None where it is none, or one that no mail can have."""
    try:
        return believed(parsedate_to_datetime(" ".join(value.split())))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def believed(written: datetime) -> datetime | None:
    """`written` in UTC, which it is in where it names no zone; None outside the years of mail."""
    if written.year not in _YEARS:
        return None
    return written.replace(tzinfo=UTC) if written.tzinfo is None else written.astimezone(UTC)
