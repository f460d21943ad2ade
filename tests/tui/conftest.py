"""An office with a Monday's bounces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from office import Office

from triage import clock, lang
from triage.desk import Desk


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """English screens, and no editor that a test would wait for."""
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    lang.use("en")
    yield
    lang.use("en")
    clock.fix(None)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    made.at(0)
    return made


@pytest.fixture
def desk(office: Office) -> Iterator[Desk]:
    """Three wrong addresses, a full mailbox and a forged bounce, synced."""
    monday(office)
    with office.synced() as opened:
        yield opened


def monday(office: Office) -> None:
    office.bounce("weber", "domain", timedelta(hours=3))
    office.bounce("weber", "domain", timedelta(hours=2))
    office.bounce("beck", "unknown", timedelta(hours=1))
    office.bounce("huber", "unknown", timedelta(minutes=30))
    office.bounce("stranger@elsewhere.example", "unknown", timedelta(minutes=20), forged=True)


@pytest.fixture
def blocked(office: Office) -> Iterator[Desk]:
    """One address with three notices and a newer failure."""
    from triage.desk import sending

    for week in range(3):
        office.at(7 * week)
        office.bounce("weber", "unknown")
        with office.synced() as opened:
            sending.record(opened, "p.weber@planung-sued.exmaple", clock.now(), "k.roth@planwerk.example")
    office.at(21)
    office.bounce("weber", "unknown")
    with office.synced() as opened:
        yield opened
