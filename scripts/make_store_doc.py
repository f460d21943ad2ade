"""Write docs/store.md: the tables as they are, between words that explain them."""

from __future__ import annotations

from pathlib import Path

from triage.store.schema import TABLES

DOC = Path(__file__).parents[1] / "docs" / "store.md"

TEXT = """# The store

One SQLite file (by default in the XDG data folder, or `--store FILE`), private to its owner (0600), in WAL mode with
`synchronous=FULL`: what was sent is not forgotten by a power cut. Beside it lies `triage.db.key` (0600), the key of the
letters' names: both belong into the backup. Copying the file alone while Triage runs loses what is in the WAL; use
`sqlite3 triage.db "VACUUM INTO 'copy.db'"`. A network file system is refused.

Times are UTC, `YYYY-MM-DDTHH:MM:SSZ`. Every write is one immediate transaction. What a case shows (kind, link, counts,
section) is derived from its failures, links and letters, and brought up to date in the transaction that changed them.

## The walls of the ledger

- A notice's number is 1, 2 or 3 (`CHECK`), and an address has each number once among the notices that are not released
  (`notices_never_twice`): there is no room for a fourth, whoever writes.
- Notices are never deleted or renamed; letters that were claimed are never deleted; a letter's state moves only as
  `rules/letters.py` says (triggers).
- At every start the file's schema is held against the text below; a file that lost a wall is not opened.

## The tables

```sql
{tables}
```
"""


def text() -> str:
    return TEXT.format(tables=TABLES)


if __name__ == "__main__":
    DOC.write_text(text(), "utf-8")
