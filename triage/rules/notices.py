"""May this address get another notice? The one place that answers; screens, commands and the sender all ask here.

The schema refuses a fourth notice whatever this says (store/schema.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from triage.model import NOTICES_EVER, Allowed, Case, Limits, Notice, Refusal, Refused
from triage.rules import cases


def may_notify(case: Case, notices: Sequence[Notice], now: datetime, limits: Limits) -> Allowed | Refused:
    """Whether the next notice about `case` may go out at `now`, and its number.

    `notices`: all of the address, released ones included. `now` is aware; calendar days are those of its zone.
    The reasons are asked from the most final to the most passing one.
    """
    counted = [notice for notice in notices if notice.counts]
    if len(counted) >= NOTICES_EVER:
        return Refused(Refusal.THREE_SENT)
    if cases.is_closed(case):
        return Refused(Refusal.CLOSED)
    if any(notice.state.is_open for notice in counted) or case.open_letter is not None:
        return Refused(Refusal.LETTER_OPEN)
    if not cases.counts(case):
        return Refused(Refusal.NO_EVIDENCE)
    if not cases.mendable(case, limits):
        return Refused(Refusal.NOT_THE_AUTHORS)
    if case.held_until is not None and case.held_until > now:
        return Refused(Refusal.HELD, case.held_until)
    if case.last_failed is None:
        return Refused(Refusal.NOTHING_NEW)
    if last := _last_left(counted):
        if case.last_failed <= last:
            return Refused(Refusal.NOTHING_NEW)
        again = cases.earliest_next(last, now, limits)
        if again > now:
            return Refused(Refusal.TOO_SOON, again)
    return Allowed(next_number(counted))


def next_number(notices: Iterable[Notice]) -> int:
    """The lowest number that no counted notice holds; `NOTICES_EVER + 1` when there is none left."""
    taken = {notice.number for notice in notices if notice.counts}
    return next(n for n in range(1, NOTICES_EVER + 2) if n not in taken)


def _last_left(counted: Sequence[Notice]) -> datetime | None:
    return max((notice.left_at for notice in counted if notice.left_at is not None), default=None)
