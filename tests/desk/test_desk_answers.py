"""Answers to our letters are shown with their cases, and decide nothing."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime

import pytest
from office import PEOPLE, Office

from triage import clock
from triage.desk import Desk, answers, drafting, queue, reading, sending
from triage.model import Case, Letter, Section

ROTH = "Karin Roth <k.roth@planwerk.example>"


def sent(office: Office) -> tuple[Desk, Letter]:
    """A desk from which one letter about Weber has left."""
    office.bounce()
    desk = office.synced()
    [delivered] = sending.send(desk, drafting.draft(desk, [weber(desk).id]).letters)
    return desk, delivered.letter


def weber(desk: Desk) -> Case:
    return queue.find(desk, PEOPLE["weber"])


def arrives(
    office: Office, desk: Desk, from_: str = ROTH, text: str = "Danke, ist berichtigt.", **headers: str
) -> None:
    """A mail comes in, and the mailbox is read."""
    mail = EmailMessage()
    mail["From"] = from_
    mail["To"] = "support@iprot.example"
    mail["Date"] = format_datetime(clock.now())
    mail["Subject"] = headers.pop("subject", "Re: Bitte prüfen")
    mail["Message-ID"] = f"<{len(list(office.mail.iterdir()))}@planwerk.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text + "\n")
    (office.mail / f"9{len(list(office.mail.iterdir())):03}.eml").write_bytes(mail.as_bytes())
    reading.sync(desk)


def told(desk: Desk) -> list[tuple[str, str]]:
    """What the case's history says of answers."""
    said = ("answered", "answered_automatically", "named")
    return [(event.what, event.detail) for event in queue.view(desk, weber(desk).id).events if event.what in said]


@pytest.mark.parametrize("header", ["In-Reply-To", "References"])
def test_an_answer_by_its_message_id_is_shown_with_the_case_and_rests_in_done(office: Office, header: str) -> None:
    desk, letter = sent(office)
    before = weber(desk)
    arrives(office, desk, text="\n> Zitat\nDanke, ist berichtigt.", **{header: f"<a@b.example> {letter.message_id}"})
    assert told(desk) == [("answered", "Karin Roth: Re: Bitte prüfen, Danke, ist berichtigt.")]
    [answer] = answers.answers(desk, before.id)
    assert (answer.sender, answer.subject, answer.reference) == (ROTH, "Re: Bitte prüfen", letter.reference)
    assert weber(desk) == before
    [stray] = [entry for entry in queue.page(desk, queue.ids(desk, Section.DONE)) if not entry.is_case]
    assert stray.subject == "Re: Bitte prüfen"


@pytest.mark.parametrize("where", ["subject", "text"])
def test_an_answer_by_the_visible_reference_is_shown_too(office: Office, where: str) -> None:
    desk, letter = sent(office)
    arrives(office, desk, **{where: f"Zu Vorgang {letter.reference.lower()}: erledigt"})
    assert [what for what, _detail in told(desk)] == ["answered"]


def test_a_colleague_of_the_author_answers_and_a_stranger_only_names_the_letter(office: Office) -> None:
    desk, letter = sent(office)
    arrives(office, desk, "Ingo Lang <i.lang@planwerk.example>", f"Vorgang {letter.reference}: erledigt")
    arrives(office, desk, "x@elsewhere.example", f"Vorgang {letter.reference}: Klicken Sie hier")
    assert [what for what, _detail in told(desk)] == ["named", "answered"]
    assert len(answers.answers(desk, weber(desk).id)) == 1


def test_an_automatic_reply_is_named_as_such(office: Office) -> None:
    desk, letter = sent(office)
    arrives(
        office,
        desk,
        subject="Abwesenheitsnotiz: Bitte prüfen",
        In_Reply_To=letter.message_id,
        Auto_Submitted="auto-replied",
    )
    [(what, detail)] = told(desk)
    assert what == "answered_automatically"
    assert "Karin Roth: Abwesenheitsnotiz" in detail


def test_an_answer_opens_reopens_and_counts_nothing(office: Office) -> None:
    desk, letter = sent(office)
    queue.close(desk, [weber(desk).id])
    before = weber(desk)
    arrives(office, desk, In_Reply_To=letter.message_id, text=f"Vorgang {letter.reference} {PEOPLE['weber']} 550 5.1.1")
    assert weber(desk) == before


def test_forged_references_neither_flood_the_history_nor_change_a_case(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from triage.store import keep

    monkeypatch.setattr(keep, "_ANSWERS_MOST", 3)
    desk, letter = sent(office)
    before = weber(desk)
    for number in range(6):
        arrives(office, desk, f"x{number}@elsewhere.example", f"Vorgang {letter.reference} Nr. {number}")
    assert len(told(desk)) == 3
    assert weber(desk) == before


def test_a_copy_of_our_own_letter_is_no_answer(office: Office) -> None:
    desk, letter = sent(office)
    arrives(office, desk, "iprot Support <support@iprot.example>", letter.body)
    assert told(desk) == []


def test_a_mail_that_names_no_letter_of_ours_is_told_nowhere(office: Office) -> None:
    desk, _letter = sent(office)
    arrives(office, desk, text="Vorgang T-23456789, T-Shirt", In_Reply_To="<triage.0@iprot.example>")
    assert told(desk) == []


def test_a_case_says_who_gets_letters_in_its_authors_place(office: Office) -> None:
    office.bounce("weber")
    desk = office.synced()
    assert drafting.stands_in(desk, weber(desk)) == ""
    office.bounce("roth")
    reading.sync(desk)
    said = drafting.stands_in(desk, weber(desk))
    assert said == "Ingo Lang <i.lang@planwerk.example> instead of Karin Roth, who cannot be written to"
    [letter] = drafting.draft(desk, [weber(desk).id]).letters
    assert letter.to == "i.lang@planwerk.example"


def test_the_contact_of_the_authors_company_stands_in_where_there_is_no_deputy(office: Office) -> None:
    authors = office.folder / "directory" / "authors.csv"
    authors.write_text(authors.read_text("utf-8").replace("Planwerk,A2", "Planwerk,"), "utf-8")
    contacts = '[directory.contacts]\nPLANWERK = "office@planwerk.example"\n'
    office.config.write_text(office.config.read_text("utf-8") + contacts, "utf-8")
    for who in ("weber", "roth"):
        office.bounce(who)
    desk = office.synced()
    said = "office@planwerk.example instead of Karin Roth, who cannot be written to"
    assert drafting.stands_in(desk, weber(desk)) == said
    [letter] = drafting.draft(desk, [weber(desk).id]).letters
    assert letter.to == "office@planwerk.example"
