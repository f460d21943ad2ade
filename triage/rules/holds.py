"""Bursts: many failures of one domain or one cause within an hour are one matter, not many letters."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from triage.model import Hold, Kind, Limits

WINDOW = timedelta(hours=1)
LASTS = timedelta(hours=24)
"""A hold ends by itself so long after the burst's last failure."""

CAUSES = frozenset({Kind.OUR_FAULT, Kind.SPAM_OR_POLICY, Kind.DELIVERY_PROBLEM})
"""Kinds that strike many addresses at once. Many wrong addresses of many domains are an ordinary Monday."""


@dataclass(frozen=True, slots=True)
class Happened:
    """A failure that counts, as far as bursts are concerned. `at` is the server's INTERNALDATE."""

    at: datetime
    key: str
    kind: Kind


def subjects(key: str, kind: Kind) -> Iterator[str]:
    """What a failure may be a part of: its domain, and its cause if it is one."""
    yield key.rpartition("@")[2]
    if kind in CAUSES:
        yield kind.value


def held(failures: Iterable[Happened], limits: Limits) -> list[Hold]:
    """The bursts among `failures`, in any order; the caller asks whether one still lasts (`Hold.until`)."""
    groups: dict[str, list[Happened]] = defaultdict(list)
    for failure in failures:
        for subject in subjects(failure.key, failure.kind):
            groups[subject].append(failure)
    holds = (_burst(subject, sorted(group, key=lambda f: f.at), limits) for subject, group in groups.items())
    return [hold for hold in holds if hold is not None]


def _burst(subject: str, group: list[Happened], limits: Limits) -> Hold | None:
    """The latest run of overlapping one-hour windows that each hold enough; `group` is in order of time."""
    in_window: Counter[str] = Counter()
    left = 0
    start = end = -1
    for right, failure in enumerate(group):
        in_window[failure.key] += 1
        while failure.at - group[left].at > WINDOW:
            _forget(in_window, group[left].key)
            left += 1
        if right - left + 1 >= limits.hold_failures and len(in_window) >= limits.hold_addresses:
            start = left if left > end else start
            end = right
    if end < 0:
        return None
    burst = group[start : end + 1]
    return Hold(
        subject=subject,
        failures=len(burst),
        addresses=len({failure.key for failure in burst}),
        since=burst[0].at,
        until=burst[-1].at + LASTS,
    )


def _forget(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
