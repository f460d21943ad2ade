"""The directory is read from whatever it lies in: files of many programs, workbooks, databases."""

from __future__ import annotations

import sqlite3
import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from servers.postgres import Postgres

from triage import clock, config, lang
from triage.directory import batches, open_source
from triage.errors import SettingsError
from triage.model import Protocol, Recipient, Rejection

WEBER = Recipient("r1", "Peter Weber", "p.weber@bau.example", "2026-0001")
AT_MIDNIGHT = datetime.fromisoformat("2026-11-16")
HALF_PAST_EIGHT = datetime.fromisoformat("2026-11-01T08:30")
JOUR_FIXE = Protocol("2026-0001", "Jour fixe", date=date(2026, 11, 16), author="a1")


@pytest.fixture(autouse=True)
def _english() -> None:
    lang.use("en")


def settings(folder: Path, written: str = "") -> config.Settings:
    return config.parse(written, folder / "triage.toml")


def rows(settings: config.Settings, path: Path | None = None) -> tuple[dict[str, list[Any]], list[Rejection]]:
    """All rows by table, and all rejections."""
    found: dict[str, list[Any]] = {}
    rejections: list[Rejection] = []
    with open_source(settings, path) as source:
        for batch in batches(source):
            found.setdefault(batch.table, []).extend(batch.rows)
            rejections += batch.rejections
    return found, rejections


# --- names of their own ---

MAPPED = """
[directory]
path = "export"
[directory.tables]
recipients = "Empfänger"
[directory.columns.recipients]
id = "Nr."
email = "E-Mail"
protocol = "PROTOKOLL"
"""


@pytest.mark.parametrize("file", ["empfänger.csv", "Empfänger.CSV"])
def test_files_and_columns_may_have_names_of_their_own(tmp_path: Path, file: str) -> None:
    (tmp_path / "export").mkdir()
    header = "\ufeffNr. ; Name;e-mail;Protokoll\r\n"
    (tmp_path / "export" / file).write_text(header + "r1;Peter Weber;p.weber@bau.example;2026-0001\r\n", "utf-8")
    assert rows(settings(tmp_path, MAPPED)) == ({"recipients": [WEBER]}, [])


def test_a_column_that_is_not_there_is_named_with_the_nearest_and_the_setting(tmp_path: Path) -> None:
    (tmp_path / "recipients.csv").write_text("id,name,E-Mail,protocol\nr1,Peter,p@bau.example,1\n")
    with pytest.raises(SettingsError) as caught:
        rows(settings(tmp_path), tmp_path)
    assert caught.value.message == "recipients.csv: the column email is missing."
    assert caught.value.hint == "Is it E-Mail? Then write email = 'E-Mail' in [directory.columns.recipients]."
    told = settings(tmp_path, "[directory.columns.recipients]\nemail = 'E-Mail'\n")
    assert rows(told, tmp_path)[0]["recipients"][0].email == "p@bau.example"


def test_a_column_that_only_the_settings_name_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "recipients.csv").write_text("id,name,email,protocol\nr1,Peter,p@bau.example,1\n")
    told = settings(tmp_path, "[directory.columns.recipients]\ncompany = 'Firma'\n")
    with pytest.raises(SettingsError, match="the column Firma is missing"):
        rows(told, tmp_path)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
def test_what_german_excel_writes_is_read(tmp_path: Path, encoding: str) -> None:
    text = 'sep=;\r\nnumber;title;author;date\r\n2026-0001;"Größe; ""Höhe""";a1;16.11.2026\r\n'
    (tmp_path / "protocols.csv").write_bytes(text.encode(encoding))
    [found] = rows(settings(tmp_path), tmp_path)[0]["protocols"]
    assert (found.title, found.date) == ('Größe; "Höhe"', date(2026, 11, 16))


def test_a_line_without_end_is_rejected_and_the_next_is_read(tmp_path: Path) -> None:
    good = "r1,Peter Weber,p.weber@bau.example,2026-0001\n"
    endless = "x" * 3_000_000
    (tmp_path / "recipients.csv").write_text(f"id,name,email,protocol\nr0,{endless},a@b.example,1\n{good}")
    found, [rejection] = rows(settings(tmp_path), tmp_path)
    assert (found["recipients"], rejection.line) == ([WEBER], 2)


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "json"])
def test_json_lines_are_read(tmp_path: Path, suffix: str) -> None:
    line = '{"id": "r1", "name": "Peter Weber", "email": "p.weber@bau.example", "protocol": "2026-0001"}\n'
    (tmp_path / f"recipients.{suffix}").write_text(line * 3_000)
    assert rows(settings(tmp_path), tmp_path)[0]["recipients"] == [WEBER] * 3_000


