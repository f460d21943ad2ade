"""The whole way at the desk: mail in, case, letter, ledger, week."""

from __future__ import annotations

import email
from datetime import timedelta

import pytest
from office import PEOPLE, Office

from triage.desk import Desk, drafting, queue, reading, sending, weekly
from triage.errors import RefusedError, SettingsError
from triage.model import Allowed, Case, Kind, Letter, LetterState, Purpose, Refusal, Refused, Section, Strength

WEBER = PEOPLE["weber"]


def case(desk: Desk, who: str = "weber") -> Case:
    return queue.find(desk, PEOPLE.get(who, who))


def write(desk: Desk, *who: str) -> list[sending.Delivered]:
    """Draft and send about these people; nothing may be left out."""
    drafted = drafting.draft(desk, [case(desk, name).id for name in who])
    assert drafted.left_out == ()
    return sending.send(desk, drafted.letters)


def refusal(desk: Desk, who: str = "weber") -> Refusal | None:
    """Why no letter about this person may be drafted now."""
    drafted = drafting.draft(desk, [case(desk, who).id])
    assert drafted.letters == ()
    [left] = drafted.left_out
    return left.refused.reason if left.refused else None


def test_a_bounce_becomes_a_case_with_its_protocol_author_and_proof(office: Office) -> None:
    office.bounce()
    desk = office.synced()
    view = queue.view(desk, case(desk).id)
    assert (view.case.section, view.case.strength, view.verdict) == (Section.NEW, Strength.PROOF, Allowed(1))
    assert view.protocol is not None
    assert view.author is not None
    assert (view.protocol.number, view.author.name) == ("2026-0877", "Karin Roth")


def test_a_second_sync_brings_nothing_and_touches_no_file(office: Office) -> None:
    office.bounce()
    desk = office.synced()
    before = {path: path.read_bytes() for path in office.mail.iterdir()}
    again = reading.sync(desk)
    assert (again.messages, again.known, again.new) == (0, 1, ())
    assert {path: path.read_bytes() for path in office.mail.iterdir()} == before


def test_three_notices_on_three_dates_and_a_fourth_never(office: Office) -> None:
    desk = office.desk()
    for number, day in enumerate((0, 7, 14), 1):
        office.at(day)
        office.bounce()
        reading.sync(desk)
        [delivered] = write(desk, "weber")
        assert delivered.letter.state is LetterState.SENT
        assert [item.number for item in delivered.letter.items] == [number]
        assert refusal(desk) is (Refusal.NOTHING_NEW if number < 3 else Refusal.THREE_SENT)
    office.at(21)
    office.bounce()
    reading.sync(desk)
    assert case(desk).section is Section.BLOCKED
    assert refusal(desk) is Refusal.THREE_SENT
    assert len(list(office.letters.glob("*.eml"))) == 3


def test_days_must_pass_between_two_notices_and_the_case_comes_back_by_itself(office: Office) -> None:
    desk = office.desk()
    office.bounce()
    reading.sync(desk)
    write(desk, "weber")
    office.at(2)
    office.bounce()
    reading.sync(desk)
    assert refusal(desk) is Refusal.TOO_SOON
    assert case(desk).section is Section.WAITING
    office.at(5)
    queue.wake(desk)
    assert case(desk).section is Section.NEW
    write(desk, "weber")


def test_one_letter_covers_all_addresses_of_an_author_and_goes_to_the_author(office: Office) -> None:
    for who in ("weber", "beck", "huber"):
        office.bounce(who)
    desk = office.synced()
    [delivered] = write(desk, "weber", "beck", "huber")
    assert (delivered.letter.to, len(delivered.letter.items)) == ("k.roth@planwerk.example", 3)
    [file] = office.letters.glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes())
    assert "k.roth@planwerk.example" in str(mail["To"])
    assert delivered.letter.reference in str(mail.get_payload(decode=True), "utf-8")  # type: ignore[arg-type]
    assert mail["Message-ID"] == delivered.letter.message_id


def test_an_author_whose_own_address_fails_is_not_written_to_but_the_deputy_is(office: Office) -> None:
    office.bounce("weber")
    office.bounce("roth")
    desk = office.synced()
    [delivered] = write(desk, "weber", "roth")
    assert delivered.letter.to == "i.lang@planwerk.example"
    assert {item.written for item in delivered.letter.items} == {WEBER, PEOPLE["roth"]}


