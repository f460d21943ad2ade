"""The bin: guesses to choose from, the doubt in words, and a person's choice."""

from __future__ import annotations

import pytest
import unsure_world as world
from office import MONDAY, PEOPLE, Office

from triage import bounces
from triage.desk import Desk, directory, evidence, queue, reading, sending
from triage.errors import RefusedError
from triage.linking import Doubt
from triage.model import Evidence, Link, Section, Strength


@pytest.fixture
def unsure(office: Office) -> Office:
    world.extend(office)
    return office


def told(desk: Desk, address: str) -> evidence.Unsure | None:
    return evidence.unsure(desk, queue.find(desk, address))


def hints(desk: Desk, address: str) -> list[tuple[str, str]]:
    """(number, what hints at it) of each guess."""
    found = told(desk, address)
    assert found is not None
    return [(one.number, evidence.hint(one)) for one in found.guesses]


def test_a_case_of_the_bin_has_all_its_guesses_with_title_author_and_what_hints_at_them(unsure: Office) -> None:
    world.bounce(unsure, world.KURZ)
    with unsure.synced() as desk:
        several = "mailed lately: one of 3"
        assert hints(desk, world.KURZ) == [("2026-0878", several), ("2026-0879", several), ("2026-0880", several)]
        found = told(desk, world.KURZ)
        assert found is not None
        assert [(one.title, one.author) for one in found.guesses[:2]] == [
            ("Abnahme", "Ingo Lang"),
            ("Rohbau 3", "Karin Roth"),
        ]


def test_a_similar_address_is_named(unsure: Office) -> None:
    world.bounce(unsure, world.SLIPPED)
    with unsure.synced() as desk:
        assert {hint for _number, hint in hints(desk, world.SLIPPED)} == {f"a similar address was mailed: {world.KURZ}"}


@pytest.mark.parametrize(
    ("score", "word"), [(0.9, "likely"), (0.5, "likely"), (0.49, "possible"), (0.15, "possible"), (0.1, "faint")]
)
def test_a_score_is_a_plain_word(score: float, word: str) -> None:
    assert evidence.likelihood(Link("1", "", Strength.GUESS, Evidence.SIMILAR_ADDRESS, score=score)) == word


@pytest.mark.parametrize("rung", list(Evidence))
def test_every_rung_says_what_hints_at_a_protocol(rung: Evidence) -> None:
    guess = Link("1", "", Strength.GUESS, rung, "a@b.example\x1b[2J")
    said = evidence.hint(evidence.Choice("1", guess=guess, mailed=("c@d.example\x1b[2J",)))
    assert said != rung.value
    assert "\x1b" not in said


def test_the_bin_says_why_nothing_counts(unsure: Office) -> None:
    world.bounce(unsure, "nobody@nowhere.example")
    unsure.bounce("stranger@elsewhere.example", forged=True)
    unsure.bounce("weber")
    with unsure.synced() as desk:
        assert told(desk, "nobody@nowhere.example") == evidence.Unsure((), Doubt.NOTHING_OURS)
        assert told(desk, "stranger@elsewhere.example") == evidence.Unsure((), Doubt.FOREIGN)
        assert told(desk, PEOPLE["weber"]) is None


def test_a_bounce_that_others_message_id_came_back_with_has_too_little_and_no_doubt(unsure: Office) -> None:
    world.bounce(unsure, "x@nowhere.example", message_id="m.weber@iprot.example")
    with unsure.synced() as desk:
        assert hints(desk, "x@nowhere.example") == [("2026-0877", f"Message-ID of a mail to {PEOPLE['weber']}")]
        found = told(desk, "x@nowhere.example")
        assert found is not None
        assert found.doubt is None


def test_a_mail_to_several_others_says_how_many(unsure: Office) -> None:
    with (unsure.folder / "directory" / "deliveries.csv").open("a", encoding="utf-8") as file:
        for name in "abc":
            file.write(f"2026-0880,R-{name},{name}@elsewhere.example,<many@iprot.example>,2026-11-01T08:00\n")
    world.bounce(unsure, "x@nowhere.example", message_id="many@iprot.example")
    with unsure.synced() as desk:
        assert hints(desk, "x@nowhere.example") == [("2026-0880", "Message-ID of a mail to 3 others")]


def test_a_key_that_is_missing_hides_the_doubt_and_nothing_else(unsure: Office) -> None:
    world.bounce(unsure, world.KURZ)
    unsure.synced().close()
    text = unsure.config.read_text("utf-8")
    signed = 'message_id = "<{number}.{token}@iprot.example>"\ntoken_key_file = "gone"\n'
    unsure.config.write_text(text.replace("[linking]\n", f"[linking]\n{signed}"), "utf-8")
    from triage import config
    from triage.desk import open_desk

    with open_desk(config.load(unsure.config), unsure.store) as desk:
        found = told(desk, world.KURZ)
        assert found is not None
        assert (len(found.guesses), found.doubt) == (3, None)


# --- a person's choice ---


def test_a_persons_choice_is_kept_with_who_through_linking_again_and_newer_bounces(unsure: Office) -> None:
    world.bounce(unsure, world.KURZ)
    with unsure.synced() as desk:
        queue.link(desk, [queue.find(desk, world.KURZ).id], "2026-0879")
        unsure.at(1)
        world.bounce(unsure, world.KURZ)
        reading.sync(desk)
        directory.import_directory(desk)
        reading.link_again(desk)
        case = queue.find(desk, world.KURZ)
        assert (case.section, case.strength, case.protocol) == (Section.NEW, Strength.DECIDED, "2026-0879")
        assert [r["decided_by"] for r in desk.store.rows("SELECT * FROM links WHERE strength = 'decided'")] == ["Karin"]
        assert told(desk, world.KURZ) is None


