"""What the mailbox shows counts, however hard it is to see."""

from __future__ import annotations

import email
from datetime import timedelta

import pytest
from journeys.test_journey_drafts import forget, hand_over, three_notices
from journeys.world import FALK, HUBER, WEBER, Team, mailed, smtp_to, wait_for_mail
from servers.postfix import Postfix

from triage import clock, errors
from triage.desk import drafting, reading, sending
from triage.model import LetterState, Strength


def test_a_first_sync_that_broke_off_lets_no_fourth_notice_leave(team: Team) -> None:
    with team.desk() as desk:
        three_notices(team, desk)
    forget(team.store)
    team.day(21)
    team.bounce(4)
    team.set_up(folder='INBOX", "Nope')
    assert team.triage("directory", "import") == errors.DONE
    assert team.triage("sync") == errors.FAILED
    team.triage("draft", WEBER)
    team.triage("send", "--all", "--yes")
    assert team.mailbox.count("Drafts") == 0


def test_a_first_sync_that_was_cancelled_lets_no_fourth_notice_leave(team: Team) -> None:
    with team.desk() as desk:
        three_notices(team, desk)
    forget(team.store)
    team.day(21)
    team.bounce(4)
    with team.desk() as desk:
        reading.sync(desk, cancelled=lambda: True)
        sending.send(desk, drafting.draft(desk, [team.case(desk).id]).letters)
    assert team.mailbox.count("Drafts") == 0


def test_letters_that_left_long_ago_count_for_a_store_made_anew(team: Team) -> None:
    with team.desk() as desk:
        three_notices(team, desk)
    forget(team.store)
    team.day(21)
    letters = team.contents("Sent")
    with team.mailbox.client() as client:
        client.select_folder("Sent")
        client.delete_messages(client.search())
        client.expunge()
    team.mailbox.put(*letters, folder="Sent", at=clock.now() - timedelta(days=150))
    team.bounce(4)
    with team.desk() as desk:
        assert reading.sync(desk).adopted == 3


@pytest.mark.parametrize(
    "lost", [("X-Triage-Claims", "X-Triage-Ref"), ("Message-ID", "X-Triage-Claims", "X-Triage-Ref")]
)
def test_a_letter_is_found_in_sent_though_the_mail_program_dropped_headers(team: Team, lost: tuple[str, ...]) -> None:
    team.bounce(1)
    with team.desk() as desk:
        reading.sync(desk)
        hand_over(team, desk)
        mail = email.message_from_bytes(team.contents("Drafts")[0])
        for name in lost:
            del mail[name]
        team.mailbox.put(mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), folder="Sent")
        assert reading.sync(desk).settled == 1


def test_a_letter_to_an_author_with_an_umlaut_domain_that_bounces_makes_a_case(
    team_on_postfix: tuple[Postfix, Team],
) -> None:
    postfix, team = team_on_postfix
    team.set_up(post=smtp_to(postfix.port))
    authors = team.config.parent / "directory" / "authors.csv"
    authors.write_text(authors.read_text("utf-8").replace(FALK, "unknown-falk@büro.example"), "utf-8")
    mailed(postfix, team, HUBER, 1)
    with team.desk() as desk:
        reading.sync(desk)
        sending.send(desk, drafting.draft(desk, [team.case(desk, HUBER).id]).letters)
        wait_for_mail(postfix, team, 2)
        team.day(1)
        assert len(reading.sync(desk).new) == 1
        assert team.case(desk, "unknown-falk@büro.example").strength is Strength.PROOF


def test_a_letter_sent_by_smtp_lies_in_sent_and_a_restored_store_does_not_send_it_again(
    team_on_postfix: tuple[Postfix, Team],
) -> None:
    """The store as it was before the sending is put back: it learns from Sent, and the numbers are not given again."""
    postfix, team = team_on_postfix
    team.set_up(post=smtp_to(postfix.port))
    mailed(postfix, team, HUBER, 1)
    with team.desk() as desk:
        reading.sync(desk)
        drafted = drafting.draft(desk, [team.case(desk, HUBER).id])
        desk.store.db.execute("VACUUM INTO ?", [str(team.store.with_name("backup.sqlite"))])
        sending.send(desk, drafted.letters)
    assert team.mailbox.count("Sent") == 1
    forget(team.store)
    team.store.with_name("backup.sqlite").rename(team.store)
    with team.desk() as desk:
        [delivered] = sending.send(desk, sending.letters_in_work(desk))
        assert delivered.letter.state is LetterState.COMPOSED
        assert team.case(desk, HUBER).notices == 1
    assert team.mailbox.count("Sent") == 1
