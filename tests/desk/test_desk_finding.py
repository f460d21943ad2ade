"""Letters of ours that lie in files count as those in IMAP folders do."""

from __future__ import annotations

import email
from email.message import EmailMessage
from pathlib import Path

import pytest
from office import PEOPLE, Office

from triage import claims
from triage.desk import Desk, drafting, queue, reading, sending
from triage.model import LetterState, Purpose, Refusal

WEBER = PEOPLE["weber"]


def send(desk: Desk, who: str = "weber") -> sending.Delivered:
    [delivered] = sending.send(desk, drafting.draft(desk, [queue.find(desk, PEOPLE[who]).id]).letters)
    return delivered


def three_notices(office: Office) -> None:
    for day in (0, 7, 14):
        office.at(day)
        office.bounce()
        with office.synced() as desk:
            assert send(desk).letter.state is LetterState.SENT


def forget(office: Office) -> None:
    for file in office.folder.glob("triage.db*"):
        file.unlink()


def stripped(file: Path) -> bytes:
    """The letter with the addressee, subject and text alone, as another mail program files it."""
    before = email.message_from_bytes(file.read_bytes())
    text = before.get_payload(decode=True)
    assert isinstance(text, bytes)
    mail = EmailMessage()
    mail["To"], mail["Date"], mail["Message-ID"] = str(before["To"]), str(before["Date"]), f"<{file.stem}@mua.example>"
    mail["Subject"] = "Bitte prüfen"
    mail.set_content(text.decode())
    return mail.as_bytes()


def maildir(office: Office, name: str) -> Path:
    """A folder of a Maildir++, and the mailbox one."""
    for part in ("cur", "new", "tmp"):
        (office.mail / name / part).mkdir(parents=True)
        (office.mail / part).mkdir(exist_ok=True)
    return office.mail / name / "cur"


def test_a_store_made_anew_learns_from_the_folder_of_letters(office: Office) -> None:
    three_notices(office)
    forget(office)
    office.at(21)
    office.bounce()
    with office.desk() as desk:
        assert reading.sync(desk).adopted == 3
        case = queue.find(desk, WEBER)
        [left] = drafting.draft(desk, [case.id]).left_out
        assert left.refused is not None
        assert (case.notices, left.refused.reason) == (3, Refusal.THREE_SENT)
        assert reading.sync(desk).adopted == 0


@pytest.mark.parametrize(("folder", "state"), [(".Sent", LetterState.SENT), (".Drafts", LetterState.HANDED_OVER)])
def test_a_store_made_anew_learns_from_the_folders_of_a_maildir(
    office: Office, folder: str, state: LetterState
) -> None:
    office.bounce()
    with office.synced() as desk:
        send(desk)
    [file] = office.letters.glob("*.eml")
    (maildir(office, folder) / "1").write_bytes(stripped(file))
    file.unlink()
    forget(office)
    with office.desk() as desk:
        assert reading.sync(desk).adopted == 1
        case = queue.find(desk, WEBER)
        assert case.notices == 1
        [letter] = queue.view(desk, case.id).letters
        assert (letter.state, letter.message_id) == (state, f"<{file.stem}@mua.example>")
        assert reading.sync(desk).gone == ()


def test_a_letter_to_a_postmaster_known_by_its_text_is_no_notice_and_does_not_leave_again(office: Office) -> None:
    office.bounce("beck", "spam")
    with office.synced() as desk:
        assert send(desk, "beck").letter.purpose is Purpose.POSTMASTER
    [file] = office.letters.glob("*.eml")
    file.write_bytes(stripped(file))
    forget(office)
    with office.desk() as desk:
        synced = reading.sync(desk)
        assert (synced.adopted, synced.asks) == (1, ())
        assert reading.sync(desk).adopted == 0
        case = queue.find(desk, PEOPLE["beck"])
        assert (case.notices, [item.number for item in queue.view(desk, case.id).letters[0].items]) == (0, [0])
        [left] = drafting.draft(desk, [case.id]).left_out
        assert left.refused is not None
        assert left.refused.reason is Refusal.NOTHING_NEW


