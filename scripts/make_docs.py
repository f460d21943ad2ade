"""Write the documents that are made from the program itself: docs/commands.md and docs/store.md.

A test holds them equal to what this writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from triage import lang
from triage.store.schema import TABLES

DOCS = Path(__file__).parents[1] / "docs"

STORE = """# The store

One SQLite file (by default in the XDG data folder, or `--store FILE`), private to its owner (0600), in WAL mode with
`synchronous=FULL`: what was sent is not forgotten by a power cut. Beside it lie `triage.db.key` (0600), the key of the
letters' names and of the hashes of links, and `triage.db.departures` (0600), the log of letters that left and of
notices recorded. Store and key belong into the backup; when an older store is put back, the log stays as it is. Copying
the file alone while Triage runs loses what is in the WAL; use `sqlite3 triage.db "VACUUM INTO 'copy.db'"`. A network
file system is refused.

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

COMMANDS = """# The commands

The screens' twin: everything the app does for scripts and for quick work. `triage` alone opens the app.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by a rule (named), 4 done in part. Errors go to standard error,
one line and a hint.
"""


def documents() -> dict[Path, str]:
    """Path to text of every document made here."""
    return {DOCS / "store.md": STORE.format(tables=TABLES), DOCS / "commands.md": commands()}


def commands() -> str:
    lang.use("en")
    from triage.cli import group

    parts = [COMMANDS, "## Options before every command\n\n" + "\n".join(_options(group)) + "\n"]
    parts += [
        section for name in sorted(group.commands) for section in _sections(group.commands[name], f"triage {name}")
    ]
    return "\n".join(parts)


def _sections(command: click.Command, name: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for sub in sorted(command.commands):
            yield from _sections(command.commands[sub], f"{name} {sub}")
        return
    arguments = "".join(
        f" {p.make_metavar(click.Context(command))}" for p in command.params if isinstance(p, click.Argument)
    )
    lines = [f"## {name}", "", f"    {name}{arguments}", "", command.help or ""]
    if options := list(_options(command)):
        lines += ["", *options]
    yield "\n".join(lines) + "\n"


def _options(command: click.Command) -> Iterator[str]:
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            names = ", ".join(f"`{name}`" for name in parameter.opts)
            yield f"- {names}: {parameter.help}"


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, "utf-8")
