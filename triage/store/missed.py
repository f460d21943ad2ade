"""Letters handed over that lie in Drafts no more, and not in Sent either: sent without a copy, or thrown away?

A mail program that saves a draft may delete it before it writes the new one, and one that sends may need a moment until
the copy lies in Sent. So a letter is gone only when every reading of some minutes missed it; seen again, it is not. And
only a reading of the place where it lay, or to which it was handed, can miss it: another mailbox knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from triage import clock
from triage.lang import _
from triage.model import LetterState
from triage.store import journal, letterbook
from triage.store.base import Row, Store

PATIENCE = timedelta(minutes=10)
"""Between the first reading that misses a letter and one that may say it is gone."""


def lie_in(store: Store, letters: Iterable[int], place: str) -> None:
    """Letters are handed to a place, or seen there in Drafts."""
    with store.write():
        for letter in letters:
            store.do("INSERT OR REPLACE INTO drafts_in VALUES (?, ?)", [letter, place])


def place_of(store: Store, letter: int) -> str:
    """Where it lay last; "" if that is not known."""
    return str(store.value("SELECT place FROM drafts_in WHERE letter = ?", [letter]) or "")


def handed_over(store: Store, place: str) -> set[int]:
    """Letters that should lie in Drafts of this place, or in Sent; asked before the folders are read."""
    expected = letterbook.letters(store, [LetterState.HANDED_OVER])
    return {found.id for found in expected if place and place_of(store, found.id) == place}


def note(store: Store, expected: Collection[int], seen: Collection[int]) -> list[int]:
    """The folders were read whole, and these letters were seen. Returns those expected that are gone as of now."""
    at = clock.to_store(clock.now())
    newly: list[int] = []
    with store.write():
        rows = {row["letter"]: row for row in store.rows("SELECT * FROM missed")}
        for letter in sorted(set(rows) & set(seen)):
            store.do("DELETE FROM missed WHERE letter = ?", [letter])
            if _is_gone(rows[letter]):
                _tell(store, letter, "seen_again")
        for letter in sorted(set(expected) - set(seen)):
            before = rows.get(letter)
            row = {"letter": letter, "since": min(before["since"], at) if before else at, "last": at}
            store.do("INSERT OR REPLACE INTO missed VALUES (:letter, :since, :last)", row)
            if _is_gone(row) and not (before and _is_gone(before)):
                _tell(store, letter, "gone")
                newly.append(letter)
    return newly


def gone(store: Store) -> dict[int, datetime]:
    """Letters that a person is asked about, and since when they are missed."""
    rows = store.rows("SELECT m.* FROM missed m JOIN letters l ON l.id = m.letter WHERE l.state = 'handed_over'")
    return {row["letter"]: clock.from_store(row["since"]) for row in rows if _is_gone(row)}


def _is_gone(row: Row) -> bool:
    return clock.from_store(row["last"]) - clock.from_store(row["since"]) >= PATIENCE


def _tell(store: Store, letter: int, what: str) -> None:
    detail = _("neither in Drafts nor in Sent") if what == "gone" else ""
    about = letterbook.cases_of(store, letter)
    for case in about:
        journal.note(store, what, case=case, letter=letter, detail=detail)
    if not about:
        journal.note(store, what, letter=letter, detail=detail)
