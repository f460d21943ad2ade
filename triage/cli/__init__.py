"""The command line: the screens' twin, for scripts and for quick work. Each command is a few lines that call the desk.

frame    global options, errors to exit codes      cases    the queue: list, show, link, close, wait, note
output   lines and tables that are safe to print   letters  draft, letters, send, settle, record, ledger
start    demo, init, check, undo                   files    classify, week
sync     reading the mailbox, and watching it       directory  its import, and how old it is
"""

from __future__ import annotations

import os
import sqlite3
import sys

import click

from triage.cli import cases, directory, files, letters, start, sync
from triage.cli.frame import App, group
from triage.cli.output import complain
from triage.errors import FAILED, TriageError
from triage.lang import _

for command in (
    *start.COMMANDS,
    *sync.COMMANDS,
    *cases.COMMANDS,
    *letters.COMMANDS,
    *files.COMMANDS,
    *directory.COMMANDS,
):
    group.add_command(command)

__all__ = ["App", "group", "run"]


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; every error is one line and an exit code, never a traceback."""
    try:
        result = group.main(arguments, prog_name="triage", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        complain(_("Stopped."))
        return 130
    except TriageError as error:
        complain(error.message, error.hint)
        return error.exit_code
    except sqlite3.Error as error:
        complain(_("The store refuses: {error}", error=error), _("Nothing half was written."))
        return FAILED
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 (what is left goes nowhere)
        return FAILED
    except OSError as error:
        complain(str(error))
        return FAILED
    return result if isinstance(result, int) else 0
