"""A store of the version that kept links in the clear and one guess a failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from office import PEOPLE, Office

from triage import config
from triage.desk import Desk, directory, open_desk, queue, reading
from triage.model import Case, Evidence, Section, Strength
from triage.store import cases
from triage.store.schema import differences, migrations

BEFORE = "links_hidden"
COMMON = (
    "messages",
    "cursors",
    "cases",
    "failures",
    "links",
    "authors",
    "protocols",
    "recipients",
    "deliveries",
    "facts",
)
LINKS = {"2026-0877": "https://iprot.example/p/abc123", "2026-0878": "https://iprot.example/p/def456"}


@pytest.fixture
def old(office: Office) -> Path:
    """The file as the version before left it: one case in the bin, for its delivery was not exported yet."""
    from sqlite_utils import Database

    deliveries = office.folder / "directory" / "deliveries.csv"
    exported = deliveries.read_text()
    deliveries.write_text("".join(f"{line}\n" for line in exported.splitlines() if "R-weber" not in line))
    office.bounce("weber")
    with office.synced() as desk:
        assert [case.section for case in the_cases(desk)] == [Section.BIN]
    deliveries.write_text(exported)
    path = office.folder / "old.db"
    db = Database(path)
    db.conn.execute("PRAGMA journal_mode = WAL")
    migrations().apply(db, stop_before=BEFORE)
    assert "guesses" not in db.table_names()
    db.conn.execute("ATTACH ? AS new", [str(office.store)])
    for table in COMMON:
        db.conn.execute(f"INSERT INTO {table} SELECT * FROM new.{table}")
    for number, url in LINKS.items():
        db.conn.execute("UPDATE protocols SET url = ? WHERE number = ?", [url, number])
    db.conn.commit()
    db.conn.close()
    assert b"abc123" in path.read_bytes()
    (office.folder / "old.db.key").write_bytes((office.folder / "triage.db.key").read_bytes())
    (office.folder / "old.db.key").chmod(0o600)
    return path


def the_cases(desk: Desk) -> list[Case]:
    found = [cases.by_key(desk.store, key) for key in PEOPLE.values()]
    return [case for case in found if case is not None]


def test_it_opens_with_the_new_tables_and_without_its_links(office: Office, old: Path) -> None:
    with open_desk(config.load(office.config), old) as desk:
        assert differences(desk.store.db) == []
        assert desk.store.rows("SELECT * FROM guesses") == []
        assert {row["url"] for row in desk.store.rows("SELECT url FROM protocols")} == {""}
        assert queue.ids(desk, Section.BIN) != []
        assert len(the_cases(desk)) == 1
    left = b"".join(path.read_bytes() for path in old.parent.glob("old.db*"))
    assert b"abc123" not in left
    assert b"def456" not in left


def test_the_next_import_brings_hashes_and_links_the_bin_again(office: Office, old: Path) -> None:
    with open_desk(config.load(office.config), old) as desk:
        directory.import_directory(desk)
        urls = {row["number"]: row["url"] for row in desk.store.rows("SELECT number, url FROM protocols")}
        assert urls == {number: desk.hide.link(url) for number, url in LINKS.items()}
        [case] = the_cases(desk)
        assert (case.section, case.protocol) == (Section.NEW, "2026-0877")
        assert (case.strength, case.evidence) == (Strength.PROOF, Evidence.MESSAGE_ID)
        assert reading.sync(desk).messages == 0


def test_what_was_only_guessed_gets_all_its_guesses(office: Office, old: Path) -> None:
    """With deliveries of two protocols to choose from, and no Message-ID of theirs."""
    deliveries = office.folder / "directory" / "deliveries.csv"
    head, *_rest = deliveries.read_text().splitlines()
    deliveries.write_text(
        f"{head}\n2026-0877,R-weber,{PEOPLE['weber']},<one@iprot.example>,2026-10-30T08:00:00+01:00\n"
        f"2026-0878,R-weber,{PEOPLE['weber']},<two@iprot.example>,2026-10-30T09:00:00+01:00\n"
    )
    with open_desk(config.load(office.config), old) as desk:
        directory.import_directory(desk)
        [case] = the_cases(desk)
        guessed = desk.store.rows("SELECT protocol FROM guesses ORDER BY score DESC")
    assert case.section is Section.BIN
    assert [row["protocol"] for row in guessed] == ["2026-0877", "2026-0878"]
