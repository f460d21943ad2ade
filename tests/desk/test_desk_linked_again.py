"""Linking again after an import: what comes late opens cases again, and takes nothing away from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import unsure_world as world
from office import PEOPLE, Office

from triage import bounces, clock
from triage.desk import Desk, directory, queue, reading, sending, weekly
from triage.model import Bounce, Case, Section, Strength
from triage.store import cases

WEBER = PEOPLE["weber"]
ROTH = PEOPLE["roth"]


@contextmanager
def held_back(office: Office, words: str) -> Iterator[None]:
    """The export lacks the deliveries that name `words`."""
    path = office.folder / "directory" / "deliveries.csv"
    whole = path.read_text("utf-8")
    path.write_text("".join(line for line in whole.splitlines(keepends=True) if words not in line), "utf-8")
    yield
    path.write_text(whole, "utf-8")


def export(office: Office, number: str, key: str, message_id: str) -> None:
    with (office.folder / "directory" / "deliveries.csv").open("a", encoding="utf-8") as file:
        sent = (clock.now() - timedelta(minutes=20)).isoformat()
        file.write(f"{number},R-x,{key},<{message_id}>,{sent}\n")


def case_of(desk: Desk, key: str) -> Case:
    found = cases.by_key(desk.store, key)
    assert found is not None
    return found


def happened(desk: Desk, key: str) -> list[str]:
    """Oldest first."""
    return [event.what for event in reversed(queue.view(desk, case_of(desk, key).id).events)]


def strengths(desk: Desk, key: str) -> list[Strength | None]:
    """Of the failures of a case, newest first."""
    return [seen.link.strength if seen.link else None for seen in cases.failures(desk.store, case_of(desk, key).id)]


# --- what the import knows later than the bounce came ---


def late_bounce(office: Office, desk: Desk) -> None:
    """A second one about Weber, of a mail that the directory does not know yet."""
    world.bounce(office, WEBER, message_id="m.second@iprot.example")
    reading.sync(desk)
    assert strengths(desk, WEBER)[0] in (None, Strength.GUESS)


def test_a_bounce_that_comes_before_its_delivery_opens_a_closed_case_with_the_import(office: Office) -> None:
    office.bounce("weber")
    with office.synced() as desk:
        queue.close(desk, [case_of(desk, WEBER).id])
        office.at(10)
        late_bounce(office, desk)
        assert case_of(desk, WEBER).section is Section.DONE
        export(office, "2026-0878", WEBER, "m.second@iprot.example")
        assert directory.import_directory(desk).linked == 1
        found = case_of(desk, WEBER)
        assert (found.section, found.protocol, found.strength) == (Section.NEW, "2026-0878", Strength.PROOF)
        assert happened(desk, WEBER) == ["closed", "reopened", "linked"]
        assert directory.import_directory(desk).linked == 0
        assert happened(desk, WEBER) == ["closed", "reopened", "linked"]


def test_a_case_that_waits_after_a_notice_is_back_when_its_next_bounce_is_linked_late(office: Office) -> None:
    office.bounce("weber")
    with office.synced() as desk:
        sending.record(desk, WEBER, clock.now(), ROTH)
        assert case_of(desk, WEBER).section is Section.WAITING
        office.at(10)
        late_bounce(office, desk)
        assert case_of(desk, WEBER).section is Section.WAITING
        export(office, "2026-0878", WEBER, "m.second@iprot.example")
        directory.import_directory(desk)
        assert case_of(desk, WEBER).section is Section.NEW


def test_history_is_opened_by_a_newer_bounce_that_is_linked_late(office: Office) -> None:
    office.bounce("weber", ago=timedelta(days=60))
    export(office, "2026-0877", WEBER, "m.weber@iprot.example")
    with office.synced() as desk:
        assert case_of(desk, WEBER).section is Section.DONE
        office.at(1)
        late_bounce(office, desk)
        assert case_of(desk, WEBER).section is Section.DONE
        export(office, "2026-0878", WEBER, "m.second@iprot.example")
        directory.import_directory(desk)
        assert case_of(desk, WEBER).section is Section.NEW
        assert "reopened" in happened(desk, WEBER)


def test_what_came_before_a_case_was_closed_does_not_open_it(office: Office) -> None:
    with held_back(office, WEBER):
        world.bounce(office, WEBER, message_id="m.weber@iprot.example")
        desk = office.synced()
        office.at(1)
        queue.close(desk, [case_of(desk, WEBER).id])
    with desk:
        assert directory.import_directory(desk).linked == 0
        assert case_of(desk, WEBER).section is Section.DONE


def test_what_a_person_decided_stays_when_a_later_bounce_is_linked(office: Office) -> None:
    with held_back(office, WEBER):
        world.bounce(office, WEBER, message_id="m.weber@iprot.example")
        desk = office.synced()
        queue.link(desk, [case_of(desk, WEBER).id], "2026-0878")
        office.at(1)
        world.bounce(office, WEBER, message_id="m.weber@iprot.example")
        reading.sync(desk)
    with desk:
        directory.import_directory(desk)
        assert strengths(desk, WEBER) == [Strength.PROOF, Strength.DECIDED]


def test_a_message_about_many_is_read_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    world.bounce(office, "a0@nowhere.example")
    [path] = office.mail.iterdir()
    another = "\nFinal-Recipient: rfc822; a{}@nowhere.example\nAction: failed\nStatus: 5.1.1\n"
    more = "".join(another.format(n) for n in range(1, 9))
    path.write_text(path.read_text("utf-8").replace("User unknown\n", f"User unknown\n{more}"), "utf-8")
    with office.synced() as desk:
        assert len(queue.ids(desk, Section.BIN)) == 9
        asked: list[bytes] = []
        parse = bounces.parse

        def counted(mail: bytes) -> Bounce:
            asked.append(mail)
            return parse(mail)

        monkeypatch.setattr(bounces, "parse", counted)
        reading.link_again(desk)
        assert len(asked) == 1


# --- a failure that turns out to be of another address ---


@pytest.fixture
def garbled(office: Office) -> Iterator[Desk]:
    """A bounce about an address that its server wrote wrongly, and that the directory does not know yet."""
    world.extend(office)
    with held_back(office, "mueller"):
        world.bounce(office, world.GARBLED, message_id="mueller@iprot.example")
        desk = office.synced()
    with desk:
        assert case_of(desk, world.GARBLED).section is Section.BIN
        yield desk


def test_both_cases_tell_that_the_failure_went_from_one_to_the_other(garbled: Desk) -> None:
    assert directory.import_directory(garbled).linked == 1
    assert (case_of(garbled, world.MUELLER).section, case_of(garbled, world.GARBLED).bounces) == (Section.NEW, 0)
    assert happened(garbled, world.GARBLED) == ["moved"]
    assert happened(garbled, world.MUELLER) == ["moved", "linked"]


@pytest.mark.parametrize(
    "act",
    [
        lambda desk, case: sending.record(desk, world.GARBLED, clock.now(), ROTH),
        lambda desk, case: queue.note(desk, case, "phoned him"),
        lambda desk, case: queue.take(desk, [case]),
    ],
    ids=["notice", "note", "take"],
)
def test_a_failure_stays_with_what_people_did_about_it(garbled: Desk, act: Callable[[Desk, int], object]) -> None:
    case = case_of(garbled, world.GARBLED)
    act(garbled, case.id)
    before = case_of(garbled, world.GARBLED)
    assert directory.import_directory(garbled).linked == 0
    assert cases.by_key(garbled.store, world.MUELLER) is None
    after = case_of(garbled, world.GARBLED)
    assert (after.section, after.bounces, after.notices) == (before.section, 1, before.notices)
    assert after.section is not Section.DONE
    assert strengths(garbled, world.GARBLED) == [Strength.GUESS]


def test_the_next_failure_of_an_address_whose_failures_went_away_is_seen(office: Office, garbled: Desk) -> None:
    directory.import_directory(garbled)
    export(office, "2026-0880", "möller@bau-huber.example", "moeller@iprot.example")
    directory.import_directory(garbled)
    office.at(1)
    world.bounce(office, world.GARBLED)
    reading.sync(garbled)
    found = case_of(garbled, world.GARBLED)
    assert (found.section, found.closed_at, found.bounces) == (Section.BIN, None, 1)
    assert happened(garbled, world.GARBLED) == ["moved", "reopened"]


def test_a_case_whose_failures_went_away_was_not_closed_by_anybody(garbled: Desk) -> None:
    directory.import_directory(garbled)
    assert case_of(garbled, world.GARBLED).section is Section.DONE
    assert weekly.numbers(garbled, weekly.this_monday()).closed == 0