def test_undo_brings_the_guesses_back(unsure: Office) -> None:
    world.bounce(unsure, world.KURZ)
    with unsure.synced() as desk:
        before = told(desk, world.KURZ)
        queue.link(desk, [queue.find(desk, world.KURZ).id], "2026-0880")
        queue.undo(desk)
        assert queue.find(desk, world.KURZ).section is Section.BIN
        assert told(desk, world.KURZ) == before


def test_of_several_cases_what_most_of_them_may_be_about_comes_first(unsure: Office) -> None:
    world.bounce(unsure, world.KURZ)
    world.bounce(unsure, world.SLIPPED)
    world.bounce(unsure, "x@nowhere.example", message_id="m.weber@iprot.example")
    with unsure.synced() as desk:
        chosen = [queue.find(desk, a).id for a in (world.KURZ, world.SLIPPED, "x@nowhere.example")]
        found = evidence.guesses(desk, chosen)
        assert [(one.number, one.cases) for one in found] == [
            ("2026-0878", 2),
            ("2026-0879", 2),
            ("2026-0880", 2),
            ("2026-0877", 1),
        ]


def test_other_protocols_are_found_by_number_title_or_project(unsure: Office) -> None:
    world.bounce(unsure, world.KURZ)
    with unsure.synced() as desk:
        case = queue.find(desk, world.KURZ).id
        for words, number in (("0877", "2026-0877"), ("rohb", "2026-0879"), ("Jour", "2026-0877")):
            assert [one.number for one in evidence.choices(desk, case, words)] == [number]
        assert len(evidence.choices(desk, case)) == 4
        assert not evidence.choices(desk, case, "zeppelin")


def test_what_is_typed_to_find_a_protocol_is_text_however_odd(unsure: Office) -> None:
    with (unsure.folder / "directory" / "protocols.csv").open("a", encoding="utf-8") as file:
        file.write("2026-0900,100% fertig\\_,Rathaus,2026-10-30,A1,\n")
    world.bounce(unsure, world.KURZ)
    with unsure.synced() as desk:
        case = queue.find(desk, world.KURZ).id
        for words in ("%", "_", "\\", "100% f", "\\_"):
            assert [one.number for one in evidence.choices(desk, case, words)] == ["2026-0900"], words
        for words in ("x" * 60_000, "\udcff"):
            assert not evidence.choices(desk, case, words)


def test_of_many_chosen_cases_those_without_a_bounce_are_passed_over(unsure: Office) -> None:
    world.bounce(unsure, world.KURZ)
    with unsure.synced() as desk:
        sending.record(desk, PEOPLE["huber"], MONDAY, PEOPLE["roth"])
        chosen = [queue.find(desk, address).id for address in (world.KURZ, PEOPLE["huber"])]
        assert queue.link(desk, chosen, "2026-0880") == 1
        with pytest.raises(RefusedError, match=PEOPLE["huber"]):
            queue.link(desk, chosen[1:], "2026-0880")
        assert queue.link(desk, [-1], "2026-0880") == 0
        assert "linked" not in [event.what for event in queue.view(desk, chosen[1]).events]


# --- what a report wrote ---


def test_a_forwarded_address_is_told_from_a_garbled_one(unsure: Office) -> None:
    world.bounce(unsure, world.FORWARDED_TO, original=PEOPLE["beck"], message_id="m.beck@iprot.example")
    world.bounce(unsure, world.GARBLED, message_id="mueller@iprot.example")
    unsure.bounce("weber")
    with unsure.synced() as desk:
        said = {
            address: evidence.told(desk, queue.view(desk, queue.find(desk, address).id).failures[0])
            for address in (PEOPLE["beck"], world.MUELLER, PEOPLE["weber"])
        }
        assert said == {
            PEOPLE["beck"]: f"forwarded to {world.FORWARDED_TO}, which fails",
            world.MUELLER: f"the report wrote {world.GARBLED}",
            PEOPLE["weber"]: "",
        }


def test_who_left_the_company_rests_in_the_bin_with_whom_to_write_to_instead(unsure: Office) -> None:
    world.gone(unsure)
    with unsure.synced() as desk:
        [entry] = queue.page(desk, queue.ids(desk, Section.BIN))
        stray = queue.stray(desk, -entry.id)
        assert evidence.deputy(desk, stray) == "n.neu@bau-huber.example"
        queue.close(desk, [entry.id])
        assert queue.counts(desk)[Section.BIN] == 0


def test_a_reply_that_names_a_new_address_names_no_deputy(unsure: Office) -> None:
    world.gone(unsure)
    [path] = unsure.mail.glob("gone.eml")
    mail = path.read_text("utf-8").replace("Bitte wenden Sie sich künftig an n.neu@", "Meine neue Adresse: kurz@")
    path.write_text(mail, "utf-8")
    reply = bounces.parse(mail.encode()).auto_reply
    assert reply is not None
    assert reply.new_address == "kurz@bau-huber.example"
    with unsure.synced() as desk:
        [entry] = queue.page(desk, queue.ids(desk, Section.BIN))
        stray = queue.stray(desk, -entry.id)
        assert (stray.new_address, evidence.deputy(desk, stray)) == ("kurz@bau-huber.example", "")
