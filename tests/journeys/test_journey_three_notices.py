"""The whole way with a real Postfix: our mail is refused, the report comes back, the author is asked, three times."""

from __future__ import annotations

import email
import sqlite3
from contextlib import closing
from email.message import EmailMessage
from email.policy import default

import pytest
from journeys.world import ROTH, WEBER, Team, mailed
from servers.postfix import DOMAIN, Postfix

from triage import errors, lang
from triage.claims import HEADER, parse_claims
from triage.desk import Desk, drafting, queue, reading, sending
from triage.model import Allowed, Evidence, LetterState, Refusal, Section, Strength

DAYS = (0, 7, 14)


def notify(team: Team, desk: Desk) -> sending.Delivered:
    """Draft and send the one letter about the wrong address."""
    drafted = drafting.draft(desk, [team.case(desk).id])
    assert drafted.left_out == ()
    [delivered] = sending.send(desk, drafted.letters)
    assert delivered.left_out == ()
    return delivered


def received(postfix: Postfix) -> list[tuple[str, tuple[str, ...], EmailMessage]]:
    """What the author's server accepted, in order: envelope and mail."""
    return [
        (mail_from, to, email.message_from_bytes(content, policy=default))
        for mail_from, to, content in postfix.peer.accepted
    ]


def three_rounds(postfix: Postfix, team: Team, desk: Desk) -> list[sending.Delivered]:
    """A bounce and a notice on each of three days."""
    delivered = []
    for number, day in enumerate(DAYS, 1):
        team.day(day)
        mailed(postfix, team, WEBER, number)
        reading.sync(desk)
        delivered.append(notify(team, desk))
    return delivered


def test_a_refused_mail_comes_back_as_a_proven_case_of_its_protocol_and_author(
    team_on_postfix: tuple[Postfix, Team],
) -> None:
    postfix, team = team_on_postfix
    mailed(postfix, team, WEBER, 1)
    with team.desk() as desk:
        synced = reading.sync(desk)
        [identity] = synced.new
        view = queue.view(desk, identity)
    assert (synced.messages, synced.strays) == (1, 0)
    assert (view.case.written, view.case.section, view.verdict) == (WEBER, Section.NEW, Allowed(1))
    assert (view.case.strength, view.case.evidence) == (Strength.PROOF, Evidence.MESSAGE_ID)
    assert view.protocol is not None
    assert view.author is not None
    assert (view.protocol.number, view.author.email) == ("2026-0877", ROTH)


def test_the_letter_reaches_the_author_with_all_by_which_it_is_found_again(
    team_on_postfix: tuple[Postfix, Team],
) -> None:
    postfix, team = team_on_postfix
    mailed(postfix, team, WEBER, 1)
    with team.desk() as desk:
        reading.sync(desk)
        letter = notify(team, desk).letter
    assert letter.state is LetterState.SENT
    [(mail_from, to, mail)] = received(postfix)
    ours = f"{team.mailbox.user}@{DOMAIN}"
    assert (mail_from, to) == (ours, (ROTH,))
    assert mail["To"].addresses[0].addr_spec == ROTH
    assert mail["From"].addresses[0].addr_spec == ours
    assert mail["Cc"] is mail["Bcc"] is None
    assert mail["Message-ID"] == letter.message_id
    assert parse_claims(str(mail[HEADER])) == ((WEBER, 1),)
    text = mail.get_content()
    assert WEBER in text
    assert letter.reference in text


def test_nothing_new_no_letter_then_a_second_and_a_third_notice_on_later_days_and_a_fourth_never(
    team_on_postfix: tuple[Postfix, Team],
) -> None:
    postfix, team = team_on_postfix
    with team.desk() as desk:
        for number, day in enumerate(DAYS, 1):
            team.day(day)
            mailed(postfix, team, WEBER, number)
            assert reading.sync(desk).messages == 1
            letter = notify(team, desk).letter
            assert (letter.state, [item.number for item in letter.items]) == (LetterState.SENT, [number])
            assert team.refusal(desk) is (Refusal.NOTHING_NEW if number < 3 else Refusal.THREE_SENT)
        team.day(21)
        mailed(postfix, team, WEBER, 4)
        reading.sync(desk)
        assert (team.case(desk).section, team.refusal(desk)) == (Section.BLOCKED, Refusal.THREE_SENT)
    letters = [mail for _from, _to, mail in received(postfix)]
    assert [parse_claims(str(mail[HEADER])) for mail in letters] == [((WEBER, number),) for number in (1, 2, 3)]
    assert len({mail["Message-ID"] for mail in letters}) == 3


def test_a_second_bounce_too_soon_after_a_notice_waits_for_its_day(team_on_postfix: tuple[Postfix, Team]) -> None:
    postfix, team = team_on_postfix
    mailed(postfix, team, WEBER, 1)
    with team.desk() as desk:
        reading.sync(desk)
        notify(team, desk)
        team.day(2)
        mailed(postfix, team, WEBER, 2)
        reading.sync(desk)
        assert (team.case(desk).section, team.refusal(desk)) == (Section.WAITING, Refusal.TOO_SOON)
        team.day(5)
        queue.wake(desk)
        assert team.case(desk).section is Section.NEW
        assert notify(team, desk).letter.items[0].number == 2


def test_a_fourth_notice_is_refused_by_command_and_by_the_store_itself(team_on_postfix: tuple[Postfix, Team]) -> None:
    postfix, team = team_on_postfix
    with team.desk() as desk:
        last = three_rounds(postfix, team, desk)[-1].letter
    team.day(21)
    mailed(postfix, team, WEBER, 4)
    assert team.triage("sync") == errors.DONE
    assert team.triage("draft", WEBER) == errors.REFUSED
    assert f"{WEBER} is left out: {lang.label(Refusal.THREE_SENT)}" in team.err
    assert team.triage("record", WEBER, "--date", "2024-01-05") == errors.REFUSED
    insert = "INSERT INTO notices (letter, address, number, claimed_at) VALUES (?, ?, ?, '2026-11-23T08:00:00Z')"
    with closing(sqlite3.connect(team.store)) as store:
        for number in (1, 2, 3, 4):
            with pytest.raises(sqlite3.IntegrityError):
                store.execute(insert, [last.id, WEBER, number])
    assert len(received(postfix)) == 3
