"""What was done: the history of everything, and the journal from which acts of staff are undone and redone.

An act that can be undone goes through `Act`, which notes each row before and after. Undoing puts the rows back only if
they are still as the act left them. Letters that were claimed, notices and messages never pass through here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from triage import clock
from triage.errors import NotFoundError, RefusedError
from triage.lang import _
from triage.model import Event, Undoable
from triage.store import cases
from triage.store.base import Row, Store

_TABLES = frozenset({"cases", "links", "letters", "letter_items", "messages"})
_KEPT = 500
"""Acts that can be undone; older ones are history only."""


def note(store: Store, what: str, *, case: int | None = None, letter: int | None = None, detail: str = "") -> None:
    """One line of history, inside `store.write()`."""
    store.insert(
        "history",
        {
            "at": clock.to_store(clock.now()),
            "who": store.who,
            "what": what,
            "case_id": case,
            "letter": letter,
            "detail": detail,
        },
    )


def events(store: Store, case: int | None = None, limit: int = 200) -> list[Event]:
    """The newest events, newest first; of one case if it is named."""
    where = "WHERE case_id = :case" if case is not None else ""
    rows = store.rows(f"SELECT * FROM history {where} ORDER BY id DESC LIMIT :limit", {"case": case, "limit": limit})  # noqa: S608
    return [Event(clock.from_store(r["at"]), r["who"], r["what"], r["detail"], r["case_id"], r["letter"]) for r in rows]


class Act:
    """The changes of one act, noted as they are made."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.steps: list[tuple[str, int, Row | None, Row | None]] = []
        self.cases: set[int] = set()

    def update(self, table: str, identity: int, changes: Mapping[str, object]) -> None:
        before = {name: value for name, value in self._row(table, identity).items() if name in changes}
        if before != dict(changes):
            self._store.update(table, identity, changes)
            self.steps.append((table, identity, before, dict(changes)))

    def insert(self, table: str, row: Mapping[str, object]) -> int:
        identity = self._store.insert(table, row)
        self.steps.append((table, identity, None, self._row(table, identity)))
        return identity

    def delete(self, table: str, identity: int) -> None:
        self.steps.append((table, identity, self._row(table, identity), None))
        self._store.do(f"DELETE FROM {table} WHERE id = ?", [identity])  # noqa: S608

    def _row(self, table: str, identity: int) -> Row:
        row = self._store.row(f"SELECT * FROM {table} WHERE id = ?", [identity])  # noqa: S608
        if row is None:
            raise NotFoundError(_("This is no longer there."))
        return row


@contextmanager
def act(store: Store, what: str, label: str, detail: str = "") -> Iterator[Act]:
    """One undoable act: `what` goes to the history of every case it names, `label` is what the status line shows."""
    with store.write():
        made = Act(store)
        yield made
        for case in sorted(made.cases):
            note(store, what, case=case, detail=detail)
        cases.refresh_all(store, sorted(made.cases))
        if made.steps:
            store.do("DELETE FROM undo WHERE who = ? AND undone = 1", [store.who])
            store.insert(
                "undo",
                {
                    "at": clock.to_store(clock.now()),
                    "who": store.who,
                    "label": label,
                    "steps": json.dumps({"cases": sorted(made.cases), "steps": made.steps}, ensure_ascii=False),
                },
            )
            store.do("DELETE FROM undo WHERE id <= (SELECT max(id) FROM undo) - ?", [_KEPT])


def next_undo(store: Store) -> Undoable | None:
    """The newest act of this person that was not undone."""
    return _undoable(store, "undone = 0", "DESC")


def next_redo(store: Store) -> Undoable | None:
    """The act that was undone last."""
    return _undoable(store, "undone = 1", "ASC")


def seal(store: Store, letter: int) -> None:
    """A letter was claimed: acts that made or changed it can no longer be undone. Inside `store.write()`."""
    store.do(
        "DELETE FROM undo WHERE EXISTS (SELECT 1 FROM json_each(steps, '$.steps') step"
        " WHERE json_extract(step.value, '$[0]') = 'letters' AND json_extract(step.value, '$[1]') = ?)",
        [letter],
    )


def undo(store: Store) -> Undoable | None:
    """Take back the newest act; None if there is none. Raises RefusedError when its rows have changed since."""
    return _turn(store, next_undo(store), back=True)


def redo(store: Store) -> Undoable | None:
    """Do again what was undone last."""
    return _turn(store, next_redo(store), back=False)


def _undoable(store: Store, where: str, order: str) -> Undoable | None:
    row = store.row(
        f"SELECT id, label, at FROM undo WHERE who = ? AND {where} ORDER BY id {order} LIMIT 1",  # noqa: S608
        [store.who],
    )
    return Undoable(row["id"], row["label"], clock.from_store(row["at"])) if row else None


def _turn(store: Store, entry: Undoable | None, *, back: bool) -> Undoable | None:
    if entry is None:
        return None
    with store.write():
        written = store.row("SELECT steps FROM undo WHERE id = ? AND undone = ?", [entry.id, 0 if back else 1])
        if written is None:
            return None
        noted = json.loads(written["steps"])
        steps = [(t, i, a, b) if back else (t, i, b, a) for t, i, b, a in noted["steps"]]
        try:
            for table, identity, expected, wanted in reversed(steps) if back else steps:
                _put(store, table, identity, expected, wanted)
        except sqlite3.IntegrityError:  # another row has its place meanwhile
            raise _changed_since() from None
        store.update("undo", entry.id, {"undone": 1 if back else 0})
        for case in noted["cases"]:
            note(store, "undone" if back else "redone", case=case, detail=entry.label)
            cases.refresh(store, case)
    return entry


def _put(store: Store, table: str, identity: int, expected: Row | None, wanted: Row | None) -> None:
    """Bring a row from `expected` to `wanted`; only if it is as expected."""
    if table not in _TABLES:
        raise AssertionError(f"{table} cannot be undone")
    present = store.row(f"SELECT * FROM {table} WHERE id = ?", [identity])  # noqa: S608
    if expected is None:
        if present is not None or wanted is None:
            raise _changed_since()
        store.insert(table, wanted)
        return
    if present is None or any(present[name] != value for name, value in expected.items()):
        raise _changed_since()
    if wanted is None:
        store.do(f"DELETE FROM {table} WHERE id = ?", [identity])  # noqa: S608
    else:
        store.update(table, identity, wanted)


def _changed_since() -> RefusedError:
    return RefusedError(
        _("This can no longer be undone: it was changed since, or its letter has left."),
        _("Change the case itself; the history shows what happened."),
    )
