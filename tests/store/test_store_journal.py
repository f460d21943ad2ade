"""Acts of staff can be undone and redone, also after a restart; what has left cannot."""

from __future__ import annotations

import pytest
from store_world import NOW, fail

from triage import clock
from triage.errors import RefusedError
from triage.model import Evidence, Link, Section, Strength
from triage.store import Store, cases, journal, links


def close(store: Store, *chosen: int) -> None:
    with journal.act(store, "closed", f"closed {len(chosen)}") as act:
        for case in chosen:
            act.update("cases", case, {"closed_at": clock.to_store(NOW), "closed_because": "person"})
            act.cases.add(case)


def sections(store: Store, *chosen: int) -> list[Section]:
    found = [cases.by_id(store, case) for case in chosen]
    return [case.section for case in found if case is not None]


def test_one_act_on_many_is_one_entry_and_survives_a_restart(store: Store) -> None:
    a, b = fail(store), fail(store, "k.beck@planung.example")
    close(store, a, b)
    assert sections(store, a, b) == [Section.DONE, Section.DONE]
    with Store(store.path, "karin") as again:
        undone = journal.undo(again)
        assert undone is not None
        assert undone.label == "closed 2"
        assert sections(again, a, b) == [Section.NEW, Section.NEW]
        journal.redo(again)
        assert sections(again, a, b) == [Section.DONE, Section.DONE]


def test_undo_goes_back_step_by_step_and_then_there_is_nothing(store: Store) -> None:
    a, b = fail(store), fail(store, "k.beck@planung.example")
    close(store, a)
    close(store, b)
    journal.undo(store)
    assert sections(store, a, b) == [Section.DONE, Section.NEW]
    journal.undo(store)
    assert sections(store, a, b) == [Section.NEW, Section.NEW]
    assert journal.undo(store) is None


def test_everybody_undoes_their_own(store: Store) -> None:
    case = fail(store)
    close(store, case)
    with Store(store.path, "ingo") as other:
        assert journal.next_undo(other) is None
        assert journal.undo(other) is None


def test_what_somebody_changed_since_is_not_overwritten(store: Store) -> None:
    case = fail(store)
    close(store, case)
    with Store(store.path, "ingo") as other, journal.act(other, "reopened", "reopened") as act:
        act.update("cases", case, {"closed_at": None, "closed_because": "reopened"})
        act.cases.add(case)
    with pytest.raises(RefusedError):
        journal.undo(store)
    assert sections(store, case) == [Section.NEW]


def test_a_new_act_forgets_what_could_be_redone(store: Store) -> None:
    a, b = fail(store), fail(store, "k.beck@planung.example")
    close(store, a)
    journal.undo(store)
    close(store, b)
    assert journal.redo(store) is None


def test_everything_done_stands_in_the_history_of_its_case(store: Store) -> None:
    case = fail(store)
    close(store, case)
    journal.undo(store)
    assert [(event.who, event.what) for event in journal.events(store, case)] == [
        ("karin", "undone"),
        ("karin", "closed"),
    ]


def test_a_row_whose_place_was_taken_since_is_refused_in_words(store: Store) -> None:
    """A decision is taken back, and two links made by the program get its failure and its number."""
    case = fail(store, strength=None)
    [failure] = cases.failures(store, case)
    decided = links.row(failure.id, Link("2026-0877", "A1", Strength.DECIDED, Evidence.PERSON), "karin")
    with journal.act(store, "linked", "linked") as act:
        act.insert("links", decided)
        act.cases.add(case)
    journal.undo(store)
    fail(store, "k.beck@planung.example")
    with store.write():
        link = Link("2026-0877", "A1", Strength.PROOF, Evidence.MESSAGE_ID)
        store.do("DELETE FROM links WHERE failure = ?", [failure.id])
        store.insert("links", links.row(failure.id, link))
        store.do("DELETE FROM links WHERE failure <> ?", [failure.id])
    before = store.rows("SELECT * FROM links")
    with pytest.raises(RefusedError):
        journal.redo(store)
    assert store.rows("SELECT * FROM links") == before