def test_a_long_json_list_is_read_piece_by_piece(tmp_path: Path) -> None:
    one = '{"id": "r1", "name": "Peter Weber", "email": "p.weber@bau.example", "protocol": "2026-0001"}'
    file = tmp_path / "recipients.json"
    file.write_text("[" + " ,\n".join([one] * 10_000) + "\n]\n")
    assert rows(settings(tmp_path), file)[0]["recipients"] == [WEBER] * 10_000
    file.write_text("[" + ",".join([one] * 10_000) + f"\n{one}]")
    with pytest.raises(SettingsError, match="a comma is missing after object 10000"):
        rows(settings(tmp_path), file)


# --- workbooks ---


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    book.save(path)
    return path


def test_a_workbook_holds_the_tables_as_sheets_with_dates_as_dates(tmp_path: Path) -> None:
    file = workbook(
        tmp_path / "Verzeichnis.xlsx",
        {
            "Notizen": [["nur so"]],
            "Protocols": [
                [],
                ["Number", "title", "author", "date", None],
                ["2026-0001", "Jour fixe", "a1", AT_MIDNIGHT, "left over"],
            ],
            "recipients": [
                ["id", "name", "email", "protocol", "entered_at"],
                [7, "Peter Weber", "p.weber@bau.example", "2026-0001", HALF_PAST_EIGHT],
                [None, None, None],
                [7.5, "Peter", None, "2026-0001"],
            ],
        },
    )
    found, rejections = rows(settings(tmp_path), file)
    assert found["protocols"] == [JOUR_FIXE]
    [weber] = found["recipients"]
    assert (weber.id, weber.entered_at) == ("7", clock.parse("2026-11-01 08:30"))
    assert rejections == [Rejection("Verzeichnis.xlsx [recipients]", 4, "email is missing")]


def test_a_workbook_may_hold_one_table_under_its_own_name(tmp_path: Path) -> None:
    lines: list[list[object]] = [["number", "title", "author", "date"], ["2026-0001", "Jour fixe", "a1", "16.11.2026"]]
    workbook(tmp_path / "protocols.xlsx", {"Tabelle1": lines})
    assert rows(settings(tmp_path), tmp_path)[0] == {"protocols": [JOUR_FIXE]}
    assert rows(settings(tmp_path), tmp_path / "protocols.xlsx")[0] == {"protocols": [JOUR_FIXE]}


NAMES = "".join(
    f'<c r="{place}1" t="inlineStr"><is><t>{name}</t></is></c>'
    for place, name in {"A": "id", "B": "name", "C": "email"}.items()
)


def packed(path: Path, sheet: bytes, more: dict[str, bytes] | None = None) -> Path:
    """A workbook whose one sheet is these octets."""
    workbook(path, {"authors": [["id", "name", "email"]]})
    with zipfile.ZipFile(path) as old:
        parts = {part.filename: old.read(part) for part in old.infolist()}
    parts = {**parts, "xl/worksheets/sheet1.xml": sheet, **(more or {})}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return path


def test_a_workbook_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    file = packed(tmp_path / "authors.xlsx", b"<worksheet>" + b" " * 30_000_000)
    with pytest.raises(SettingsError, match="unpacks to more than a table can be"):
        rows(settings(tmp_path), file)


@pytest.mark.parametrize(
    "declared", ['<!ENTITY x SYSTEM "file:///etc/hostname">', '<!ENTITY x "lol">', '<!ENTITY % x SYSTEM "http://h/">']
)
def test_a_workbook_with_entities_is_refused(tmp_path: Path, declared: str) -> None:
    sheet = (
        f'<?xml version="1.0"?><!DOCTYPE worksheet [{declared}]>'
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        f'<row r="1">{NAMES}</row><row r="2"><c r="A2" t="inlineStr"><is><t>&x;</t></is></c></row>'
        "</sheetData></worksheet>"
    )
    file = packed(tmp_path / "authors.xlsx", sheet.replace("&x;", "&x;" if "%" not in declared else "1").encode())
    with pytest.raises(SettingsError, match="is no workbook that can be read"):
        rows(settings(tmp_path), file)


