"""What a server answers to FETCH, read from imaplib's pieces of it.

imapclient reads every octet of it by itself, which is a tenth of a sync. What looks as nearly all servers write it is
read here; an answer in which anything looks otherwise is left to imapclient as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

Told = dict[int, dict[bytes, Any]]
"""By UID; names of items in capitals."""

_NUMBER = rb"(?:0|[1-9]\d{0,18})"
_ITEM = rb'(?:UID %b|RFC822\.SIZE %b|INTERNALDATE "[^"\\\r\n]*")' % (_NUMBER, _NUMBER)
_LINE = re.compile(rb"\d+ \((%b(?: %b)*)\)" % (_ITEM, _ITEM))
_HEAD = re.compile(rb"\d+ \(((?:%b )*)(BODY\[[^\]]*\](?:<\d+>)?) \{(\d+)\}" % _ITEM)
_TAIL = re.compile(rb"((?: %b)*)\)" % _ITEM)
_PAIR = re.compile(rb'([A-Z0-9.]+) (?:(\d+)|"([^"]*)")')

_MOMENT = re.compile(rb"([ \d]\d)-([A-Z][a-z]{2})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS = {name: 1 + at for at, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())}


def told(pieces: Sequence[Any]) -> Told:
    """Sizes, times and at most one literal a message. Raises as imapclient does at answers beyond the grammar."""
    found = _plainly(pieces)
    if found is None:
        from imapclient.response_parser import parse_fetch_response

        return dict(parse_fetch_response(list(pieces), normalise_times=False))
    return found


def _plainly(pieces: Sequence[Any]) -> Told | None:
    """None where any piece is of another form."""
    found: Told = {}
    coming = iter(pieces)
    for piece in coming:
        items: dict[bytes, Any] = {}
        if isinstance(piece, tuple):
            head, tail = _HEAD.fullmatch(piece[0]), _TAIL.fullmatch(_octets(next(coming, b"")))
            if head is None or tail is None or len(piece[1]) != int(head[3]):
                return None
            _pairs(head[1] + tail[1], items)
            items[head[2]] = piece[1]
        elif line := _LINE.fullmatch(_octets(piece)):
            _pairs(line[1], items)
        else:
            return None
        uid = items.pop(b"UID", None)
        if uid is None:
            return None
        found.setdefault(uid, {}).update(items)
    return found


def _octets(piece: object) -> bytes:
    return piece if isinstance(piece, bytes) else b""


def _pairs(written: bytes, items: dict[bytes, Any]) -> None:
    for name, number, quoted in _PAIR.findall(written):
        items[name] = int(number) if number else moment(quoted)


def moment(written: bytes) -> datetime | None:
    """An INTERNALDATE (RFC 3501, date-time); None where it is none."""
    if parts := _MOMENT.fullmatch(written):
        day, month, year, hour, minute, second, sign, hours, minutes = parts.groups()
        try:
            zone = _zone(int(sign + hours), int(sign + minutes))
            return datetime(int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=zone)
        except ValueError:  # no such day or zone
            return None
        except KeyError:
            pass
    from imapclient.datetime_util import parse_to_datetime

    try:
        found: datetime = parse_to_datetime(written, normalise=False)
    except ValueError:
        return None
    return found


@lru_cache(100)
def _zone(hours: int, minutes: int) -> timezone:
    return timezone(timedelta(hours=hours, minutes=minutes))
