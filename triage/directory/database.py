"""Databases: an SQLite file, or whatever SQLAlchemy reaches. Nothing is ever written there.

A URL may hold a password: it stands in no error, no log and not in the store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from triage.directory.records import Record, Records, column, columns, value
from triage.errors import SettingsError
from triage.lang import _
from triage.text import line

_AT_ONCE = 2_000
"""Rows fetched together."""


class SqliteFile:
    """An SQLite file, opened read-only; its tables and views. Raises SettingsError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            self._db.execute("PRAGMA query_only = ON")
            self._db.execute("PRAGMA trusted_schema = OFF")
            found = self._db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
            self.tables: tuple[str, ...] = tuple(str(row[0]) for row in found)
            self._db.execute("BEGIN")  # all tables as they are at one moment
        except sqlite3.Error as error:
            raise self._trouble(error) from None

    def records(self, table: str, query: str = "") -> Records:
        try:
            found = self._db.execute(query or f"SELECT * FROM {_quoted(table)}")  # noqa: S608 (quoted)
            total = 0 if query else self._db.execute(f"SELECT count(*) FROM {_quoted(table)}").fetchone()[0]  # noqa: S608
        except sqlite3.Error as error:
            raise self._trouble(error, table) from None
        header = [name for name, *_rest in found.description or ()]
        return Records(
            f"{self._path.name} [{table}]", columns(header), self._rows(found, header, table), total, found.close
        )

    def close(self) -> None:
        self._db.close()

    def _rows(self, found: sqlite3.Cursor, header: Sequence[str], table: str) -> Iterator[Record]:
        try:
            yield from _records(iter(found), header)
        except sqlite3.Error as error:
            raise self._trouble(error, table) from None

    def _trouble(self, error: sqlite3.Error, table: str = "") -> SettingsError:
        where = f"{self._path} [{table}]" if table else self._path
        return SettingsError(
            _("{file} cannot be read: {error}", file=where, error=line(str(error), 200)),
            _("It must be an SQLite file with tables or views of those names."),
        )


class SqlDatabase:
    """A database by its URL. Raises SettingsError."""

    def __init__(self, url: str) -> None:
        try:
            import sqlalchemy
        except ImportError:
            raise SettingsError(
                _("To read a database by its URL SQLAlchemy is needed."),
                _("Install triage[sql] and the database's driver, e.g. psycopg."),
            ) from None
        self._sql = sqlalchemy
        try:
            parsed = sqlalchemy.make_url(url)
        except (sqlalchemy.exc.ArgumentError, ValueError):
            raise SettingsError(
                _("The URL of the directory is none."), _("Such as postgresql+psycopg://reader@db.example/iprot.")
            ) from None
        self.name = parsed.render_as_string(hide_password=True)
        self._secrets = [secret for secret in (str(parsed.password or ""), url) if secret]
        try:
            self._engine = sqlalchemy.create_engine(parsed, poolclass=sqlalchemy.pool.NullPool)
            self._connection = self._engine.connect().execution_options(**_read_only(self._engine.dialect.name))
            self._connection.begin()
        except Exception as error:  # a driver raises what it likes
            raise self._trouble(error) from None

    def records(self, table: str, query: str = "") -> Records:
        named = query or f"SELECT * FROM {self._quoted(table)}"  # noqa: S608 (quoted)
        try:
            found = self._connection.execution_options(stream_results=True, max_row_buffer=_AT_ONCE).execute(
                self._sql.text(named.replace(":", "\\:"))
            )
            header = list(found.keys())
        except Exception as error:
            raise self._trouble(error, table) from None
        return Records(f"{self.name} [{table}]", columns(header), self._rows(found, header, table), close=found.close)

    def close(self) -> None:
        with suppress(Exception):
            self._connection.close()
        self._engine.dispose()

    def has(self, table: str) -> bool:
        """Whether there is such a table or view where the connection looks first."""
        schema, _dot, name = table.rpartition(".")
        try:
            inspector = self._sql.inspect(self._connection)
            return bool(inspector.has_table(name, schema=schema or None)) or name in inspector.get_view_names(
                schema=schema or None
            )
        except Exception as error:
            raise self._trouble(error, table) from None

    def _quoted(self, table: str) -> str:
        quote = self._engine.dialect.identifier_preparer.quote
        return ".".join(quote(part) for part in table.split("."))

    def _rows(self, found: Any, header: Sequence[str], table: str) -> Iterator[Record]:
        try:
            yield from _records((tuple(row) for row in found.yield_per(_AT_ONCE)), header)
        except self._sql.exc.SQLAlchemyError as error:
            raise self._trouble(error, table) from None

    def _trouble(self, error: Exception, table: str = "") -> SettingsError:
        """In the driver's words, without what is secret in them."""
        said = str(getattr(error, "orig", None) or error) or type(error).__name__
        for secret in self._secrets:
            said = said.replace(secret, "***")
        where = f"{self.name} [{table}]" if table else self.name
        return SettingsError(
            _("{file} cannot be read: {error}", file=where, error=line(said, 300)),
            _("Check url, tables and queries in [directory]."),
        )


def _read_only(dialect: str) -> Mapping[str, Any]:
    """Where the database can promise it: no writing, and all tables as they are at one moment."""
    if dialect == "postgresql":
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return {}


def _records(rows: Iterator[tuple[Any, ...]], header: Sequence[str]) -> Iterator[Record]:
    named = [column(name) for name in header]
    for number, row in enumerate(rows, 1):
        try:
            yield number, {name: value(cell) for name, cell in zip(named, row, strict=True)}
        except ValueError as error:
            yield number, str(error)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
