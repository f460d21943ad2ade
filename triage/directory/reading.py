"""A directory, read as it goes: batches of good rows, and the others with file and line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import cast

from triage import config
from triage.config import Settings
from triage.directory.records import Records, column
from triage.directory.source import Source, open_path, open_url
from triage.directory.tables import TABLES, BadRow, Row, Table
from triage.errors import SettingsError
from triage.lang import _
from triage.login import secrets
from triage.model import Author, Delivery, DirectoryRows, Protocol, Recipient, Rejection

_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of one table, in the source's order; `lines` says where each stands. A table has at least one batch."""

    table: str
    file: str
    rows: tuple[Row, ...] = ()
    lines: tuple[int, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    has_holes: bool = False
    """A rejected row may be one that is known already: that it is not among these proves nothing."""
    done: int = 0
    total: int = 0
    """Records of this table; 0 where that is not known."""


def open_source(settings: Settings, path: Path | None = None) -> Source:
    """The directory at `path`, or where the settings say. Raises SettingsError."""
    wanted = settings.directory
    if path is not None:
        return open_path(path, wanted)
    if wanted.path:
        return open_path(settings.resolve(wanted.path), wanted)
    url = wanted.url or (secrets.from_command("url_command", wanted.url_command) if wanted.url_command else "")
    if url:
        return open_url(url.strip(), wanted)
    raise SettingsError(_("The settings name no directory."), _("Set path in [directory], or name a folder or file."))


def batches(source: Source) -> Iterator[Batch]:
    """All rows of all tables of an open source. Raises SettingsError where a whole table cannot be used."""
    for table, open_records in source.parts:
        records = open_records()
        try:
            yield from _batches(table, records, source.columns.get(table.name, {}))
        finally:
            records.close()


def read(path: Path) -> DirectoryRows:
    """All rows at once, for what is small; columns and tables have our own names. Raises SettingsError."""
    rows: dict[str, list[Row]] = {table.name: [] for table in TABLES}
    rejections: list[Rejection] = []
    with open_path(path, config.Directory()) as source:
        for batch in batches(source):
            rows[batch.table] += batch.rows
            rejections += batch.rejections
    return DirectoryRows(
        authors=cast(tuple[Author, ...], tuple(rows["authors"])),
        protocols=cast(tuple[Protocol, ...], tuple(rows["protocols"])),
        recipients=cast(tuple[Recipient, ...], tuple(rows["recipients"])),
        deliveries=cast(tuple[Delivery, ...], tuple(rows["deliveries"])),
        rejections=tuple(rejections),
    )


def _batches(table: Table, found: Records, names: Mapping[str, str]) -> Iterator[Batch]:
    records = found.records
    first = list(islice(records, _BATCH))
    _insist_on_columns(table, found, names, has_rows=bool(first))
    theirs = [(ours, column(names.get(ours, ours))) for ours in table.columns]
    done = 0
    while True:
        rows: list[Row] = []
        lines: list[int] = []
        rejections: list[Rejection] = []
        has_holes = False
        for line, values in first:
            try:
                if isinstance(values, str):
                    raise BadRow(values)
                rows.append(table.row({ours: values.get(their, "") for ours, their in theirs}))
                lines.append(line)
            except BadRow as reason:
                rejections.append(Rejection(found.name, line, str(reason)))
                has_holes = has_holes or reason.hides
        done += len(first)
        yield Batch(table.name, found.name, tuple(rows), tuple(lines), tuple(rejections), has_holes, done, found.total)
        first = list(islice(records, _BATCH))
        if not first:
            return


def _insist_on_columns(table: Table, found: Records, names: Mapping[str, str], *, has_rows: bool) -> None:
    """Those that the table needs and those that the settings name. A list of nothing needs none."""
    if not has_rows and not found.columns and found.name.endswith("json"):
        return
    wanted = [ours for ours in table.columns if ours in table.required or ours in names]
    missing = [ours for ours in wanted if column(names.get(ours, ours)) not in found.columns]
    if missing:
        raise SettingsError(
            _(
                "{file}: the column {column} is missing.",
                file=found.name,
                column=", ".join(names.get(ours, ours) for ours in missing),
            ),
            _hint(table, found, names, missing[0]),
        )


def _hint(table: Table, found: Records, names: Mapping[str, str], missing: str) -> str:
    """The column that may be it, and the setting that would say so."""
    taken = {column(names.get(ours, ours)) for ours in table.columns}
    free = {folded: written for folded, written in found.columns.items() if folded not in taken}
    near = difflib.get_close_matches(column(names.get(missing, missing)), free, n=1)
    if near:
        return _(
            "Is it {near}? Then write {ours} = '{near}' in [directory.columns.{table}].",
            near=free[near[0]],
            ours=missing,
            table=table.name,
        )
    return _(
        "It has {columns}. Say which one is {ours} in [directory.columns.{table}].",
        columns=", ".join(list(found.columns.values())[:20]) or _("no columns"),
        ours=missing,
        table=table.name,
    )
