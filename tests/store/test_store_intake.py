"""An import of the directory: all or nothing, twice is once, and found again at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage.model import Author, Delivery, DirectoryRows, Protocol, Recipient, Rejection
from triage.store import Store, corrections, directory
from triage.store.directory import import_rows
from triage.store.intake import TABLES, Imported, Intake, Loss

AT = datetime(2026, 11, 16, 9, tzinfo=UTC)
WEBER = Recipient("R1", "Peter Weber", "p.weber@bau.example", "2026-0001")


def content(store: Store) -> dict[str, list[Any]]:
    """All rows of the directory."""
    return {
        table: sorted(tuple(v for k, v in row.items() if not (table == "deliveries" and k == "id")) for row in rows)
        for table in (*TABLES, "gone_authors", "address_history")
        if (rows := store.rows(f"SELECT * FROM {table}")) is not None
    }


def take(store: Store, *recipients: Recipient, complete: bool = True) -> Imported:
    with Intake(store) as intake:
        intake.take("recipients", recipients)
        return intake.merge(complete=complete)


def test_what_is_new_changed_and_the_same_is_counted(store: Store) -> None:
    other = dataclasses.replace(WEBER, id="R2", email="beck@bau.example")
    assert take(store, WEBER, other) == Imported(new=2)
    assert take(store, WEBER, other) == Imported(same=2)
    renamed = dataclasses.replace(WEBER, name="P. Weber")
    assert take(store, renamed, other) == Imported(changed=1, same=1)
    moved = dataclasses.replace(renamed, email="weber@bau.example")
    assert take(store, moved) == Imported(changed=1, corrected=1, gone=1)


def test_another_spelling_of_the_same_address_is_no_correction(store: Store) -> None:
    take(store, WEBER)
    assert take(store, dataclasses.replace(WEBER, email="P.Weber@BAU.example")) == Imported(changed=1)
    assert corrections.made_of(store, "p.weber@bau.example") == []


def test_of_rows_that_contradict_each_other_the_last_counts_and_nothing_is_gone(store: Store) -> None:
    take(store, WEBER, dataclasses.replace(WEBER, id="R2", email="beck@bau.example"))
    other = dataclasses.replace(WEBER, email="weber@bau.example")
    with Intake(store) as intake:
        intake.take("recipients", [WEBER, WEBER, other], [2, 3, 4], "recipients.csv")
        said = "row 4 says otherwise, with the same id, protocol; that one counts"
        assert intake.ready() == [Rejection("recipients.csv", 2, said), Rejection("recipients.csv", 3, said)]
        assert intake.loss() == Loss()
        assert intake.merge(complete=True) == Imported(changed=1, corrected=1, same=2)
    assert store.value("SELECT email FROM recipients WHERE id = 'R1'") == "weber@bau.example"


def test_a_table_that_the_import_has_not_keeps_its_rows(store: Store) -> None:
    take(store, WEBER)
    with Intake(store) as intake:
        intake.take("authors", [Author("A2", "Ingo Lang", "lang@plan.example")])
        assert intake.merge(complete=True) == Imported(new=1, gone=1)
    assert store.value("SELECT count(*) FROM recipients") == 1
    assert directory.gone_addresses(store) == {"k.roth@planwerk.example"}


def test_an_empty_table_that_is_complete_takes_all_away(store: Store) -> None:
    take(store, WEBER)
    with Intake(store) as intake:
        intake.take("recipients", [])
        assert intake.loss() == Loss(1, 1, 0)
        assert intake.merge(complete=True) == Imported(gone=1)
    [gone] = corrections.made_of(store, "p.weber@bau.example")
    assert (gone.new, gone.protocol) == ("", "2026-0001")


def test_deliveries_are_never_taken_away(store: Store) -> None:
    mailed = Delivery("2026-0001", "p.weber@bau.example", "m1@iprot.example", AT, "R1", "p.weber@bau.example")
    import_rows(store, DirectoryRows(deliveries=(mailed,)))
    with Intake(store) as intake:
        intake.take("deliveries", [])
        intake.merge(complete=True)
    assert corrections.delivered(store, "p.weber@bau.example", None) == AT


def test_what_was_only_laid_ready_holds_nobody_up_and_is_forgotten(store: Store) -> None:
    before = content(store)
    with Intake(store) as intake, Store(store.path, "ingo") as other:
        intake.take("recipients", [WEBER])
        other.set_fact("meanwhile", "yes")
    assert content(store) == before
    assert take(store, WEBER) == Imported(new=1)


def test_every_look_up_uses_an_index(store: Store) -> None:
    asked: list[str] = []
    take(store, WEBER)
    store.db.conn.set_trace_callback(asked.append)
    lookup = directory.Lookup(store)
    lookup.deliveries_with("m1@iprot.example")
    lookup.deliveries_to("p.weber@bau.example", AT, AT)
    lookup.protocol("2026-0877")
    lookup.protocol_with_url("https://iprot.example/p/abc")
    lookup.is_on_list("p.weber@bau.example", "2026-0001")
    directory.author(store, "A1")
    directory.recipient_with(store, "p.weber@bau.example", "2026-0001")
    corrections.made_of(store, "p.weber@bau.example")
    corrections.came_from(store, "p.weber@bau.example")
    corrections.delivered(store, "p.weber@bau.example", 1)
    store.db.conn.set_trace_callback(None)
    assert len(asked) > 10
    for sql in asked:
        plan = [row[3] for row in store.db.conn.execute(f"EXPLAIN QUERY PLAN {sql}")]
        assert not [step for step in plan if step.startswith("SCAN") and "CONSTANT" not in step], (sql, plan)


# --- whatever is imported ---

word = st.sampled_from(["", "a", "Ä", "x y", "'; DROP TABLE cases; --"])
name = st.sampled_from(["1", "2", "3", "4"])
email = st.sampled_from(["a@x.example", "B@X.example", "ä@ö.example", "no address", "c@y.example"])
when = st.sampled_from([None, AT, AT.replace(year=2025)])


def unique(rows: st.SearchStrategy[Any], *keys: str) -> st.SearchStrategy[list[Any]]:
    return st.lists(rows, max_size=8, unique_by=lambda row: tuple(getattr(row, key) for key in keys))


tables = st.fixed_dictionaries(
    {
        "authors": unique(st.builds(Author, name, word, email), "id"),
        "protocols": unique(st.builds(Protocol, name, word), "number"),
        "recipients": unique(st.builds(Recipient, name, word, email, name, word, word, when), "id", "protocol"),
        "deliveries": unique(st.builds(Delivery, name, email, word, when, name, email), "message_id", "key", "sent_at"),
    }
)
Rows = dict[str, list[Any]]
often = settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))


def laid(intake: Intake, rows: Rows, order: Sequence[str], size: int) -> None:
    for table in order:
        intake.take(table, [])
        for start in range(0, len(rows[table]), size):
            intake.take(table, rows[table][start : start + size])


def unplugged_while_reading(store: Store, rows: Rows, order: Sequence[str], fails_at: int) -> None:
    with Intake(store) as intake:
        laid(intake, rows, order[:fails_at], 2)
        raise RuntimeError("the plug was pulled")


def unplugged_while_merging(store: Store, rows: Rows, order: Sequence[str], _fails_at: int) -> None:
    with Intake(store) as intake:
        laid(intake, rows, order, 2)
        intake.ready()
        with store.write():
            intake.merge(complete=True)
            raise RuntimeError("the plug was pulled")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stores")


@often
@given(tables, tables, st.permutations(TABLES), st.integers(1, 5), st.booleans())
def test_in_whatever_order_and_however_often_the_directory_is_the_same(
    folder: Path, first: Rows, rows: Rows, order: list[str], size: int, complete: bool
) -> None:
    found = []
    for number, (way, times) in enumerate([(TABLES, 1), (tuple(order), 2)]):
        path = folder / f"{number}.db"
        path.unlink(missing_ok=True)
        with Store(path, "karin") as store:
            for step, again in ((first, 1), (rows, times)):
                for _time in range(again):
                    with Intake(store) as intake:
                        laid(intake, step, way, size)
                        last = intake.merge(complete=complete)
            found.append(content(store))
            if times == 2:
                assert (last.new, last.changed, last.gone, last.corrected) == (0, 0, 0, 0)
                assert last.same == sum(len(each) for each in rows.values())
        for table in found[-1]["address_history"]:
            assert table[4] != table[6], "an address changes to another one, or goes"
    without_ids = [{**each, "address_history": sorted(row[1:] for row in each["address_history"])} for each in found]
    assert without_ids[0] == without_ids[1]


@often
@given(tables, tables, st.permutations(TABLES), st.integers(0, 3))
def test_an_import_that_fails_in_the_middle_leaves_everything_as_it_was(
    folder: Path, first: Rows, rows: Rows, order: list[str], fails_at: int
) -> None:
    path = folder / "atomic.db"
    path.unlink(missing_ok=True)
    with Store(path, "karin") as store:
        with Intake(store) as intake:
            laid(intake, first, TABLES, 3)
            intake.merge()
        before, facts = content(store), store.rows("SELECT * FROM facts ORDER BY name")
        for breaks_off in (unplugged_while_reading, unplugged_while_merging):
            with pytest.raises(RuntimeError, match="pulled"):
                breaks_off(store, rows, order, fails_at)
        assert (content(store), store.rows("SELECT * FROM facts ORDER BY name")) == (before, facts)