def test_a_letter_that_lost_only_its_claims_is_known_by_its_text(office: Office) -> None:
    office.bounce()
    with office.synced() as desk:
        send(desk)
    [file] = office.letters.glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes())
    del mail["X-Triage-Claims"]
    file.write_bytes(mail.as_bytes())
    forget(office)
    with office.desk() as desk:
        assert reading.sync(desk).adopted == 1


def test_a_letter_of_ours_that_lost_its_text_asks(office: Office) -> None:
    """Its Message-ID is of our making: it is never passed over."""
    office.bounce()
    with office.synced() as desk:
        send(desk)
    [file] = office.letters.glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes())
    del mail["X-Triage-Claims"], mail["X-Triage-Ref"]
    mail.set_payload("fort\n")
    file.write_bytes(mail.as_bytes())
    forget(office)
    with office.desk() as desk:
        [letter] = reading.sync(desk).asks
        assert letter.message_id == str(mail["Message-ID"])
        assert reading.sync(desk).asks == ()


def test_it_blocks_the_addresses_that_its_text_still_names(office: Office) -> None:
    office.bounce()
    with office.synced() as desk:
        send(desk)
    [file] = office.letters.glob("*.eml")
    mail = email.message_from_bytes(file.read_bytes())
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    mail.set_payload(text.decode().replace(str(mail["X-Triage-Ref"]), ""), "utf-8")
    del mail["X-Triage-Claims"], mail["X-Triage-Ref"]
    file.write_bytes(mail.as_bytes())
    forget(office)
    office.at(7)
    office.bounce()
    with office.synced() as desk:
        assert refusal(desk) is Refusal.LETTER_OPEN


def refusal(desk: Desk) -> Refusal:
    """Why nothing is drafted for Weber."""
    [left] = drafting.draft(desk, [queue.find(desk, WEBER).id]).left_out
    assert left.refused is not None
    return left.refused.reason


@pytest.mark.parametrize("subject", ["Re: Frage", "Re: {reference}"])
def test_references_that_staff_only_quote_in_an_answer_ask_and_count_nothing(office: Office, subject: str) -> None:
    """Anybody can make up a reference about an address, and be answered."""
    references = [claims.reference(Purpose.CORRECTION, [WEBER], bytes([n] * 3)) for n in range(3)]
    quoted = "".join(f"> Vorgang {reference}\n" for reference in references if subject.startswith("Re: F"))
    (maildir(office, ".Sent") / "1").write_text(
        f"To: x@elsewhere.example\nSubject: {subject.format(reference=references[0])}\nMessage-ID: <1@mua.example>\n\n"
        f"Nein, danke.\n> Betrifft {WEBER}\n{quoted or '> Vorgang T-ABCD'}"
    )
    office.bounce()
    with office.desk() as desk:
        synced = reading.sync(desk)
        assert synced.adopted == 0
        assert {asked.reference for asked in synced.asks} >= set(references if quoted else references[:1])
        assert (queue.find(desk, WEBER).notices, refusal(desk)) == (0, Refusal.LETTER_OPEN)


def test_an_address_left_out_in_review_gives_the_letter_a_reference_that_still_proves_it(office: Office) -> None:
    for who in ("weber", "huber"):
        office.bounce(who)
    with office.synced() as desk:
        ids = [queue.find(desk, PEOPLE[who]).id for who in ("weber", "huber")]
        [letter] = drafting.draft(desk, ids).letters
        left = drafting.leave_out(desk, letter.id, ids[0])
        assert left is not None
        assert left.reference != letter.reference
        assert left.reference in left.body
        [delivered] = sending.send(desk, [left])
        assert delivered.letter.state is LetterState.SENT
    [file] = office.letters.glob("*.eml")
    file.write_bytes(stripped(file))
    forget(office)
    with office.desk() as desk:
        assert reading.sync(desk).adopted == 1
        assert [queue.find(desk, PEOPLE[who]).notices for who in ("weber", "huber")] == [0, 1]