def test_a_spam_refusal_goes_to_their_postmaster_and_is_no_notice(office: Office) -> None:
    office.bounce("beck", "spam")
    desk = office.synced()
    [delivered] = write(desk, "beck")
    assert (delivered.letter.purpose, delivered.letter.to) == (Purpose.POSTMASTER, "postmaster@tragwerk-beck.example")
    assert case(desk, "beck").notices == 0
    assert case(desk, "beck").section is Section.WAITING
    assert refusal(desk, "beck") is Refusal.NOTHING_NEW


def test_a_full_box_waits_and_becomes_work_when_it_lasts(office: Office) -> None:
    office.bounce("beck", "full")
    desk = office.synced()
    assert case(desk, "beck").section is Section.WAITING
    office.at(8)
    office.bounce("beck", "full")
    reading.sync(desk)
    assert case(desk, "beck").section is Section.NEW


def test_a_forged_bounce_rests_in_the_bin_until_a_person_decides(office: Office) -> None:
    office.bounce("stranger@nowhere.example", forged=True)
    desk = office.synced()
    found = case(desk, "stranger@nowhere.example")
    assert found.section is Section.BIN
    assert refusal(desk, "stranger@nowhere.example") is Refusal.NO_EVIDENCE
    queue.link(desk, [found.id], "2026-0878")
    assert (case(desk, found.written).section, case(desk, found.written).strength) == (Section.NEW, Strength.DECIDED)
    queue.undo(desk)
    assert case(desk, found.written).section is Section.BIN


def test_bounces_before_the_directory_find_their_protocol_when_it_comes(office: Office) -> None:
    from triage import config
    from triage.desk import directory, open_desk

    office.bounce()
    desk = open_desk(config.load(office.config), office.store)
    reading.sync(desk)
    assert case(desk).section is Section.BIN
    assert directory.import_directory(desk).linked == 1
    assert case(desk).section is Section.NEW
    again = directory.import_directory(desk)
    assert (again.new, again.changed, again.linked) == (0, 0, 0)


def test_what_left_cannot_be_undone_and_a_draft_can(office: Office) -> None:
    office.bounce()
    desk = office.synced()
    drafting.draft(desk, [case(desk).id])
    undone = queue.undo(desk)
    assert undone is not None
    assert undone.label == "drafted one letter"
    write(desk, "weber")
    assert queue.next_undo(desk) is None
    assert queue.undo(desk) is None
    assert case(desk).notices == 1


def test_a_case_whose_letter_waits_for_review_is_not_drafted_twice(office: Office) -> None:
    office.bounce()
    desk = office.synced()
    [letter] = drafting.draft(desk, [case(desk).id]).letters
    [left] = drafting.draft(desk, [case(desk).id]).left_out
    assert letter.reference in left.why


def test_a_letter_that_may_no_longer_leave_stays_in_review_with_the_reason(office: Office) -> None:
    office.bounce()
    desk = office.synced()
    drafted = drafting.draft(desk, [case(desk).id])
    queue.close(desk, [case(desk).id])
    [delivered] = sending.send(desk, drafted.letters)
    assert delivered.letter.state is LetterState.COMPOSED
    assert [left.refused for left in delivered.left_out] == [Refused(Refusal.CLOSED)]
    assert not list(office.letters.glob("*.eml"))


def test_an_edited_letter_leaves_as_edited_and_must_keep_its_reference(office: Office) -> None:
    office.bounce()
    desk = office.synced()
    [letter] = drafting.draft(desk, [case(desk).id]).letters
    with pytest.raises(RefusedError, match=letter.reference):
        drafting.edit(desk, letter.id, "Betreff", "Ohne Vorgang.")
    edited = drafting.edit(desk, letter.id, "Neuer\r\nBcc: x@y.example", f"Kurz.\n\n{letter.reference}\n")
    [stale] = sending.send(desk, [letter])
    assert stale.letter.state is LetterState.COMPOSED, "what leaves is what was reviewed"
    sending.send(desk, [edited])
    [file] = office.letters.glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes())
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Neuer Bcc: x@y.example"
    assert str(mail.get_payload(decode=True), "utf-8").startswith("Kurz.")  # type: ignore[arg-type]


