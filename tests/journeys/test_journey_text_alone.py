"""A mail program replaced the Message-ID and dropped our headers: a store that knows nothing learns from the text."""

from __future__ import annotations

import email
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from email import policy
from email.message import EmailMessage

import pytest
from journeys.test_journey_drafts import forget, hand_over, three_notices
from journeys.world import ROTH, WEBER, Team

from triage import clock, errors
from triage.desk import Desk, drafting, queue, reading, sending
from triage.model import LetterState, Refusal, Section

Edit = Callable[[str], str]


def plain(raw: bytes) -> str:
    payload = email.message_from_bytes(raw).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8")


def rewritten(raw: bytes, number: int, edit: Edit = str, html: bool = False) -> bytes:
    """The letter as another mail program writes it, nothing of our headers left."""
    before = email.message_from_bytes(raw, policy=policy.default)
    mail = EmailMessage()
    for name in ("From", "To", "Date", "Subject"):
        mail[name] = str(before[name])
    mail["Message-ID"] = f"<mua{number}@mua.example>"
    text = edit(plain(raw))
    if html:
        lines = "".join(f"<div>{line or '&nbsp;'}</div>\r\n" for line in text.splitlines())
        mail.set_content(f"<html><body>{lines}</body></html>", subtype="html")
    else:
        mail.set_content(text)
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def refolder(team: Team, edit: Edit = str, html: bool = False, folder: str = "Sent") -> None:
    """All letters in Sent are rewritten."""
    letters = team.contents("Sent")
    with team.mailbox.client() as client:
        client.select_folder("Sent")
        client.delete_messages(client.search())
        client.expunge()
    team.mailbox.put(*(rewritten(raw, n, edit, html) for n, raw in enumerate(letters)), folder=folder)


EDITS: dict[str, Edit] = {
    "as it was": str,
    "another greeting": lambda text: text.replace("Sehr geehrte", "Liebe"),
    "lines added": lambda text: f"Liebe Karin, ruf mich an: support@support.test\n\n{text}\n-- \nIngo i.l@y.example",
    "indented": lambda text: "Noch einmal:\n" + "".join(f"  {line}\n" for line in text.splitlines()),
}


@pytest.mark.parametrize("edit", EDITS)
def test_letters_known_by_their_text_alone_count_for_a_store_made_anew(team: Team, edit: str) -> None:
    with team.desk() as desk:
        three_notices(team, desk)
    forget(team.store)
    refolder(team, EDITS[edit])
    team.day(21)
    team.bounce(4)
    with team.desk() as desk:
        synced = reading.sync(desk)
        assert (synced.adopted, synced.asks, synced.beyond_three) == (3, (), ())
        assert (team.case(desk).notices, team.case(desk).section) == (3, Section.BLOCKED)
        assert team.refusal(desk) is Refusal.THREE_SENT
        assert reading.sync(desk).adopted == 0


def test_letters_that_are_only_quoted_ask_and_block(team: Team) -> None:
    with team.desk() as desk:
        three_notices(team, desk)
    forget(team.store)
    refolder(team, lambda text: "Noch einmal:\n" + "".join(f"> {line}\n" for line in text.splitlines()))
    team.day(21)
    team.bounce(4)
    with team.desk() as desk:
        synced = reading.sync(desk)
        assert (synced.adopted, len(synced.asks)) == (0, 3)
        assert team.refusal(desk) is Refusal.LETTER_OPEN


def test_letters_that_became_html_count_too(team: Team) -> None:
    with team.desk() as desk:
        three_notices(team, desk)
    forget(team.store)
    refolder(team, html=True)
    team.day(21)
    team.bounce(4)
    with team.desk() as desk:
        assert reading.sync(desk).adopted == 3


def test_a_text_that_was_copied_into_another_letter_counts_once(team: Team) -> None:
    """Also where its headers are still there, and in which order ever."""
    with team.desk() as desk:
        three_notices(team, desk)
    [first, *_others] = team.contents("Sent")
    copies = [rewritten(first, n, lambda text: f"Wie besprochen:\n\n{text}") for n in (7, 8)]
    forget(team.store)
    team.mailbox.put(*copies, folder="Sent")
    team.mailbox.put(copies[0], folder="Drafts")
    with team.desk() as desk:
        assert reading.sync(desk).adopted == 3
        assert reading.sync(desk).adopted == 0


