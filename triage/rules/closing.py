"""When the directory closes a case, and when an import that is declared complete should be doubted first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

MOST_VANISH = 0.05
"""A larger share of the recipients does not leave from one import to the next; a cut export looks like that."""
MOST_CHANGE = 0.5
"""A larger share does not get other addresses; a wrong column looks like that."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of an address on the list of one protocol."""

    protocol: str
    at: datetime
    now: str
    """The address that stands there now; "" if nobody does."""


@dataclass(frozen=True, slots=True)
class Closing:
    """The directory says that the case is over; `now` are the addresses that stand in the old one's place."""

    because: str
    """As `closed_because` of a case: "directory" or "directory_gone"."""
    now: tuple[str, ...]


def closing(about: str, moved: Sequence[Moved], still_on: Collection[str]) -> Closing | None:
    """Whether the directory closes the case of an address.

    `about`: the protocol that the case is about. `moved`: what became of the address since it last failed. `still_on`:
    the protocols on whose lists it stands now. It is closed when no list holds it any more; and when it was corrected,
    unless the very list that the case is about still holds it.
    """
    if not moved:
        return None
    corrected = tuple(dict.fromkeys(m.now for m in moved if m.now))
    if still_on and (not corrected or about in still_on):
        return None
    return Closing("directory" if corrected else "directory_gone", corrected)


def is_doubtful(recipients: int, vanish: int, change: int) -> bool:
    """An import that would take so much away is more likely cut or misread than true."""
    return vanish > recipients * MOST_VANISH or change > recipients * MOST_CHANGE


@dataclass(frozen=True, slots=True)
class Mailed:
    """A mail to an address."""

    at: datetime
    message_id: str = ""


def last_delivered(mailed: Iterable[Mailed], failed: Iterable[tuple[datetime, str]]) -> datetime | None:
    """When the newest mail left that no bounce came back for: weak evidence that it arrived.

    `failed`: (when, Message-ID that the bounce names, or ""). A bounce that names none is one for the newest mail
    before it.
    """
    sent = sorted(mailed, key=lambda mail: mail.at)
    bounced: set[int] = set()
    for at, message_id in failed:
        named = [place for place, mail in enumerate(sent) if message_id and mail.message_id == message_id]
        before = [place for place, mail in enumerate(sent) if mail.at <= at]
        bounced.update(named or before[-1:])
    return next((mail.at for place, mail in reversed(list(enumerate(sent))) if place not in bounced), None)