def test_a_row_far_below_and_a_cell_far_to_the_right_cost_nothing(tmp_path: Path) -> None:
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
        f'<sheetData><row r="1">{NAMES}</row><row r="99999999999"><c r="XFD99999999999"><v>1</v></c></row>'
        "</sheetData></worksheet>"
    )
    file = packed(tmp_path / "authors.xlsx", sheet.encode())
    assert rows(settings(tmp_path), file) == ({"authors": []}, [])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip at all"])
def test_what_is_no_workbook_is_an_error_that_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "authors.xlsx").write_bytes(content)
    with pytest.raises(SettingsError, match="is no workbook that can be read"):
        rows(settings(tmp_path), tmp_path)


# --- SQLite ---


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    file = tmp_path / "iprot.db"
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE protocols (number TEXT, title TEXT, author TEXT, date TEXT)")
        db.execute("INSERT INTO protocols VALUES ('2026-0001', 'Jour fixe', 'a1', '2026-11-16')")
        db.execute("CREATE TABLE person (nr INTEGER, name TEXT, mail TEXT, p TEXT)")
        db.execute("INSERT INTO person VALUES (1, 'Peter Weber', 'p.weber@bau.example', '2026-0001')")
        db.execute("INSERT INTO person VALUES (2, 'Bild', x'00ff', '2026-0001')")
        db.execute("CREATE VIEW recipients AS SELECT 'r' || nr AS id, name, mail AS email, p AS protocol FROM person")
    db.close()
    return file


def test_an_sqlite_file_is_read_its_views_too_and_never_written(tmp_path: Path, sqlite_file: Path) -> None:
    before = sqlite_file.read_bytes()
    sqlite_file.chmod(0o400)
    found, rejections = rows(settings(tmp_path), sqlite_file)
    assert found == {"protocols": [JOUR_FIXE], "recipients": [WEBER]}
    assert rejections == [Rejection("iprot.db [recipients]", 2, "a value is no text")]
    assert sqlite_file.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["iprot.db"]


def test_queries_select_what_the_tables_do_not_have(tmp_path: Path, sqlite_file: Path) -> None:
    told = settings(
        tmp_path,
        "[directory]\npath = 'iprot.db'\n[directory.queries]\n"
        "recipients = \"SELECT 'r' || nr AS id, name, mail AS email, p AS protocol FROM person WHERE nr = 1\"\n",
    )
    assert rows(told) == ({"protocols": [JOUR_FIXE], "recipients": [WEBER]}, [])


def test_a_query_that_writes_is_refused(tmp_path: Path, sqlite_file: Path) -> None:
    told = settings(
        tmp_path, "[directory]\npath = 'iprot.db'\n[directory.queries]\nrecipients = 'DELETE FROM person'\n"
    )
    with pytest.raises(SettingsError, match="readonly database"):
        rows(told)


# --- databases by URL ---


