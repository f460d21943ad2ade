"""What a version before kept in the clear: the tokens of links in mails and texts, hidden once, batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from triage.store.base import Store

IN_CLEAR = "in_clear_to"
"""The fact that says up to which message tokens may stand in the clear. The step `links_hidden` sets it."""
_BATCH = 100
"""Messages."""
_FAILURES = "SELECT id FROM failures WHERE message BETWEEN ? AND ?"

Change = Callable[[Any], Any]


def is_left(store: Store) -> bool:
    """Something is still to be hidden."""
    return bool(store.fact(IN_CLEAR))


def hide(store: Store, mail: Callable[[bytes], bytes], text: Callable[[str], str]) -> None:
    """Change kept mails with `mail` and what was taken from them with `text`: each once, wherever it was broken off.

    What stood there before is overwritten, in the file and in its log.
    """
    connection = store.db.conn
    connection.execute("PRAGMA secure_delete = ON")
    while is_left(store):
        with store.write():
            _hide_some(store, mail, text)
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _hide_some(store: Store, mail: Callable[[bytes], bytes], text: Callable[[str], str]) -> None:
    last = int(store.fact(IN_CLEAR) or 0)
    if not last:
        return  # another one was faster
    span = [last - _BATCH + 1, last]
    _rewrite(store, "messages", ("kept",), mail, "id BETWEEN ? AND ?", span)
    _rewrite(store, "messages", ("sender", "subject", "words"), text, "id BETWEEN ? AND ?", span)
    _rewrite(store, "failures", ("diagnostic", "words"), text, "message BETWEEN ? AND ?", span)
    _rewrite(store, "links", ("matched",), text, f"failure IN ({_FAILURES})", span)
    if span[0] > 1:
        store.set_fact(IN_CLEAR, str(span[0] - 1))
        return
    _rewrite(store, "cases", ("matched",), text)
    _rewrite(store, "history", ("detail",), text)
    _rewrite(store, "undo", ("steps",), text)
    store.do("DELETE FROM facts WHERE name = ?", [IN_CLEAR])


def _rewrite(
    store: Store,
    table: str,
    columns: tuple[str, ...],
    change: Change,
    where: str = "1",
    values: list[int] | None = None,
) -> None:
    for row in store.rows(f"SELECT id, {', '.join(columns)} FROM {table} WHERE {where}", values or []):  # noqa: S608
        changed = {name: after for name in columns if (after := change(row[name])) != row[name]}
        if changed:
            store.update(table, row["id"], changed)
