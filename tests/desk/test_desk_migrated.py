"""A store of the version that kept links in the clear and one guess a failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from office import PEOPLE, Office
from token_carriers import CARRIERS, LINK, token

from triage import config
from triage.desk import Desk, directory, open_desk, queue, reading
from triage.model import Case, Evidence, Section, Strength
from triage.store import Store, cases, clear
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
    "history",
    "undo",
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
    path = as_before(office)
    db = Database(path)
    for number, url in LINKS.items():
        db.conn.execute("UPDATE protocols SET url = ? WHERE number = ?", [url, number])
    db.conn.commit()
    db.conn.close()
    assert b"abc123" in path.read_bytes()
    return path


def as_before(office: Office) -> Path:
    """The office's store as a file of the version before, with its key."""
    from sqlite_utils import Database

    path = office.folder / "old.db"
    db = Database(path)
    db.conn.execute("PRAGMA journal_mode = WAL")
    migrations().apply(db, stop_before=BEFORE)
    assert "guesses" not in db.table_names()
    db.conn.execute("ATTACH ? AS new", [str(office.store)])
    for table in COMMON:
        db.conn.execute(f"INSERT INTO {table} SELECT * FROM new.{table}")
    db.conn.commit()
    db.conn.close()
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


# --- tokens in mails that were kept in the clear ---


@pytest.fixture
def clear_text(office: Office) -> Path:
    """The file of the version before, in which nothing of a mail was hidden."""
    for name, carrier in CARRIERS.items():
        (office.mail / f"{name}.eml").write_bytes(carrier(LINK.format(token(name))))
    settings = office.config.read_text()
    office.config.write_text(settings.replace("protocol_url", "# protocol_url"))
    with office.synced() as desk, desk.store.write():
        shown = LINK.format(token("matched"))
        desk.store.do("UPDATE links SET matched = ?", [shown])
        desk.store.do("UPDATE history SET detail = ?", [shown])
        queue.link(desk, [case.id for case in the_cases(desk)], "2026-0878")
        desk.store.do("UPDATE cases SET matched = ?", [shown])
        assert shown in desk.store.value("SELECT steps FROM undo")
    path = as_before(office)
    assert len(in_clear(path)) >= 20
    office.config.write_text(settings)
    return path


def in_clear(path: Path) -> list[str]:
    octets = b"".join(each.read_bytes() for each in path.parent.glob(f"{path.name}*"))
    return [name for name in (*CARRIERS, "matched") if token(name).encode() in octets]


def test_the_first_opening_hides_the_tokens_of_all_that_was_kept(office: Office, clear_text: Path) -> None:
    with open_desk(config.load(office.config), clear_text) as desk:
        assert in_clear(clear_text) == []
        rows = desk.store.rows("SELECT diagnostic FROM failures")
        assert any(desk.hide(LINK.format(token("diagnostic"))) in row["diagnostic"] for row in rows)
    assert in_clear(clear_text) == []


def test_what_is_hidden_is_not_hidden_again(office: Office, clear_text: Path) -> None:
    with open_desk(config.load(office.config), clear_text) as desk:
        kept = desk.store.rows("SELECT kept FROM messages ORDER BY id")
        assert not clear.is_left(desk.store)
    with open_desk(config.load(office.config), clear_text) as desk:
        assert desk.store.rows("SELECT kept FROM messages ORDER BY id") == kept


def test_they_are_hidden_once_the_settings_say_how_a_link_is_written(office: Office, clear_text: Path) -> None:
    settings = office.config.read_text()
    office.config.write_text(settings.replace("protocol_url", "# protocol_url"))
    with open_desk(config.load(office.config), clear_text) as desk:
        assert clear.is_left(desk.store)
    office.config.write_text(settings)
    open_desk(config.load(office.config), clear_text).close()
    assert in_clear(clear_text) == []


def test_hiding_that_was_broken_off_goes_on_where_it_was(
    office: Office, clear_text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clear, "_BATCH", 4)
    asked: list[bytes] = []
    settings = config.load(office.config)
    with Desk(settings, Store(clear_text, "karin")) as desk:

        def breaks_off(mail: bytes) -> bytes:
            asked.append(mail)
            if len(asked) == 7:
                raise KeyboardInterrupt
            return mail

        def goes_on(mail: bytes) -> bytes:
            asked.append(mail)
            return mail

        with pytest.raises(KeyboardInterrupt):
            clear.hide(desk.store, breaks_off, str)
        clear.hide(desk.store, goes_on, str)
        assert len(asked) == 7 + len(CARRIERS) - 4
        assert not clear.is_left(desk.store)


def test_a_store_whose_key_is_missing_opens_and_hides_when_it_is_back(office: Office, clear_text: Path) -> None:
    key = clear_text.with_name("old.db.key")
    octets = key.read_bytes()
    key.write_bytes(b"damaged")
    with open_desk(config.load(office.config), clear_text) as desk:
        assert clear.is_left(desk.store)
    key.write_bytes(octets)
    open_desk(config.load(office.config), clear_text).close()
    assert in_clear(clear_text) == []
