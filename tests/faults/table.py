"""docs/faults.md, made from the very tables that the tests run: `make faults` runs them and writes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from faults import drafts_table, imap_table, smtp_table, store_table
from servers.proxy import Fault

DOCUMENT = Path(__file__).parents[2] / "docs" / "faults.md"

_HEAD = """\
# When something breaks

Each cell is a test against a real server (Dovecot, an SMTP server, SQLite) behind a proxy that breaks the connection or
changes what is said, at that step and in that way; `make faults` runs them and writes this page from the same tables.
After each the store is compared with the mailbox: every mail is there exactly once, and a letter never leaves twice.
"""

_ELSEWHERE = """\
## The mailbox changes while it is read

Mails that vanish between list and fetch are passed over. A mailbox that is emptied ends the sync well. A folder that is
deleted or made anew (another UIDVALIDITY) ends it with one line that names the folder; the next sync reads what lies
there. A folder made anew between two syncs is read from its start, and what is known by its content is not doubled.

A server that keeps a mail back from a SEARCH and shows later ones is believed: nothing tells that the mail is there.
"""


def document() -> str:
    return "\n".join(
        [
            _HEAD,
            "## Reading the mailbox by IMAP\n",
            *_matrix(imap_table.cells(), imap_table.STEPS),
            *_meanings(imap_table.MEANING),
            "## A server that says what is not so\n",
            "| | |\n|---|---|",
            *(f"| {lie} | {outcome} |" for lie, (_fault, outcome) in imap_table.LIES.items()),
            "",
            _ELSEWHERE,
            "## A letter by SMTP\n",
            *_matrix(smtp_table.cells(), smtp_table.STEPS),
            *_meanings(smtp_table.MEANING),
            "## A letter into Drafts\n",
            *_matrix(drafts_table.cells(), drafts_table.STEPS),
            *_meanings(drafts_table.MEANING),
            "A letter that left by SMTP has left, whatever becomes of its copy for Sent: the letter says so.\n",
            "## The store and its disk\n",
            f"{store_table.THEN[0].upper()}{store_table.THEN[1:]}:\n",
            *(f"- {trouble}: *… {words}*" for trouble, (_spoiled, words) in store_table.TROUBLES.items()),
            "",
            "A disk that is full from a step of sending on:\n",
            *(f"- {moment}: {then}" for moment, (_step, then) in store_table.FILLS_AT.items()),
            "",
        ]
    )


def _matrix(cells: Iterable[tuple[str, str, Fault, str]], steps: Iterable[str]) -> list[str]:
    """A line for each way to break, a column for each step."""
    names = list(steps)
    rows: dict[str, dict[str, str]] = {}
    for step, what, _fault, outcome in cells:
        rows.setdefault(what, {})[step] = outcome
    return [
        f"| | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
        *(f"| {what} | {' | '.join(row.get(step, '') for step in names)} |" for what, row in rows.items()),
        "",
    ]


def _meanings(meanings: Mapping[str, str]) -> list[str]:
    return [*(f"- **{word}**: {meaning}" for word, meaning in meanings.items()), ""]


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
    print(document())
