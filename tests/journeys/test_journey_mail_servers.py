"""What real mail servers report when they are refused, know nobody, wait, and give up: Postfix and Exim alike."""

from __future__ import annotations

import pytest
from journeys.world import LATER, NOWHERE, ROTH, STRANGER, WEBER, Team, mailed, wait_for_mail
from servers.mta import Mta

from triage.desk import drafting, queue, reading, sending
from triage.model import Allowed, Case, Evidence, Kind, LetterState, Refusal, Refused, Section, Strength


def proven(case: Case) -> bool:
    """The report names our own mail to this very address."""
    return (case.strength, case.evidence, case.protocol) == (Strength.PROOF, Evidence.MESSAGE_ID, "2026-0877")


def assert_comes_back(mta: Mta, team: Team, address: str, kind: Kind) -> None:
    """Mailed, it makes one new case that is certain, and work."""
    mailed(mta, team, address, 1)
    with team.desk() as desk:
        synced = reading.sync(desk)
        [identity] = synced.new
        view = queue.view(desk, identity)
        assert reading.sync(desk).messages == 0
    assert (synced.messages, synced.strays) == (1, 0)
    assert (view.case.written, view.case.kind, view.case.bounces) == (address, kind, 1)
    assert proven(view.case)
    assert (view.case.section, view.verdict) == (Section.NEW, Allowed(1))


@pytest.mark.parametrize("address", [WEBER, STRANGER])
def test_an_address_that_the_other_side_or_the_server_itself_does_not_know_is_a_proven_case(
    team_on_mta: tuple[Mta, Team], address: str
) -> None:
    assert_comes_back(*team_on_mta, address, Kind.WRONG_MAILBOX)


@pytest.mark.parametrize("team_on_mta", ["exim"], indirect=True)  # Postfix would ask the real DNS
def test_a_domain_to_which_no_way_leads_is_a_wrong_domain(team_on_mta: tuple[Mta, Team]) -> None:
    assert_comes_back(*team_on_mta, NOWHERE, Kind.WRONG_DOMAIN)


def test_a_warning_is_no_failure_and_the_end_of_all_tries_is_one(team_on_mta: tuple[Mta, Team]) -> None:
    mta, team = team_on_mta
    mailed(mta, team, LATER, 1)
    with team.desk() as desk:
        [warned] = reading.sync(desk).new
        view = queue.view(desk, warned)
        assert (view.case.written, view.case.kind, view.case.last_failed) == (LATER, Kind.DELAYED, None)
        assert proven(view.case)
        assert (view.case.section, view.verdict) == (Section.WAITING, Refused(Refusal.NOT_THE_AUTHORS))

        team.day(1)
        wait_for_mail(mta, team, 2)
        synced = reading.sync(desk)
        assert (synced.messages, synced.new, synced.again) == (1, (), (warned,))
        view = queue.view(desk, warned)
        assert (view.case.kind, view.case.bounces) == (Kind.MAILBOX_DISABLED, 2)
        assert proven(view.case)
        assert (view.case.section, view.verdict) == (Section.NEW, Allowed(1))


def test_the_author_is_asked_and_the_letter_arrives(team_on_mta: tuple[Mta, Team]) -> None:
    mta, team = team_on_mta
    mailed(mta, team, WEBER, 1)
    with team.desk() as desk:
        reading.sync(desk)
        [delivered] = sending.send(desk, drafting.draft(desk, [team.case(desk).id]).letters)
        assert delivered.letter.state is LetterState.SENT
        assert team.refusal(desk) is Refusal.NOTHING_NEW
    [(_from, to, _mail)] = mta.peer.accepted
    assert to == (ROTH,)
