"""A letter handed over lies neither in Drafts nor in Sent: a person is asked, but not after one look."""

from __future__ import annotations

import json

import pytest
from journeys.test_journey_drafts import hand_over
from journeys.world import WEBER, Team

from triage import errors
from triage.desk import Desk, queue, reading, sending
from triage.model import Letter, LetterState, Refusal

MINUTES = 1 / (24 * 60)


def handed_over(team: Team) -> tuple[Desk, Letter, bytes]:
    team.bounce(1)
    desk = team.desk()
    reading.sync(desk)
    letter = hand_over(team, desk)
    [draft] = team.contents("Drafts")
    return desk, letter, draft


def thrown_away(team: Team) -> None:
    with team.mailbox.client() as client:
        client.select_folder("Drafts")
        client.delete_messages(client.search())
        client.expunge()


def synced(team: Team, desk: Desk, minutes: float) -> tuple[int, ...]:
    """Read the mailbox so many minutes after the first day; the letters that are gone since."""
    team.day(minutes * MINUTES)
    return reading.sync(desk).gone


def test_a_draft_that_was_thrown_away_asks_after_ten_minutes_of_being_missed(team: Team) -> None:
    desk, letter, _draft = handed_over(team)
    thrown_away(team)
    assert [synced(team, desk, at) for at in (1, 5, 10.9)] == [(), (), ()]
    assert sending.gone(desk) == {}
    assert synced(team, desk, 11) == (letter.id,)
    assert list(sending.gone(desk)) == [letter.id]
    assert synced(team, desk, 30) == ()
    assert "gone" in [event.what for event in queue.view(desk, team.case(desk).id).events]
    assert team.refusal(desk) is Refusal.LETTER_OPEN
    assert sending.settle(desk, letter.id, sent=False).state is LetterState.RELEASED
    assert (sending.gone(desk), team.case(desk).notices) == ({}, 0)
    desk.close()


def test_a_mail_program_that_is_just_saving_the_draft_asks_nothing(team: Team) -> None:
    desk, _letter, draft = handed_over(team)
    thrown_away(team)
    assert synced(team, desk, 1) == ()
    team.mailbox.put(draft, folder="Drafts")
    assert synced(team, desk, 2) == ()
    thrown_away(team)
    assert [synced(team, desk, at) for at in (20, 25)] == [(), ()]
    assert sending.gone(desk) == {}
    desk.close()


@pytest.mark.parametrize(("folder", "state"), [("Drafts", LetterState.HANDED_OVER), ("Sent", LetterState.SENT)])
def test_the_question_ends_by_itself_when_the_letter_is_seen_again(team: Team, folder: str, state: LetterState) -> None:
    desk, letter, draft = handed_over(team)
    thrown_away(team)
    synced(team, desk, 1)
    assert synced(team, desk, 20) == (letter.id,)
    team.mailbox.put(draft, folder=folder)
    synced(team, desk, 21)
    assert (sending.gone(desk), sending.letter(desk, letter.id).state) == ({}, state)
    desk.close()


def test_before_not_sent_is_believed_sent_is_searched(team: Team) -> None:
    desk, letter, draft = handed_over(team)
    thrown_away(team)
    synced(team, desk, 1)
    synced(team, desk, 20)
    team.mailbox.put(draft, folder="Sent")
    assert sending.settle(desk, letter.id, sent=False).state is LetterState.SENT
    assert team.case(desk).notices == 1
    desk.close()


def test_a_letter_that_was_sent_without_a_copy_counts_when_a_person_says_so(team: Team) -> None:
    desk, letter, _draft = handed_over(team)
    thrown_away(team)
    synced(team, desk, 1)
    synced(team, desk, 20)
    assert sending.settle(desk, letter.id, sent=True).state is LetterState.SENT
    assert (sending.gone(desk), team.refusal(desk)) == ({}, Refusal.NOTHING_NEW)
    desk.close()


def test_a_reading_that_broke_off_says_nothing_of_drafts(team: Team) -> None:
    desk, _letter, _draft = handed_over(team)
    thrown_away(team)
    synced(team, desk, 1)
    team.set_up(host='localhost"\nsent = "Nope')
    with team.desk() as broken, pytest.raises(errors.SourceError):
        synced(team, broken, 20)
    assert sending.gone(desk) == {}
    desk.close()


def test_the_list_of_letters_shows_it(team: Team) -> None:
    desk, letter, _draft = handed_over(team)
    desk.close()
    thrown_away(team)
    team.day(0)
    assert team.triage("sync") == errors.DONE
    assert team.triage("letters") == errors.DONE
    assert "gone from Drafts" not in team.out
    team.day(1)
    assert team.triage("sync") == errors.DONE
    assert "one letter has gone from Drafts" in team.out
    assert team.triage("letters") == errors.DONE
    assert "gone from Drafts" in team.out
    assert team.triage("letters", "--json") == errors.DONE
    told = json.loads(team.out)
    assert (told["letter"], told["state"], bool(told["gone_since"])) == (letter.id, "handed_over", True)
    assert team.triage("settle", letter.reference, "unsent") == errors.DONE
    assert team.triage("draft", WEBER) == errors.DONE
