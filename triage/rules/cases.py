"""Where a case lies, and whether its author can mend it."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from triage.model import NOTICES_EVER, Bounce, Case, Kind, Limits, Placed, Section, Strength

ASK_AUTHOR = frozenset({Kind.WRONG_MAILBOX, Kind.WRONG_DOMAIN, Kind.MAILBOX_DISABLED})
"""Kinds that a correct address mends."""

WAITS = frozenset({Kind.MAILBOX_FULL, Kind.DELIVERY_PROBLEM, Kind.DELAYED})
"""Kinds that may mend themselves."""


def is_closed(case: Case) -> bool:
    """Closed, and nothing that counts failed since: a guess never reopens."""
    if case.closed_at is None:
        return False
    return case.last_failed is None or case.last_failed <= case.closed_at


def counts(case: Case) -> bool:
    """Tied to a mail of ours by more than a guess."""
    return case.strength is not None and case.strength.counts


def lasts(case: Case, limits: Limits) -> bool:
    """A full box or a broken way that has been failing for so long that waiting is no answer any more."""
    patience = {
        Kind.MAILBOX_FULL: limits.full_lasts_days,
        Kind.DELIVERY_PROBLEM: limits.problem_lasts_days,
    }.get(case.kind)
    if patience is None or case.failing_since is None or case.last_failed is None:
        return False
    return case.last_failed - case.failing_since >= timedelta(days=patience)


def mendable(case: Case, limits: Limits) -> bool:
    """The author can mend it: a wrong address, a lasting trouble, or one that a person decided is theirs."""
    if case.kind in ASK_AUTHOR or lasts(case, limits):
        return True
    return case.kind is Kind.UNCLEAR and case.strength is Strength.DECIDED


def earliest_next(last: datetime, now: datetime, limits: Limits) -> datetime:
    """The local midnight that begins the day on which the next notice may leave."""
    day = last.astimezone(now.tzinfo).date() + timedelta(days=limits.days_between)
    return datetime.combine(day, time(), now.tzinfo)


def place(case: Case, now: datetime, limits: Limits) -> Placed:
    """The section a case lies in, and when time alone may move it on."""
    if is_closed(case):
        return Placed(Section.DONE)
    if case.bounces == 0 and case.notices and not counts(case):
        return Placed(Section.WAITING)  # known only from a notice that was recorded
    if not counts(case) or (case.kind is Kind.UNCLEAR and case.strength is not Strength.DECIDED):
        return Placed(Section.BIN)
    if case.waits_until is not None and case.waits_until > now:
        return Placed(Section.WAITING, case.waits_until)
    if not _failed_since_last_letter(case):
        return Placed(Section.WAITING)
    if case.notices >= NOTICES_EVER:
        return Placed(Section.BLOCKED)
    if case.held_until is not None and case.held_until > now:
        return Placed(Section.WAITING, case.held_until)
    if case.kind in WAITS and not lasts(case, limits):
        return Placed(Section.WAITING)
    if case.notices and case.last_left is not None:
        again = earliest_next(case.last_left, now, limits)
        if again > now:
            return Placed(Section.WAITING, again)
    return Placed(Section.NEW)


def place_stray(bounce: Bounce) -> Section:
    """Where a message without a case lies: the bin if a person should see it, else done."""
    if bounce.is_bounce or bounce.kind in (Kind.CHALLENGE, Kind.FEEDBACK):
        return Section.BIN
    return Section.BIN if bounce.auto_reply is not None and bounce.auto_reply.gone else Section.DONE


def _failed_since_last_letter(case: Case) -> bool:
    return case.last_left is None or (case.last_failed is not None and case.last_failed > case.last_left)
