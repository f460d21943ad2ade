"""The schema: as documented, and safe to start from twice at once."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from triage.store import Store
from triage.store.schema import TABLES, differences, migrations


def test_the_documentation_shows_the_tables_as_they_are() -> None:
    doc = (Path(__file__).parents[2] / "docs" / "store.md").read_text("utf-8")
    assert f"```sql\n{TABLES}\n```" in doc, "run scripts/make_docs.py"


def test_all_tables_are_strict(store: Store) -> None:
    loose = store.rows(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE '%sqlite%'"
    )
    assert loose == []


def test_the_file_has_the_schema_of_the_program(store: Store) -> None:
    assert differences(store.db) == []


def test_a_file_of_the_first_version_gets_the_tables_it_lacks(tmp_path: Path) -> None:
    from sqlite_utils import Database

    db = Database(tmp_path / "triage.db")
    migrations().apply(db, stop_before="letters_looked_for")
    assert "missed" not in db.table_names()
    db.conn.close()
    with Store(tmp_path / "triage.db", "karin") as store:
        assert differences(store.db) == []
        assert store.rows("SELECT * FROM missed") == []


def _open(path: str) -> None:
    Store(Path(path), "karin").close()


def test_programs_that_start_at_once_on_a_new_file_all_find_it_ready(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    started = [context.Process(target=_open, args=[str(tmp_path / "triage.db")]) for _ in range(4)]
    for process in started:
        process.start()
    for process in started:
        process.join()
    assert [process.exitcode for process in started] == [0, 0, 0, 0]