def test_a_draft_known_by_its_text_alone_blocks_the_next_letter_until_it_is_sent(team: Team) -> None:
    team.bounce(1)
    with team.desk() as desk:
        reading.sync(desk)
        hand_over(team, desk)
    [draft] = team.contents("Drafts")
    forget(team.store)
    with team.mailbox.client() as client:
        client.select_folder("Drafts")
        client.delete_messages(client.search())
        client.expunge()
    team.mailbox.put(rewritten(draft, 1), folder="Drafts")
    with team.desk() as desk:
        assert reading.sync(desk).adopted == 1
        assert team.refusal(desk) is Refusal.LETTER_OPEN
        team.send_drafts()
        assert reading.sync(desk).settled == 1
        assert team.refusal(desk) is Refusal.NOTHING_NEW


def asking(team: Team) -> Desk:
    """A store made anew; Sent holds one letter whose address was mended in the text, but named beside."""
    team.bounce(1)
    with team.desk() as desk:
        reading.sync(desk)
        hand_over(team, desk)
        team.send_drafts()
        reading.sync(desk)
    forget(team.store)
    refolder(
        team, lambda text: text.replace(WEBER, f"{WEBER}, x.{WEBER}, y.{WEBER}").replace("Vorgang T-", "Vorgang T-2")
    )
    team.day(7)
    team.bounce(2)
    return team.desk()


def test_a_letter_that_proves_nothing_is_an_alarm_and_blocks_what_it_names(team: Team) -> None:
    with asking(team) as desk:
        [letter] = reading.sync(desk).asks
        assert (letter.to, letter.state, letter.items) == (ROTH, LetterState.UNCONFIRMED, ())
        assert team.refusal(desk) is Refusal.LETTER_OPEN
        assert reading.sync(desk).asks == ()
        assert [x.id for x in sending.letters_in_work(desk)] == [letter.id]
        with pytest.raises(errors.RefusedError, match="counted for no address"):
            sending.settle(desk, letter.id, sent=True)
        assert letter.left_at is not None
        assert sending.record(desk, WEBER, letter.left_at, ROTH) == 1
        assert sending.settle(desk, letter.id, sent=True).state is LetterState.SENT
        assert team.case(desk).notices == 1
        [again] = drafting.draft(desk, [team.case(desk).id]).letters
        assert again.items[0].number == 2


def test_a_letter_that_a_person_says_is_none_of_ours_asks_no_more(team: Team) -> None:
    with asking(team) as desk:
        [letter] = reading.sync(desk).asks
        assert sending.settle(desk, letter.id, sent=False).state is LetterState.RELEASED
        assert reading.sync(desk).asks == ()
        assert [x.id for x in sending.letters_in_work(desk)] == []
        assert len(drafting.draft(desk, [team.case(desk).id]).letters) == 1


def test_the_same_by_command(team: Team) -> None:
    with asking(team):
        pass
    assert team.triage("sync") == errors.PARTLY
    assert "Which addresses is the letter of" in team.err
    assert ROTH in team.err
    assert "triage record ADDRESS --date" in team.err
    assert team.triage("letters") == errors.DONE
    assert "about which addresses?" in team.out
    assert team.triage("sync") == errors.DONE


def test_our_words_in_other_mail_are_no_letter(team: Team) -> None:
    mail = EmailMessage()
    mail["Subject"] = "Vorgang T-Shirt"
    mail["Message-ID"] = "<x@mua.example>"
    mail.set_content(b64encode(b"Vorgang T-").decode() + f"\n{WEBER}\nVorgang T-Online: x\n")
    team.mailbox.put(mail.as_bytes().replace(b"\n", b"\r\n"), folder="Sent")
    with team.desk() as desk:
        synced = reading.sync(desk)
        assert (synced.adopted, synced.asks) == (0, ())
        assert queue.ids(desk, None) == []


def test_a_sent_folder_that_the_settings_name_later_is_read_from_its_beginning(team: Team) -> None:
    with team.desk() as desk:
        three_notices(team, desk)
    letters = team.contents("Sent")
    forget(team.store)
    with team.mailbox.client() as client:
        client.create_folder("Gesendet")
        client.select_folder("Sent")
        client.delete_messages(client.search())
        client.expunge()
    team.mailbox.put(*letters, folder="Gesendet", at=clock.now() - timedelta(days=200))
    with team.desk() as desk:
        assert reading.sync(desk).adopted == 0
    team.set_up(host='localhost"\nsent = "Gesendet')
    with team.desk() as desk:
        assert reading.sync(desk).adopted == 3
