"""The only place that reads the time.

Times are aware everywhere: `now()` in the local zone (calendar days are what staff see on the wall), UTC in the store.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

_fixed: datetime | None = None


class _LocalZone(tzinfo):
    """The zone of this machine, as it is on each day: `astimezone()` alone would give the offset of one day for all."""

    def utcoffset(self, moment: datetime | None) -> timedelta | None:
        return moment.replace(tzinfo=None).astimezone().utcoffset() if moment else None

    def dst(self, moment: datetime | None) -> timedelta | None:
        return None

    def tzname(self, moment: datetime | None) -> str | None:
        return moment.replace(tzinfo=None).astimezone().tzname() if moment else None

    def fromutc(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)


_LOCAL = _LocalZone()


def now() -> datetime:
    """The present, in the local zone, without fractions of a second; or the moment that `fix` set."""
    moment = _fixed if _fixed is not None else datetime.now(UTC)
    return local(moment).replace(microsecond=0)


def fix(moment: datetime | None) -> None:
    """Stand still at `moment` (`--now`, tests); None lets the time run again."""
    global _fixed
    _fixed = moment


def local(moment: datetime) -> datetime:
    """An aware `moment` in the local zone."""
    return moment.astimezone(_LOCAL)


def parse(written: str) -> datetime:
    """A time as a person writes it: `2026-11-23`, `2026-11-23 08:00`, `…T08:00Z`; local unless it names a zone.

    Raises ValueError for anything else.
    """
    return local(datetime.fromisoformat(written.strip()).astimezone())


def to_store(moment: datetime) -> str:
    """UTC as fixed-width ISO text, so that text order is time order; years that mail makes up are bounded."""
    year = min(max(moment.year, 1970), 9000)
    bounded = moment if year == moment.year else moment.replace(year=year, day=1)
    return bounded.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_store(written: str) -> datetime:
    """The inverse of `to_store`."""
    return datetime.strptime(written, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