def test_an_address_left_out_in_review_may_be_drafted_again(office: Office) -> None:
    office.bounce("weber")
    office.bounce("beck")
    desk = office.synced()
    [letter] = drafting.draft(desk, [case(desk).id, case(desk, "beck").id]).letters
    left = drafting.leave_out(desk, letter.id, case(desk, "beck").id)
    assert left is not None
    assert [item.written for item in left.items] == [WEBER]
    assert PEOPLE["beck"] not in left.body
    assert len(drafting.draft(desk, [case(desk, "beck").id]).letters) == 1
    assert drafting.leave_out(desk, letter.id, case(desk).id) is None


def test_a_bounce_of_our_own_letter_makes_the_authors_address_a_case_and_the_notice_stays(office: Office) -> None:
    office.bounce()
    desk = office.synced()
    [delivered] = write(desk, "weber")
    office.at(1)
    letter_returns(office, delivered.letter, PEOPLE["roth"])
    reading.sync(desk)
    author = case(desk, "roth")
    assert (author.section, author.strength) == (Section.NEW, Strength.PROOF)
    assert case(desk).notices == 1
    assert "did_not_arrive" in [event.what for event in queue.history(desk)]


@pytest.mark.parametrize(
    ("to", "is_told"), [("beck@freemail.example", True), (PEOPLE["beck"], False)], ids=["forwarded", "somebody else"]
)
def test_a_bounce_that_names_a_letter_and_somebody_else_on_a_list_is_not_the_letters(
    office: Office, to: str, is_told: bool
) -> None:
    office.bounce()
    desk = office.synced()
    [delivered] = write(desk, "weber")
    office.at(1)
    letter_returns(office, delivered.letter, to)
    reading.sync(desk)
    assert ("did_not_arrive" in [event.what for event in queue.history(desk)]) is is_told


def letter_returns(office: Office, letter: Letter, to: str) -> None:
    """A bounce arrives that returns this letter, and says that mail to `to` failed."""
    office.bounce(to)
    newest = max(office.mail.iterdir())
    text = newest.read_text().replace(f"m.{to}@iprot.example", letter.message_id.strip("<>"))
    newest.write_text(text.replace("From: iprot <iprot@", "From: iprot Support <support@"))


def test_our_own_addresses_never_fail(office: Office) -> None:
    office.bounce("iprot@iprot.example")
    office.bounce("support@iprot.example")
    desk = office.synced()
    assert [entry.is_case for entry in queue.page(desk, queue.ids(desk, None))] == [False, False]


def test_a_recorded_notice_counts_from_the_end_of_its_day(office: Office) -> None:
    office.bounce()
    desk = office.synced()
    day = office.at().replace(hour=0)
    assert sending.record(desk, WEBER, day, "k.roth@planwerk.example") == 1
    assert refusal(desk) is Refusal.NOTHING_NEW
    with pytest.raises(SettingsError):
        sending.record(desk, WEBER, day + timedelta(days=1), "")


def test_a_ledger_file_is_counted_once_and_a_fourth_row_is_named(office: Office) -> None:
    path = office.folder / "ledger.csv"
    days = ("2026-09-01", "2026-09-10", "2026-09-20", "2026-09-30")
    path.write_text("address,date,to\n" + "".join(f"{WEBER},{day},k.roth@planwerk.example\n" for day in days))
    desk = office.desk()
    first = sending.import_ledger(desk, path)
    assert (first.counted, [r.line for r in first.rejected]) == (3, [5])
    sending.import_ledger(desk, path)
    assert case(desk).notices == 3


def test_the_week_counts_what_happened_in_it(office: Office) -> None:
    office.bounce("weber")
    office.bounce("beck", "full")
    desk = office.synced()
    write(desk, "weber")
    numbers = weekly.numbers(desk, weekly.this_monday())
    assert (numbers.bounces, numbers.new_cases, numbers.notices) == (2, 2, (1, 0, 0))
    assert numbers.letters == ((office.at().date(), WEBER, "k.roth@planwerk.example", 1),)
    before = weekly.numbers(desk, weekly.this_monday() - timedelta(days=7))
    assert (before.bounces, before.letters) == (0, ())


