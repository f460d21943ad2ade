"""Where the directory lies: which table stands in which file, sheet or table of a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from triage import config
from triage.directory.csv_file import open_csv
from triage.directory.database import SqlDatabase, SqliteFile
from triage.directory.json_file import open_json
from triage.directory.records import Records, column
from triage.directory.tables import TABLES, Table
from triage.directory.workbook import Workbook
from triage.errors import SettingsError
from triage.lang import _

_READERS = {".csv": open_csv, ".tsv": open_csv, ".json": open_json, ".jsonl": open_json, ".ndjson": open_json}
_XLSX = (".xlsx", ".xlsm")
_SQLITE = b"SQLite format 3\0"


@dataclass(slots=True)
class Source:
    """An open directory: its tables in their order, each opened when it is asked for."""

    name: str
    """Where from, for eyes; no password stands in it."""
    parts: list[tuple[Table, Callable[[], Records]]] = field(default_factory=list)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By table: our name of a column to theirs."""
    held: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.held.close()


def open_path(path: Path, wanted: config.Directory) -> Source:
    """A folder of files, one such file, a workbook, or an SQLite file. Raises SettingsError."""
    source = Source(str(path), columns=_columns(wanted))
    try:
        if path.is_dir():
            for file, table in _by_name(sorted(path.iterdir()), wanted, path):
                source.parts.append((table, partial(_open, file, table, wanted, source.held)))
        elif path.is_file():
            _open_alone(source, path, wanted)
        elif not path.exists():
            raise SettingsError(
                _("The directory {path} does not exist.", path=path), _("[directory] path names a folder or a file.")
            )
    except OSError as error:
        raise _unreadable(path, error) from None
    except BaseException:
        source.held.close()
        raise
    if not source.parts:
        source.held.close()
        raise SettingsError(
            _("{path} holds no directory.", path=path),
            _(
                "Expected are {names} as .csv, .json or .xlsx, as sheets or tables of one file;"
                " or other names, told by [directory.tables].",
                names=", ".join(table.name for table in TABLES),
            ),
        )
    return source


def open_url(url: str, wanted: config.Directory) -> Source:
    """A database by its URL. Raises SettingsError."""
    database = SqlDatabase(url)
    source = Source(database.name, columns=_columns(wanted))
    source.held.callback(database.close)
    for table in TABLES:
        query, name = getattr(wanted.queries, table.name), _name(table, wanted)
        if query or getattr(wanted.tables, table.name) or database.has(name):
            source.parts.append((table, partial(database.records, name, query)))
    if not source.parts:
        database.close()
        raise SettingsError(
            _("{path} holds no directory.", path=database.name),
            _("Name its tables in [directory.tables], or the SQL that selects them in [directory.queries]."),
        )
    return source


def _columns(wanted: config.Directory) -> dict[str, Mapping[str, str]]:
    return {table.name: getattr(wanted.columns, table.name) for table in TABLES}


def _name(table: Table, wanted: config.Directory) -> str:
    """What the table is called there."""
    return getattr(wanted.tables, table.name) or table.name


def _by_name(files: Sequence[Path], wanted: config.Directory, path: Path) -> list[tuple[Path, Table]]:
    """Which table stands in which file, in the tables' order."""
    found: list[tuple[Path, Table]] = []
    for table in TABLES:
        name = column(_name(table, wanted))
        fitting = [
            file
            for file in files
            if name in (column(file.stem), column(file.name)) and file.suffix.lower() in {*_READERS, *_XLSX}
        ]
        if len(fitting) > 1:
            names = ", ".join(file.name for file in fitting)
            raise SettingsError(
                _("{path} holds {table} more than once: {names}.", path=path, table=table.name, names=names),
                _("Leave only the one that is valid."),
            )
        found += [(file, table) for file in fitting]
    return found


def _open(file: Path, table: Table, wanted: config.Directory, held: ExitStack) -> Records:
    """One file for one table. Raises SettingsError."""
    if file.suffix.lower() in _XLSX:
        book = Workbook(file)
        held.callback(book.close)
        name = column(_name(table, wanted))
        return book.records(next((sheet for sheet in book.sheets if column(sheet) == name), book.sheets[0]))
    try:
        return _READERS[file.suffix.lower()](file)
    except OSError as error:
        raise _unreadable(file, error) from None


def _open_alone(source: Source, path: Path, wanted: config.Directory) -> None:
    """A file that holds one table or all of them."""
    suffix = path.suffix.lower()
    if suffix in _XLSX:
        book = Workbook(path)
        source.held.callback(book.close)
        for table in TABLES:
            name = column(_name(table, wanted))
            source.parts += [(table, partial(book.records, s)) for s in book.sheets if column(s) == name][:1]
    elif suffix not in _READERS and _is_sqlite(path):
        database = SqliteFile(path)
        source.held.callback(database.close)
        for table in TABLES:
            query, wanted_name = getattr(wanted.queries, table.name), column(_name(table, wanted))
            name = next((t for t in database.tables if column(t) == wanted_name), "")
            if query or name:
                name = name or table.name
                source.parts.append((table, partial(database.records, name, query)))
    if not source.parts:
        for file, table in _by_name([path], wanted, path):
            source.parts.append((table, partial(_open, file, table, wanted, source.held)))


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _unreadable(path: Path, error: OSError) -> SettingsError:
    return SettingsError(_("{file} cannot be read: {error}", file=path, error=error.strerror or error))
