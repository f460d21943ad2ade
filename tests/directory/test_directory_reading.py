"""A directory's files become rows or rejections, whatever program wrote them."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage import clock, lang
from triage.directory import read
from triage.errors import SettingsError
from triage.model import Author, Delivery, DirectoryRows, Protocol, Recipient, Rejection

AUTHORS = "id,name,email,language,salutation,title,company,deputy\na1,Eva Lang,lang@plan.example,de,Frau,Dr.,Plan,a2\n"


@pytest.fixture(autouse=True)
def _english() -> None:
    lang.use("en")


def written(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_a_folder_of_four_csv_files_is_read(tmp_path: Path) -> None:
    written(tmp_path, "authors.csv", AUTHORS)
    written(
        tmp_path,
        "protocols.csv",
        "number,title,project,date,author,url\n2026-0001,Jour fixe 1,Kita Nord,2026-11-16,a1,https://iprot.example/p/t\n",
    )
    written(
        tmp_path,
        "recipients.csv",
        "id,name,company,email,protocol,entered_by,entered_at\n"
        "r1,Peter Weber,Bau Huber,P.Weber@bau-huber.example,2026-0001,a1,2026-11-01T08:00Z\n",
    )
    written(
        tmp_path,
        "deliveries.csv",
        "protocol,recipient,address,message_id,sent_at\n"
        "2026-0001,r1,P.Weber@bau-huber.example,<one@iprot.example>,2026-11-16T10:00:00+01:00\n",
    )
    assert read(tmp_path) == DirectoryRows(
        authors=(Author("a1", "Eva Lang", "lang@plan.example", "de", "Frau", "Dr.", "Plan", "a2"),),
        protocols=(
            Protocol("2026-0001", "Jour fixe 1", "Kita Nord", date(2026, 11, 16), "a1", "https://iprot.example/p/t"),
        ),
        recipients=(
            Recipient(
                "r1",
                "Peter Weber",
                "P.Weber@bau-huber.example",
                "2026-0001",
                "Bau Huber",
                "a1",
                datetime(2026, 11, 1, 8, tzinfo=UTC),
            ),
        ),
        deliveries=(
            Delivery(
                "2026-0001",
                "P.Weber@bau-huber.example",
                "one@iprot.example",
                datetime(2026, 11, 16, 9, tzinfo=UTC),
                "r1",
                "p.weber@bau-huber.example",
            ),
        ),
    )


def test_one_file_alone_is_read_and_the_other_tables_are_empty(tmp_path: Path) -> None:
    rows = read(written(tmp_path, "Authors.CSV", AUTHORS))
    assert [author.id for author in rows.authors] == ["a1"]
    assert not rows.protocols + rows.recipients + rows.deliveries


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(
            [{"id": 7, "name": "Eva Lang", "email": "lang@plan.example", "title": None, "more": {"x": 1}}], indent=1
        ),
        '{"ID": "7", "Name": "Eva Lang", "email": " lang@plan.example "}\n\n',
    ],
    ids=["list", "lines"],
)
def test_json_is_read_as_a_list_or_as_lines(tmp_path: Path, content: str) -> None:
    written(tmp_path, "authors.json", content)
    assert read(tmp_path).authors == (Author("7", "Eva Lang", "lang@plan.example"),)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_delimiter_and_encoding_are_found(tmp_path: Path, delimiter: str, encoding: str) -> None:
    lines = [["email", "unknown", "Name", "ID"], ["mueller@plan.example", "x", "Jörg Müller", "a1"]]
    written(tmp_path, "authors.csv", "\r\n".join(delimiter.join(line) for line in lines).encode(encoding))
    assert read(tmp_path).authors == (Author("a1", "Jörg Müller", "mueller@plan.example"),)


def test_excels_line_that_names_the_delimiter_is_passed_over(tmp_path: Path) -> None:
    written(tmp_path, "authors.csv", "sep=;\r\nid;name;email\r\na1;Lang, Eva;lang@plan.example\r\n")
    assert read(tmp_path).authors[0].name == "Lang, Eva"


def test_a_mistyped_address_is_kept_as_written_with_its_key_beside_it(tmp_path: Path) -> None:
    written(tmp_path, "deliveries.csv", 'protocol,address,sent_at\n2026-0001,"P.Weber@firma,example",\n')
    (row,) = read(tmp_path).deliveries
    assert (row.address, row.key, row.sent_at) == ("P.Weber@firma,example", "p.weber@firma,example", None)


# --- dates ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        ("2026-11-16", "2026-11-16 00:00"),
        ("16.11.2026", "2026-11-16 00:00"),
        ("6.1.2026", "2026-01-06 00:00"),
        ("16.11.2026 8:05", "2026-11-16 08:05"),
        ("16.11.2026, 18:05:09", "2026-11-16 18:05:09"),
        ("2026-11-16T08:05:00Z", "2026-11-16 08:05+00:00"),
    ],
)
def test_dates_are_iso_or_german_and_local_unless_they_name_a_zone(tmp_path: Path, shown: str, meant: str) -> None:
    written(tmp_path, "deliveries.csv", f"protocol;address;sent_at\n2026-0001;a@b.example;{shown}\n")
    assert read(tmp_path).deliveries[0].sent_at == clock.parse(meant)


@pytest.mark.parametrize(
    "shown", ["soon", "31.02.2026", "16.11.26", "0001-01-01", "9999-12-31", "2026-13-01", "١٦.١١.٢٠٢٦"]
)
def test_a_row_with_a_wrong_date_is_rejected_with_its_line_and_the_others_are_read(tmp_path: Path, shown: str) -> None:
    content = f"number;title;author;date\n1;A;a1;2026-11-16\n2;B;a1;{shown}\n3;C;a1;\n"
    written(tmp_path, "protocols.csv", content)
    rows = read(tmp_path)
    assert [protocol.number for protocol in rows.protocols] == ["1", "3"]
    assert rows.rejections == (Rejection("protocols.csv", 3, f"date is no date: {shown!r}"),)


# --- rows that cannot be used -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Eva,e@plan.example", "id is missing"),
        ("a9,Eva,  ", "email is missing"),
        ("a9", "email is missing"),
        ("a9,E\0va,e@plan.example", "name holds a NUL character"),
        ("a9,Eva,e@plan.example,x,y", "it has more values than the header has columns"),
        (f"a9,{'x' * 10_001},e@plan.example", "name is longer than 10000 characters"),
        (f"a9,{'x' * 200_000},e@plan.example", "it cannot be read; perhaps a quotation mark is not closed"),
        ('a9,"Eva,e@plan.example', "it cannot be read; perhaps a quotation mark is not closed"),
        ('a9,"Eva" Lang,e@plan.example', "it cannot be read; perhaps a quotation mark is not closed"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_stops_nothing(tmp_path: Path, row: str, reason: str) -> None:
    after = "".join(f"b{n},Name {n},b{n}@plan.example\n" for n in range(40))
    written(tmp_path, "authors.csv", f"id,name,email\na1,Eva,lang@plan.example\n{row}\n{after}")
    rows = read(tmp_path)
    assert rows.rejections == (Rejection("authors.csv", 3, reason),)
    assert len(rows.authors) == 41


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    content = 'id,name,email\r\na1,"Eva\r\nLang",lang@plan.example\r\n\r\n,x,y@plan.example\r\n'
    written(tmp_path, "authors.csv", content)
    rows = read(tmp_path)
    assert len(rows.authors) == 1
    assert rows.rejections[0].line == 5


def test_json_that_is_no_object_is_rejected_with_its_place(tmp_path: Path) -> None:
    good = {"id": "a1", "name": "Eva", "email": "lang@plan.example"}
    written(tmp_path, "authors.json", json.dumps([good, 5, {**good, "id": ["a2"]}]))
    rows = read(tmp_path)
    assert len(rows.authors) == 1
    assert rows.rejections == (
        Rejection("authors.json", 2, "it is no JSON object"),
        Rejection("authors.json", 3, "id is missing"),
    )


def test_a_broken_json_line_is_rejected_and_the_others_are_read(tmp_path: Path) -> None:
    good = '{"id": "a1", "name": "\\ud800Eva", "email": "lang@plan.example"}'
    written(tmp_path, "authors.json", f"{good}\n{{broken\n{good}\n")
    rows = read(tmp_path)
    assert len(rows.authors) == 2
    assert rows.authors[0].name == "?Eva"
    assert rows.rejections == (Rejection("authors.json", 2, "it is no valid JSON"),)


# --- files that cannot be used ----------------------------------------------------------------------------------------


def test_a_missing_column_is_named_with_its_file(tmp_path: Path) -> None:
    written(tmp_path, "recipients.csv", "id;name;mail\nr1;Eva;e@plan.example\n")
    with pytest.raises(SettingsError) as caught:
        read(tmp_path)
    assert caught.value.message == "recipients.csv: the column email, protocol is missing."
    assert caught.value.hint == "Is it mail? Then write email = 'mail' in [directory.columns.recipients]."


def test_a_missing_column_of_json_objects_is_named(tmp_path: Path) -> None:
    written(tmp_path, "protocols.json", '[{"number": "1", "title": "A"}]')
    with pytest.raises(SettingsError, match="the column author is missing"):
        read(tmp_path)


@pytest.mark.parametrize("content", ["", "\n", "\ufeff"])
def test_an_empty_csv_file_is_an_error_not_an_empty_directory(tmp_path: Path, content: str) -> None:
    written(tmp_path, "authors.csv", content)
    with pytest.raises(SettingsError, match="id, name, email"):
        read(tmp_path)


def test_a_header_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    written(tmp_path, "authors.csv", "id,name,email\n")
    assert read(tmp_path) == DirectoryRows()


@pytest.mark.parametrize("content", ['[{"id": 1}', "[" * 100_000, '{\n"id": 1\n}', "no json at all"])
def test_a_file_that_is_no_json_is_an_error(tmp_path: Path, content: str) -> None:
    written(tmp_path, "authors.json", content)
    with pytest.raises(SettingsError, match="is no valid JSON"):
        read(tmp_path)


def test_a_folder_without_any_of_the_files_says_what_is_expected(tmp_path: Path) -> None:
    written(tmp_path, "notes.txt", "x")
    with pytest.raises(SettingsError) as caught:
        read(tmp_path)
    assert "authors, protocols, recipients, deliveries" in caught.value.hint


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        read(tmp_path / "export")


def test_the_same_table_twice_is_an_error(tmp_path: Path) -> None:
    written(tmp_path, "authors.csv", AUTHORS)
    written(tmp_path, "authors.json", "[]")
    with pytest.raises(SettingsError, match=r"authors\.csv, authors\.json"):
        read(tmp_path)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400) | st.text(alphabet='",;\t\n\r\0ab1.@{}[]:', max_size=200).map(str.encode))
def test_whatever_a_file_holds_is_rows_rejections_or_a_settings_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("directory")
    written(folder, "protocols.csv", b"number,title,author,date\n" + content)
    rows = read(folder)
    assert all(protocol.number for protocol in rows.protocols)
    written(folder, "authors.json", content)
    with contextlib.suppress(SettingsError):
        read(folder)
