"""Letters into Drafts: a person sends them, and what the mailbox shows counts, whichever store looks."""

from __future__ import annotations

import email
from pathlib import Path

from journeys.world import ROTH, WEBER, Team

from triage import errors, lang
from triage.claims import HEADER, parse_claims
from triage.desk import Desk, drafting, reading, sending
from triage.model import Letter, LetterState, Refusal, Section


def hand_over(team: Team, desk: Desk) -> Letter:
    """Draft the letter about the wrong address, and put it into Drafts."""
    drafted = drafting.draft(desk, [team.case(desk).id])
    assert drafted.left_out == ()
    [delivered] = sending.send(desk, drafted.letters)
    assert delivered.letter.state is LetterState.HANDED_OVER
    return delivered.letter


def three_notices(team: Team, desk: Desk) -> None:
    """A bounce on each of three days, a letter for each, and a person who sends it."""
    for number, day in enumerate((0, 7, 14), 1):
        team.day(day)
        team.bounce(number)
        reading.sync(desk)
        assert hand_over(team, desk).items[0].number == number
        team.send_drafts()
    reading.sync(desk)


def forget(store: Path) -> None:
    """The store is gone, with all that lies beside it."""
    for file in store.parent.glob(store.name + "*"):
        file.unlink()


def test_a_letter_lies_in_drafts_and_blocks_the_next_one(team: Team) -> None:
    team.bounce(1)
    with team.desk() as desk:
        reading.sync(desk)
        letter = hand_over(team, desk)
        assert team.refusal(desk) is Refusal.LETTER_OPEN
    [told] = team.snapshot("Drafts").values()
    assert b"\\Draft" in told[b"FLAGS"]
    mail = email.message_from_bytes(team.contents("Drafts")[0])
    assert (mail["Message-ID"], ROTH in str(mail["To"])) == (letter.message_id, True)
    assert parse_claims(str(mail[HEADER])) == ((WEBER, 1),)


def test_a_letter_that_a_person_sent_is_found_in_sent_by_the_next_sync(team: Team) -> None:
    team.bounce(1)
    with team.desk() as desk:
        reading.sync(desk)
        letter = hand_over(team, desk)
        assert reading.sync(desk).settled == 0
        team.send_drafts()
        synced = reading.sync(desk)
        assert (synced.settled, synced.adopted, synced.messages) == (1, 0, 0)
        assert sending.letter(desk, letter.id).state is LetterState.SENT
        assert team.refusal(desk) is Refusal.NOTHING_NEW
        assert team.case(desk).section is Section.WAITING
        assert reading.sync(desk).settled == 0
    assert team.mailbox.count("Drafts") == 0
    assert team.mailbox.count("Sent") == 1


def test_a_second_store_on_the_same_mailbox_counts_the_letters_of_the_first(team: Team) -> None:
    team.bounce(1)
    with team.desk() as first, team.desk(team.store.with_name("second.db")) as second:
        reading.sync(first)
        letter = hand_over(team, first)
        synced = reading.sync(second)
        assert (synced.adopted, team.case(second).notices) == (1, 1)
        assert team.refusal(second) is Refusal.LETTER_OPEN
        team.send_drafts()
        assert [reading.sync(desk).settled for desk in (first, second)] == [1, 1]
        assert [team.refusal(desk) for desk in (first, second)] == [Refusal.NOTHING_NEW, Refusal.NOTHING_NEW]
        again = reading.sync(second)
        assert (again.adopted, again.settled, team.case(second).notices) == (0, 0, 1)
        team.day(7)
        team.bounce(2)
        reading.sync(second)
        other = hand_over(team, second)
        assert (other.items[0].number, other.message_id != letter.message_id) == (2, True)
        assert reading.sync(first).adopted == 1
        assert (team.case(first).notices, team.refusal(first)) == (2, Refusal.LETTER_OPEN)


def test_a_store_made_anew_from_the_folders_never_writes_a_fourth_notice(team: Team) -> None:
    with team.desk() as desk:
        three_notices(team, desk)
    forget(team.store)
    team.day(21)
    team.bounce(4)
    with team.desk() as desk:
        synced = reading.sync(desk)
        assert (synced.messages, synced.adopted, synced.beyond_three) == (4, 3, ())
        assert (team.case(desk).notices, team.case(desk).section) == (3, Section.BLOCKED)
        assert team.refusal(desk) is Refusal.THREE_SENT
    assert team.triage("draft", WEBER) == errors.REFUSED
    assert lang.label(Refusal.THREE_SENT) in team.err
    assert team.mailbox.count("Drafts") == 0
    assert team.mailbox.count("Sent") == 3


def test_a_letter_still_in_drafts_counts_for_a_store_made_anew(team: Team) -> None:
    team.bounce(1)
    with team.desk() as desk:
        reading.sync(desk)
        hand_over(team, desk)
    forget(team.store)
    with team.desk() as desk:
        assert reading.sync(desk).adopted == 1
        assert (team.case(desk).notices, team.refusal(desk)) == (1, Refusal.LETTER_OPEN)
        team.send_drafts()
        assert reading.sync(desk).settled == 1


def test_the_same_by_command(team: Team) -> None:
    team.bounce(1)
    assert team.triage("directory", "import") == errors.DONE
    assert team.triage("sync") == errors.DONE
    assert team.triage("draft", WEBER) == errors.DONE
    assert team.triage("send", "--all", "--yes") == errors.DONE
    assert lang.label(LetterState.HANDED_OVER) in team.out
    assert team.triage("draft", WEBER) == errors.REFUSED
    assert lang.label(Refusal.LETTER_OPEN) in team.err
    team.send_drafts()
    assert team.triage("sync") == errors.DONE
    assert "letters found in Sent 1" in team.out
    assert team.triage("draft", WEBER) == errors.REFUSED
    assert lang.label(Refusal.NOTHING_NEW) in team.err
