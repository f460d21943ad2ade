"""A directory's files, found by their names and read whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from triage.directory.files import open_records
from triage.directory.tables import TABLES, BadRow, Row, Table
from triage.errors import SettingsError
from triage.lang import _
from triage.model import Author, Delivery, DirectoryRows, Protocol, Recipient, Rejection

_SUFFIXES = (".csv", ".json")


def read(path: Path) -> DirectoryRows:
    """The rows of a folder's authors, protocols, recipients and deliveries (.csv or .json), or of one such file.

    A table may be missing; a row that cannot be used becomes a `Rejection`. Raises SettingsError where a whole file
    cannot be used.
    """
    files = _files(path)
    if not files:
        raise SettingsError(
            _("{path} holds no directory.", path=path),
            _("Expected are {names}, each as .csv or .json.", names=", ".join(table.name for table in TABLES)),
        )
    found = {table.name: _read_table(table, file) for table, file in files}
    empty = _Content()
    return DirectoryRows(
        authors=cast(tuple[Author, ...], tuple(found.get("authors", empty).rows)),
        protocols=cast(tuple[Protocol, ...], tuple(found.get("protocols", empty).rows)),
        recipients=cast(tuple[Recipient, ...], tuple(found.get("recipients", empty).rows)),
        deliveries=cast(tuple[Delivery, ...], tuple(found.get("deliveries", empty).rows)),
        rejections=tuple(rejection for content in found.values() for rejection in content.rejections),
    )


@dataclass(slots=True)
class _Content:
    """What a file holds."""

    rows: list[Row] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)


def _files(path: Path) -> list[tuple[Table, Path]]:
    """Which table stands in which file, in the tables' order."""
    try:
        candidates = sorted(path.iterdir()) if path.is_dir() else [path] if path.is_file() else []
    except OSError as error:
        raise SettingsError(_("{file} cannot be read: {error}", file=path, error=error)) from None
    if not candidates and not path.exists():
        raise SettingsError(
            _("The directory {path} does not exist.", path=path), _("[directory] path names a folder or a file.")
        )
    files: list[tuple[Table, Path]] = []
    for table in TABLES:
        fitting = [c for c in candidates if c.stem.lower() == table.name and c.suffix.lower() in _SUFFIXES]
        if len(fitting) > 1:
            names = ", ".join(file.name for file in fitting)
            raise SettingsError(
                _("{path} holds {table} more than once: {names}.", path=path, table=table.name, names=names),
                _("Leave only the one that is valid."),
            )
        files.extend((table, file) for file in fitting)
    return files


def _read_table(table: Table, file: Path) -> _Content:
    source = open_records(file)
    records = list(source.records)
    missing = [column for column in table.required if column not in source.columns]
    if missing and (records or file.suffix.lower() == ".csv"):
        raise SettingsError(
            _("{file}: the column {column} is missing.", file=file, column=", ".join(missing)),
            _("{table} needs the columns {columns}.", table=table.name, columns=", ".join(table.required)),
        )
    content = _Content()
    for line, values in records:
        try:
            if isinstance(values, str):
                raise BadRow(values)
            content.rows.append(table.row({column: values.get(column, "") for column in table.columns}))
        except BadRow as reason:
            content.rejections.append(Rejection(file.name, line, str(reason)))
    return content
