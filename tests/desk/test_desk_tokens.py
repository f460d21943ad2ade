"""Whoever reads the store cannot open a protocol: the tokens of links are hidden wherever a mail carries them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
from office import MONDAY, Office
from token_carriers import CARRIERS, LINK, WEBER, token

from triage import clock, config, lang
from triage.bounces import kept
from triage.desk import Desk, directory, open_desk, queue, reading
from triage.model import Evidence, Section, Strength
from triage.store import cases


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock.fix(MONDAY)
    lang.use("en")
    yield Office(tmp_path)
    clock.fix(None)


def all_octets(folder: Path) -> bytes:
    """Of the store and all that lies beside it."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("triage.db*")))


def spellings(word: str) -> Iterator[bytes]:
    """A token as it may stand in a file: plain, in UTF-16, in base64 wherever it begins."""
    yield word.encode()
    yield word.encode("utf-16-le")
    yield word.encode("utf-16-be")
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + word.encode())
        yield coded[4 if shift else 0 : len(coded) - 4]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_no_token_of_any_mail_or_of_the_directory_lies_in_the_store_or_beside_it(
    office: Office, line_end: bytes
) -> None:
    for name, carrier in CARRIERS.items():
        mail = carrier(LINK.format(token(name)))
        (office.mail / f"{name}.eml").write_bytes(mail.replace(b"\n", line_end))
    with office.synced() as desk:
        assert desk.store.value("SELECT count(*) FROM messages") == len(CARRIERS)
        octets = all_octets(office.folder)
        found = [name for name in CARRIERS if any(each in octets for each in spellings(token(name)))]
        assert found == []
        assert not any(secret in octets for secret in (b"abc123", b"def456"))
    desk.store.close()
    assert b"abc123" not in all_octets(office.folder)


def test_the_token_is_looked_for_where_it_would_lie(office: Office) -> None:
    """Without hiding, nearly every place would show it."""
    shown = [
        name
        for name, carrier in CARRIERS.items()
        if any(each in kept(carrier(LINK.format(token(name)))) for each in spellings(token(name)))
    ]
    assert len(shown) >= 20, shown


@pytest.mark.parametrize(
    "name", ["returned body", "returned html text", "returned soft break", "returned in base64", "inline in prose"]
)
def test_a_bounce_is_linked_by_its_hashed_link_when_the_directory_comes_later(office: Office, name: str) -> None:
    """The body was dropped, and the token never kept: the hash tells."""
    (office.mail / "1.eml").write_bytes(CARRIERS[name](LINK.format("abc123")))
    rows = {path: path.read_text() for path in (office.folder / "directory").iterdir()}
    deliveries = office.folder / "directory" / "deliveries.csv"
    rows[deliveries] = "\n".join(",".join(_without_id(line.split(","))) for line in rows[deliveries].splitlines())
    for path in rows:
        path.write_text(rows[path].splitlines()[0] + "\n")
    with office.synced() as desk:
        assert queue.ids(desk, Section.NEW) == []
        for path, text in rows.items():
            path.write_text(text)
        directory.import_directory(desk)
        [case] = [cases.by_key(desk.store, WEBER)]
        assert case is not None
        assert (case.section, case.protocol, case.strength) == (Section.NEW, "2026-0877", Strength.STRONG)
        assert case.evidence is Evidence.LINK_IN_MAIL
    assert b"abc123" not in all_octets(office.folder)


def _without_id(cells: list[str]) -> list[str]:
    return [*cells[:3], "" if cells[3] != "message_id" else cells[3], *cells[4:]]


def test_another_stores_key_gives_other_hashes(office: Office, tmp_path: Path) -> None:
    settings = config.load(office.config)
    hashes = set()
    for name in ("one.db", "two.db"):
        with open_desk(settings, tmp_path / name) as desk:
            hashes.add(desk.hide("https://iprot.example/p/abc123"))
    assert len(hashes) == 2
    assert all(told.startswith("https://iprot.example/p/~") for told in hashes)


def test_what_a_person_sees_of_a_link_is_its_hash(office: Office) -> None:
    (office.mail / "1.eml").write_bytes(CARRIERS["diagnostic"](LINK.format("abc123")))
    with office.synced() as desk:
        shown = _shown(desk)
    assert "https://iprot.example/p/~" in shown
    assert "abc123" not in shown


def _shown(desk: Desk) -> str:
    case = cases.by_key(desk.store, WEBER)
    assert case is not None
    return str(queue.view(desk, case.id)) + str(reading.sync(desk))