@pytest.fixture
def filled(postgres: Postgres) -> Postgres:
    """The product's database: names and types of its own."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(postgres.url("owner"))
    with engine.begin() as db:
        db.exec_driver_sql("DROP SCHEMA public CASCADE")
        db.exec_driver_sql("CREATE SCHEMA public")
        db.exec_driver_sql("GRANT ALL ON SCHEMA public TO PUBLIC")
        db.exec_driver_sql('CREATE TABLE protocols (number text, title text, author text, "Datum" date)')
        db.exec_driver_sql("INSERT INTO protocols VALUES ('2026-0001', 'Jour fixe', 'a1', '2026-11-16')")
        db.exec_driver_sql(
            'CREATE TABLE "Empfaenger" (id uuid DEFAULT gen_random_uuid(), name varchar, "E-Mail" text,'
            " protocol text, entered_at timestamptz, geloescht boolean)"
        )
        db.exec_driver_sql(
            'INSERT INTO "Empfaenger" (name, "E-Mail", protocol, entered_at, geloescht) SELECT \'Person \' || n,'
            " 'p' || n || '@bau.example', '2026-0001', '2026-11-01 08:00+00', mod(n, 2) = 0"
            " FROM generate_series(1, 5000) n"
        )
    engine.dispose()
    return postgres


IN_POSTGRES = """
[directory]
url_command = "{command}"
[directory.tables]
recipients = "Empfaenger"
[directory.columns.recipients]
email = "e-mail"
[directory.columns.protocols]
date = "Datum"
"""


def printing(folder: Path, url: str) -> str:
    """A command that prints the URL."""
    (folder / "url").write_text(url + "\n", "utf-8")
    return f"cat {folder / 'url'}"


def test_a_postgresql_database_is_read_through_a_command_that_tells_the_url(tmp_path: Path, filled: Postgres) -> None:
    told = settings(tmp_path, IN_POSTGRES.format(command=printing(tmp_path, filled.url())))
    found, rejections = rows(told)
    assert not rejections
    assert found["protocols"] == [JOUR_FIXE]
    assert {row.email for row in found["recipients"]} == {f"p{n}@bau.example" for n in range(1, 5001)}
    assert found["recipients"][0].entered_at == clock.parse("2026-11-01 08:00Z")
    assert len(found["recipients"][0].id) == 36


def test_a_query_selects_in_postgresql_and_its_colons_are_its_own(tmp_path: Path, filled: Postgres) -> None:
    told = settings(
        tmp_path,
        f"[directory]\nurl = '{filled.url()}'\n[directory.queries]\n"
        'recipients = \'\'\'SELECT id::text, name, "E-Mail" AS email, protocol FROM "Empfaenger" '
        "WHERE NOT geloescht'''\n"
        "[directory.columns.protocols]\ndate = 'datum'\n",
    )
    assert len(rows(told)[0]["recipients"]) == 2500


def test_nothing_can_be_written_in_postgresql(tmp_path: Path, filled: Postgres) -> None:
    import sqlalchemy

    engine = sqlalchemy.create_engine(filled.url("owner"))
    with engine.begin() as db:
        db.exec_driver_sql(
            "CREATE FUNCTION wiped() RETURNS SETOF protocols LANGUAGE sql AS 'DELETE FROM protocols RETURNING *'"
        )
    engine.dispose()
    told = settings(
        tmp_path,
        f"[directory]\nurl = '{filled.url('owner')}'\n[directory.queries]\nprotocols = 'SELECT * FROM wiped()'\n",
    )
    with pytest.raises(SettingsError, match="read-only transaction"):
        rows(told)


@pytest.mark.parametrize(
    "wrong", ["password", "host", "table", "column", "query", "driver"], ids=lambda wrong: f"wrong {wrong}"
)
def test_no_error_shows_the_password(tmp_path: Path, filled: Postgres, wrong: str) -> None:
    secret = "hush-hush-7"
    url = filled.url(password=secret) if wrong == "password" else filled.url()
    url = url.replace("127.0.0.1", "127.0.0.1:1/x?") if wrong == "host" else url
    url = url.replace("+psycopg", "+nosuchdriver") if wrong == "driver" else url
    more = {
        "table": "[directory.tables]\nauthors = 'nosuch'\n",
        "column": "[directory.tables]\nrecipients = 'Empfaenger'\n",
        "query": "[directory.queries]\nauthors = 'SELEC 1'\n",
    }.get(wrong, "")
    with pytest.raises(SettingsError) as caught:
        rows(settings(tmp_path, f"[directory]\nurl = '{url}'\n{more}"))
    said = caught.value.message + caught.value.hint
    assert secret not in said
    assert "geheim" not in said
    if wrong == "column":
        assert caught.value.hint == "Is it E-Mail? Then write email = 'E-Mail' in [directory.columns.recipients]."


def test_an_sqlite_database_is_read_through_sqlalchemy(tmp_path: Path, sqlite_file: Path) -> None:
    found, _rejections = rows(settings(tmp_path, f"[directory]\nurl = 'sqlite:///{sqlite_file}'\n"))
    assert found == {"protocols": [JOUR_FIXE], "recipients": [WEBER]}


def test_a_url_that_is_none_is_an_error_that_does_not_show_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        rows(settings(tmp_path, "[directory]\nurl = 'reader:secret@db'\n"))
    assert "secret" not in caught.value.message + caught.value.hint
