"""A server that knows neither CONDSTORE nor SPECIAL-USE: the same sync, over restarts, in several folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults.world import assert_each_once, bounce
from servers.pymap import PASSWORD, Pymap, running_pymap

from triage.desk import Desk, open_desk, reading
from triage.desk.reading import Synced


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", PASSWORD)


def desk_at(server: Pymap, folder: Path, *folders: str) -> Desk:
    settings = server.settings(folders=folders or ("INBOX",))
    return open_desk(settings, folder / "triage.db")


def counts(synced: Synced) -> tuple[int, int]:
    return synced.messages, synced.known


def test_only_what_is_new_is_read_again(tmp_path: Path) -> None:
    with running_pymap(tmp_path) as server, desk_at(server, tmp_path) as desk:
        with server.client() as client:
            assert not {b"CONDSTORE", b"SPECIAL-USE"} & set(client.capabilities())
        server.put(*map(bounce, range(3)))
        assert counts(reading.sync(desk)) == (3, 0)
        assert counts(reading.sync(desk)) == (0, 0)
        server.put(*map(bounce, range(3, 5)))
        assert counts(reading.sync(desk)) == (2, 0)
        assert_each_once(desk, server.contents("INBOX"))


def test_a_restart_of_server_and_program_doubles_nothing(tmp_path: Path) -> None:
    with running_pymap(tmp_path) as server, desk_at(server, tmp_path) as desk:
        server.put(*map(bounce, range(3)))
        assert counts(reading.sync(desk)) == (3, 0)
    with running_pymap(tmp_path) as server, desk_at(server, tmp_path) as desk:
        assert counts(reading.sync(desk)) == (0, 0)
        server.put(bounce(3))
        assert counts(reading.sync(desk)) == (1, 0)
        assert_each_once(desk, server.contents("INBOX"))


def test_each_folder_is_read_from_where_it_was_left(tmp_path: Path) -> None:
    with running_pymap(tmp_path) as server, desk_at(server, tmp_path, "INBOX", "Rückläufer") as desk:
        with server.client() as client:
            client.create_folder("Rückläufer")
        server.put(bounce(0))
        server.put(bounce(1), bounce(2), folder="Rückläufer")
        assert counts(reading.sync(desk)) == (3, 0)
        server.put(bounce(3), folder="Rückläufer")
        server.put(bounce(2))
        assert counts(reading.sync(desk)) == (1, 1)
        assert counts(reading.sync(desk)) == (0, 0)
        lying = server.contents("INBOX", "Rückläufer")
        assert len(lying) == 5
        assert_each_once(desk, list(set(lying)))
