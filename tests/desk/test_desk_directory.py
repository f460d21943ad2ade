"""A new export of the directory: what it closes, what it leaves alone, and what a case shows of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from office import PEOPLE, Office

from triage.desk import Desk, directory, drafting, queue, reading, sending
from triage.errors import RefusedError
from triage.model import Case, LetterState, Section
from triage.store.intake import Loss

NEW = "p.weber@planung-sued.example"


def case(desk: Desk, who: str = "weber") -> Case:
    return queue.find(desk, PEOPLE.get(who, who))


def rewrite(office: Office, table: str, old: str, new: str = "") -> None:
    """The next export says otherwise."""
    file = office.folder / "directory" / f"{table}.csv"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def without(office: Office, table: str, start: str) -> None:
    """The next export lacks these rows."""
    file = office.folder / "directory" / f"{table}.csv"
    lines = file.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(start)]
    assert len(kept) < len(lines)
    file.write_text("".join(kept), "utf-8")


def many_more(office: Office, number: int = 60) -> None:
    """Enough recipients that one of them is less than five per cent."""
    with (office.folder / "directory" / "recipients.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"M{n},Person {n},,m{n}@bau.example,2026-0877,A1,\n" for n in range(number))


def imported(desk: Desk, **how: object) -> directory.ImportReport:
    return directory.import_directory(desk, complete=True, **how)  # type: ignore[arg-type]


@pytest.fixture
def desk(office: Office) -> Desk:
    """Weber's and Beck's mail came back; the directory is large."""
    many_more(office)
    office.bounce("weber")
    office.bounce("beck")
    return office.synced()


def test_a_corrected_address_closes_its_case_and_the_new_one_is_noted(office: Office, desk: Desk) -> None:
    rewrite(office, "recipients", PEOPLE["weber"], NEW)
    office.at(days=1)
    report = imported(desk)
    assert (report.changed, report.corrected, report.gone) == (1, 1, 0)
    assert report.closed == (PEOPLE["weber"],)
    found = case(desk)
    assert (found.section, found.closed_because) == (Section.DONE, "directory")
    view = queue.view(desk, found.id)
    assert (view.corrected[0].new, view.corrected[0].at) == (NEW, office.at(days=1))
    assert ("corrected", NEW) in [(event.what, event.detail) for event in view.events]
    assert case(desk, "beck").section is Section.NEW


def test_an_address_that_no_list_holds_any_more_closes_its_case(office: Office, desk: Desk) -> None:
    without(office, "recipients", "R-weber")
    report = imported(desk)
    assert (report.gone, report.closed) == (1, (PEOPLE["weber"],))
    assert case(desk).closed_because == "directory_gone"
    assert queue.view(desk, case(desk).id).corrected[0].new == ""


def test_only_an_import_that_is_declared_complete_takes_away_and_closes(office: Office, desk: Desk) -> None:
    without(office, "recipients", "R-weber")
    rewrite(office, "recipients", PEOPLE["beck"], "info@beck.example")
    report = directory.import_directory(desk)
    assert (report.gone, report.corrected, report.closed) == (0, 1, ())
    assert case(desk).section is Section.NEW
    assert case(desk, "beck").section is Section.NEW
    assert queue.view(desk, case(desk, "beck").id).corrected[0].new == "info@beck.example"
    assert imported(desk).closed == (PEOPLE["weber"], PEOPLE["beck"]), "the next complete one closes both"


def test_an_address_that_still_stands_on_the_list_of_its_case_stays_open(office: Office, desk: Desk) -> None:
    with (office.folder / "directory" / "recipients.csv").open("a", encoding="utf-8") as file:
        file.write(f"R-weber,Weber,,{PEOPLE['weber']},2026-0878,A2,\n")
    directory.import_directory(desk)
    rewrite(office, "recipients", f"{PEOPLE['weber']},2026-0878", f"{NEW},2026-0878")
    assert imported(desk).closed == ()
    rewrite(office, "recipients", f"{PEOPLE['weber']},2026-0877", f"{NEW},2026-0877")
    assert imported(desk).closed == (PEOPLE["weber"],)


def test_a_provable_failure_reopens_and_the_same_export_does_not_close_again(office: Office, desk: Desk) -> None:
    rewrite(office, "recipients", PEOPLE["weber"], NEW)
    imported(desk)
    office.at(days=2)
    office.bounce("weber")
    assert reading.sync(desk).reopened == (case(desk).id,)
    assert imported(desk).closed == ()
    assert case(desk).section is Section.NEW
    assert queue.view(desk, case(desk).id).corrected[0].new == NEW, "a person sees it all the same"


def test_a_failure_of_the_new_address_is_a_case_of_its_own_that_says_what_it_was(office: Office, desk: Desk) -> None:
    rewrite(office, "recipients", PEOPLE["weber"], NEW)
    imported(desk)
    office.at(days=3)
    rewrite(office, "deliveries", "m.weber@iprot.example", "m.old@iprot.example")
    sent = (office.at(days=3) - timedelta(hours=1)).isoformat()
    with (office.folder / "directory" / "deliveries.csv").open("a", encoding="utf-8") as file:
        file.write(f"2026-0877,R-weber,{NEW},<m.{NEW}@iprot.example>,{sent}\n")
    imported(desk)
    office.bounce(NEW)
    reading.sync(desk)
    [was] = queue.view(desk, case(desk, NEW).id).formerly
    assert was.old == PEOPLE["weber"]
    assert case(desk).section is Section.DONE
    assert case(desk, NEW).section is Section.NEW


def test_a_cut_export_is_doubted_and_changes_nothing(office: Office, desk: Desk) -> None:
    without(office, "recipients", "M")
    without(office, "recipients", "R-weber")
    asked: list[Loss] = []
    before = directory.status(desk)
    office.at(days=1)

    def no(loss: Loss) -> bool:
        asked.append(loss)
        return False

    for answer in (None, no):
        with pytest.raises(RefusedError, match="Of 64 recipients 61 would vanish"):
            imported(desk, doubt=answer)
    assert asked == [Loss(64, 61, 0)]
    assert directory.status(desk) == before
    assert case(desk).section is Section.NEW
    assert imported(desk, doubt=lambda _loss: True).gone == 61


def test_a_wrong_column_of_addresses_is_doubted(office: Office, desk: Desk) -> None:
    rewrite(office, "recipients", ".example", ".test")
    with pytest.raises(RefusedError, match="0 would vanish and 63 get another address"):
        imported(desk)


def test_rows_that_cannot_be_used_keep_the_table_from_counting_as_gone(office: Office, desk: Desk) -> None:
    without(office, "recipients", "R-beck")
    rewrite(office, "recipients", "R-weber,Weber", 'R-weber,"Weber')
    report = imported(desk)
    assert (report.gone, report.closed, report.rejected, report.doubts) == (0, (), 1, ("recipients",))
    assert case(desk, "beck").section is Section.NEW


def test_a_recipient_whose_address_was_emptied_has_gone(office: Office, desk: Desk) -> None:
    rewrite(office, "recipients", PEOPLE["weber"], "")
    report = imported(desk)
    assert (report.gone, report.closed, report.doubts) == (1, (PEOPLE["weber"],), ())


def test_letters_up_for_review_are_taken_back_and_those_on_their_way_stay(office: Office, desk: Desk) -> None:
    drafted = drafting.draft(desk, [case(desk).id, case(desk, "beck").id])
    [letter] = drafted.letters
    rewrite(office, "recipients", PEOPLE["weber"], NEW)
    report = imported(desk)
    assert report.withdrawn == (letter.reference,)
    [left] = sending.letters_in_work(desk)
    assert [item.key for item in left.items] == [PEOPLE["beck"]]
    sending.send(desk, [left])
    rewrite(office, "recipients", PEOPLE["beck"], "info@beck.example")
    imported(desk)
    assert case(desk, "beck").section is Section.DONE
    assert case(desk, "beck").notices == 1


def test_a_letter_about_nothing_else_is_thrown_away(office: Office, desk: Desk) -> None:
    drafting.draft(desk, [case(desk).id])
    without(office, "recipients", "R-weber")
    imported(desk)
    assert not [x for x in sending.letters_in_work(desk) if x.state is LetterState.COMPOSED]
    assert "discarded" in [event.what for event in queue.view(desk, case(desk).id).events]


def test_what_the_directory_closed_can_be_undone(office: Office, desk: Desk) -> None:
    rewrite(office, "recipients", PEOPLE["weber"], NEW)
    imported(desk)
    undone = queue.undo(desk)
    assert undone is not None
    assert "directory" in undone.label
    assert case(desk).section is Section.NEW


def test_an_author_who_is_gone_is_not_written_to_and_comes_back(office: Office, desk: Desk) -> None:
    without(office, "authors", "A1,")
    assert imported(desk).gone == 1
    assert imported(desk).gone == 0
    [letter] = drafting.draft(desk, [case(desk).id]).letters
    assert letter.to == "i.lang@planwerk.example", "her deputy"
    drafting.discard(desk, letter.id)
    without(office, "authors", "A2,")
    imported(desk)
    [letter] = drafting.draft(desk, [case(desk).id]).letters
    assert letter.to == "service@help.example"
    assert directory.status(desk).gone_authors == 2
    drafting.discard(desk, letter.id)
    with (office.folder / "directory" / "authors.csv").open("a", encoding="utf-8") as file:
        file.write(f"A1,Karin Roth,{PEOPLE['roth']},de,Frau,,Planwerk,A2\n")
    imported(desk)
    assert drafting.draft(desk, [case(desk).id]).letters[0].to == PEOPLE["roth"]


def test_a_later_mail_without_a_bounce_is_shown_as_delivered(office: Office, desk: Desk) -> None:
    assert queue.view(desk, case(desk).id).last_delivered is None
    later = office.at(days=2)
    with (office.folder / "directory" / "deliveries.csv").open("a", encoding="utf-8") as file:
        file.write(f"2026-0877,R-weber,{PEOPLE['weber']},<later@iprot.example>,{later.isoformat()}\n")
    directory.import_directory(desk)
    view = queue.view(desk, case(desk).id)
    assert view.last_delivered == later
    assert view.case.last_failed is not None
    assert view.case.last_failed < later


def test_the_directory_is_stale_after_some_days(office: Office, desk: Desk) -> None:
    assert directory.stale(desk.settings, desk.store) == ""
    office.at(days=7)
    assert directory.stale(desk.settings, desk.store) == ""
    office.at(days=8)
    assert "8 days old" in directory.stale(desk.settings, desk.store)


def test_an_import_that_breaks_off_changes_nothing(office: Office, desk: Desk) -> None:
    before = directory.status(desk)
    rewrite(office, "authors", "Karin Roth", "Karin Braun")
    Path(office.folder / "directory" / "deliveries.csv").write_text("protocol;adress\n1;2\n")
    office.at(days=1)
    with pytest.raises(Exception, match="the column address"):
        imported(desk)
    assert directory.status(desk) == before
    assert queue.view(desk, case(desk).id).author.name == "Karin Roth"  # type: ignore[union-attr]