def test_what_anybody_can_write_counts_for_no_kind_domain_or_author_of_the_week(office: Office) -> None:
    office.bounce("weber")
    office.bounce("beck", "full", forged=True)
    desk = office.synced()
    numbers = weekly.numbers(desk, weekly.this_monday())
    assert (numbers.bounces, numbers.by_kind) == (2, ((Kind.WRONG_MAILBOX, 1),))
    assert numbers.by_domain == ((WEBER.rpartition("@")[2], 1),)
    assert numbers.by_author == (("Karin Roth", 1),)


def test_a_broken_mail_is_kept_under_a_name_and_stops_nothing(office: Office) -> None:
    (office.mail / "0000.eml").write_bytes(b"\xff\xfe\x00" * 50)
    office.bounce()
    desk = office.synced()
    assert case(desk).section is Section.NEW
    assert len(queue.ids(desk, None)) == 2


def test_filters_narrow_the_queue_by_words_kind_domain_and_negation(office: Office) -> None:
    for who, why in (("weber", "domain"), ("beck", "unknown"), ("huber", "unknown")):
        office.bounce(who, why)
    desk = office.synced()

    def shown(words: str) -> set[str]:
        return {entry.address for entry in queue.page(desk, queue.ids(desk, Section.NEW, words))}

    assert shown("kind:domain") == {WEBER}
    assert shown("kind:Postfach") == {PEOPLE["beck"], PEOPLE["huber"]}
    assert shown("!domain:bau-huber.example kind:mailbox") == {PEOPLE["beck"]}
    assert shown("muster") == {PEOPLE["huber"]}
    assert shown("author:roth notices:0 protocol:2026-08") == set(PEOPLE.values()) - {PEOPLE["roth"]}
    assert shown("100%") == set()


def test_a_letter_whose_author_was_replaced_meanwhile_comes_back_to_review(office: Office) -> None:
    from triage.desk import directory

    office.bounce()
    desk = office.synced()
    drafted = drafting.draft(desk, [case(desk).id])
    authors = office.folder / "directory" / "authors.csv"
    authors.write_text(authors.read_text().replace("k.roth@planwerk.example", "karin.roth@planwerk.example"))
    directory.import_directory(desk)
    [delivered] = sending.send(desk, drafted.letters)
    assert delivered.letter.state is LetterState.COMPOSED
    assert "somebody else" in delivered.left_out[0].why
    assert not list(office.letters.glob("*.eml"))


def test_one_letter_that_may_not_leave_does_not_keep_the_others(office: Office) -> None:
    office.bounce("weber")
    office.bounce("beck", "spam")
    desk = office.synced()
    drafted = drafting.draft(desk, [case(desk).id, case(desk, "beck").id])
    queue.close(desk, [case(desk).id])
    states = [delivered.letter.state for delivered in sending.send(desk, drafted.letters)]
    assert sorted(states) == [LetterState.COMPOSED, LetterState.SENT]


def test_a_letter_to_a_postmaster_asks_again_whether_the_case_is_open(office: Office) -> None:
    office.bounce("beck", "spam")
    desk = office.synced()
    drafted = drafting.draft(desk, [case(desk, "beck").id])
    queue.close(desk, [case(desk, "beck").id])
    [delivered] = sending.send(desk, drafted.letters)
    assert [left.refused for left in delivered.left_out] == [Refused(Refusal.CLOSED)]


def test_an_author_whose_letter_is_only_late_is_still_written_to(office: Office) -> None:
    office.bounce("weber")
    office.bounce("roth")
    late = max(office.mail.iterdir())
    late.write_text(late.read_text().replace("Action: failed", "Action: delayed").replace("5.1.1", "4.4.7"))
    desk = office.synced()
    [delivered] = write(desk, "weber")
    assert delivered.letter.to == "k.roth@planwerk.example"


def test_the_weeks_json_commands_no_terminal(office: Office) -> None:
    from dataclasses import replace

    numbers = weekly.numbers(office.desk(), weekly.this_monday())
    hostile = "c1\x9b31m\x9d0;x\x9c\u202e\u2028\x7f@x.example"
    found = weekly.export(replace(numbers, letters=((office.at().date(), hostile, hostile, 1),)), "json")
    assert found.isascii()
    assert found.replace("\n", "").isprintable()
