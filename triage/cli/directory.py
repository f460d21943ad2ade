"""The directory on the command line: import and status."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from triage import lang
from triage.cli.frame import App, pass_app
from triage.cli.output import complain, print_json, progress, say
from triage.desk import directory as room
from triage.errors import DONE, PARTLY, SettingsError
from triage.lang import _
from triage.model import Rejection
from triage.text import address, line

_LOG_EVERY = 5.0
"""Seconds between two lines of progress where there is no terminal."""


@click.group(help=_("The directory of protocols, authors, recipients and deliveries."))
def directory() -> None: ...


@directory.command(
    "import",
    help=_(
        "Import files (CSV, JSON, XLSX, SQLite), or what the settings name if there is no PATH: files or a database."
        " Twice is once."
    ),
)
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option(
    "--complete",
    is_flag=True,
    help=_("It is all there is: recipients and authors that are not in it are gone, and cases close by it."),
)
@click.option("--yes", is_flag=True, help=_("Even if more than 5 % of the recipients would vanish."))
@click.option(
    "--rejected",
    "into",
    type=click.Path(path_type=Path, dir_okay=False),
    help=_("Write all rejected rows to this CSV."),
)
@click.option("--json", "as_json", is_flag=True, help=_("The report as a JSON object, with all rejected rows."))
@pass_app
def directory_import(app: App, path: Path | None, complete: bool, yes: bool, into: Path | None, as_json: bool) -> int:
    every: list[Rejection] = []
    meter = _Meter()
    with app.desk() as desk, _written_to(into) as write:

        def rejected(row: Rejection) -> None:
            write(row)
            if as_json:
                every.append(row)

        def doubt(loss: room.Loss) -> bool:
            meter.wipe()
            return yes or _ask(loss)

        try:
            report = room.import_directory(
                desk, path, complete=complete, progress=meter, rejected=rejected, doubt=doubt
            )
        finally:
            meter.wipe()
    if as_json:
        print_json({**asdict(report), "rejections": [asdict(row) for row in every]})
    else:
        _say(report)
    return PARTLY if report.rejected else DONE


def _say(report: room.ImportReport) -> None:
    words = _(
        "{new} rows new, {changed} changed, {gone} gone, {same} as before",
        new=report.new,
        changed=report.changed,
        gone=report.gone,
        same=report.same,
    )
    say(f"{line(report.source)}: {words}")
    if report.corrected:
        say(_("one recipient has another address|{n} recipients have another address", n=report.corrected))
    for written in report.closed[: room.SHOWN]:
        say(_("closed {address}", address=address(written)))
    if len(report.closed) > room.SHOWN:
        say(_("and {n} more", n=len(report.closed) - room.SHOWN))
    for reference in report.withdrawn:
        say(_("letter {reference} was up for review and is about less now, or thrown away", reference=reference))
    for table in report.doubts:
        complain(_("{table}: rows cannot be used, so that none of it counts as gone.", table=table))
    if report.linked:
        say(_("one case found its protocol|{n} cases found their protocol", n=report.linked))
    for row in report.rejections:
        complain(f"{row.file}:{row.line}: {row.reason}")
    if report.rejected > len(report.rejections):
        complain(
            _("and {n} rows more cannot be used.", n=report.rejected - len(report.rejections)),
            _("--rejected FILE writes all of them."),
        )


def _ask(loss: room.Loss) -> bool:
    """A person is asked; where there is none the answer is no."""
    if not sys.stdin.isatty():
        return False
    return click.confirm(
        _(
            "Of {n} recipients {vanish} would vanish and {change} get another address. Is the export whole?",
            n=loss.recipients,
            vanish=loss.vanish,
            change=loss.change,
        ),
        default=False,
    )


@contextmanager
def _written_to(path: Path | None) -> Iterator[Callable[[Rejection], object]]:
    """Writes rejected rows to a file as they come."""
    if path is None:
        yield lambda row: None
        return
    try:
        file = path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise SettingsError(_("{file} cannot be written: {error}", file=path, error=error.strerror)) from None
    with file:
        rows = csv.writer(file)
        rows.writerow(("file", "line", "reason"))
        yield lambda row: rows.writerow((row.file, row.line, row.reason))


class _Meter:
    """How far, and how fast: a line that replaces itself; without a terminal a line now and then."""

    def __init__(self) -> None:
        self._before: dict[str, int] = {}
        self._began = self._told = time.monotonic()

    def __call__(self, batch: room.Batch) -> None:
        self._before[batch.table] = batch.done
        rate = round(sum(self._before.values()) / max(0.001, time.monotonic() - self._began))
        told: dict[str, Any] = {"table": batch.table, "done": batch.done, "rate": rate}
        words = (
            _("{table}: {done} of {total}, {rate} a second", total=batch.total, **told)
            if batch.total >= batch.done
            else _("{table}: {done}, {rate} a second", **told)
        )
        if sys.stderr.isatty():
            progress(words)
        elif time.monotonic() - self._told >= _LOG_EVERY:
            self._told = time.monotonic()
            click.echo(words, err=True)

    def wipe(self) -> None:
        progress("")


@directory.command("status", help=_("How much it holds, where from, and how old it is."))
@click.option("--json", "as_json", is_flag=True, help=_("As a JSON object."))
@pass_app
def directory_status(app: App, as_json: bool) -> int:
    with app.desk() as desk:
        found = room.status(desk)
        stale = room.stale(desk.settings, desk.store)
    if as_json:
        print_json({**asdict(found), "stale": bool(stale)})
        return DONE
    say(_("authors {n}", n=found.authors))
    if found.gone_authors:
        say(_("  of them gone {n}", n=found.gone_authors))
    say(_("protocols {n}", n=found.protocols))
    say(_("recipients {n}", n=found.recipients))
    say(_("deliveries {n}", n=found.deliveries))
    if found.source:
        say(_("from {source}", source=line(found.source)))
    say(_("imported {day}", day=lang.day(found.imported_at)) if found.imported_at else _("never imported"))
    if found.complete_at:
        say(_("declared complete {day}", day=lang.day(found.complete_at)))
    if stale:
        complain(stale, _("`triage directory import` brings new ones."))
    return DONE


COMMANDS = (directory,)
