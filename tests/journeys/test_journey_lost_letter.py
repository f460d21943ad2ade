"""A letter of ours does not arrive itself: Postfix reports it, and the author's address becomes a case of its own."""

from __future__ import annotations

from journeys.world import FALK, HUBER, LANG, Team, mailed, smtp_to, wait_for_mail
from servers.postfix import Postfix

from triage.desk import drafting, queue, reading, sending
from triage.model import Evidence, LetterState, Refusal, Section, Strength


def test_a_letter_that_bounces_makes_a_case_of_the_authors_address_and_stays_counted(
    team_on_postfix: tuple[Postfix, Team],
) -> None:
    postfix, team = team_on_postfix
    team.set_up(post=smtp_to(postfix.port))
    mailed(postfix, team, HUBER, 1)
    with team.desk() as desk:
        reading.sync(desk)
        [delivered] = sending.send(desk, drafting.draft(desk, [team.case(desk, HUBER).id]).letters)
        assert (delivered.letter.state, delivered.letter.to) == (LetterState.SENT, FALK)
        wait_for_mail(postfix, team, 2)
        team.day(1)
        synced = reading.sync(desk)
        assert (synced.messages, synced.strays) == (1, 0)

        falk = queue.view(desk, team.case(desk, FALK).id)
        assert synced.new == (falk.case.id,)
        assert (falk.case.strength, falk.case.evidence) == (Strength.PROOF, Evidence.MESSAGE_ID)
        assert (falk.case.section, falk.case.notices) == (Section.NEW, 0)
        assert falk.case.matched == delivered.letter.message_id.strip("<>")

        huber = team.case(desk, HUBER)
        assert (huber.notices, huber.bounces) == (1, 1)
        assert team.refusal(desk, HUBER) is Refusal.NOTHING_NEW
        assert sending.letter(desk, delivered.letter.id).state is LetterState.SENT
        assert "did_not_arrive" in {event.what for event in queue.history(desk)}


def test_after_that_the_deputy_is_written_to(team_on_postfix: tuple[Postfix, Team]) -> None:
    postfix, team = team_on_postfix
    team.set_up(post=smtp_to(postfix.port))
    mailed(postfix, team, HUBER, 1)
    with team.desk() as desk:
        reading.sync(desk)
        sending.send(desk, drafting.draft(desk, [team.case(desk, HUBER).id]).letters)
        wait_for_mail(postfix, team, 2)
        team.day(7)
        mailed(postfix, team, HUBER, 2)
        reading.sync(desk)
        [delivered] = sending.send(desk, drafting.draft(desk, [team.case(desk, HUBER).id]).letters)
    assert (delivered.letter.to, delivered.letter.items[0].number) == (LANG, 2)
