"""To whom a letter goes, and to whom never."""

from __future__ import annotations

import pytest

from triage.model import Author
from triage.rules.letters import Addressee, addressee, is_robot

ROTH = Author("A1", "Karin Roth", "k.roth@planwerk.example", deputy="A2")
LANG = Author("A2", "Ingo Lang", "i.lang@planwerk.example")
CONTACT = "office@planwerk.example"
FALLBACK = "service@help.example"


def to(author: Author | None = ROTH, *failing: str, fallback: str = FALLBACK, deputy: Author = LANG) -> str:
    """Without the company's contact."""
    found = whole(author, *failing, CONTACT, fallback=fallback, deputy=deputy)
    return found.address if found else ""


def whole(author: Author | None, *failing: str, fallback: str = FALLBACK, deputy: Author = LANG) -> Addressee | None:
    people = {deputy.id: deputy}
    return addressee(author, people.get, (CONTACT, fallback), failing, lambda key: key == "support@iprot.example")


def test_the_author_first_then_the_deputy_then_the_settings_address_then_nobody() -> None:
    assert to() == ROTH.email
    assert to(ROTH, ROTH.email) == LANG.email
    assert to(ROTH, ROTH.email, LANG.email) == FALLBACK
    assert to(ROTH, ROTH.email, LANG.email, FALLBACK) == ""
    assert to(None) == FALLBACK


def test_the_companys_contact_comes_before_the_settings_address() -> None:
    found = whole(ROTH, ROTH.email, LANG.email)
    assert found is not None
    assert (found.address, found.instead_of) == (CONTACT, "Karin Roth")


def test_who_stands_in_is_told_for_whom() -> None:
    found = whole(ROTH, ROTH.email)
    assert found is not None
    assert (found.name, found.instead_of) == ("Ingo Lang", "Karin Roth")


ROBOTS = [
    "noreply",
    "no-reply",
    "no.reply",
    "no_reply",
    "noreply-7",
    "donotreply",
    "do-not-reply",
    "do.not.reply",
    "nicht-antworten",
    "nichtantworten",
    "bitte-nicht-antworten",
    "keine-antwort",
    "keineantwort",
    "mailer-daemon",
    "mailerdaemon",
    "postmaster",
    "bounce",
    "bounces",
    "bounce+weber=firma.example",
    "bounces-17",
]


@pytest.mark.parametrize("written", [f"{robot}@planwerk.example" for robot in ROBOTS] + ["No-Reply@planwerk.example"])
def test_nobody_is_written_to_behind_whom_nobody_reads(written: str) -> None:
    from dataclasses import replace

    assert to(replace(ROTH, email=written)) == LANG.email
    assert to(replace(ROTH, email=written, deputy=written)) == FALLBACK
    assert to(None, fallback=written) == ""


@pytest.mark.parametrize(
    "local", ["bouncer", "max.bouncer", "nora.reply", "noah", "b.ounce", "p.master", "norbert.eply"]
)
def test_people_with_such_names_are_written_to(local: str) -> None:
    assert not is_robot(local)


@pytest.mark.parametrize(
    "written", ["support@iprot.example", "k.roth@planwerk,example", "", "k.roth", "k roth@x.example"]
)
def test_never_to_ourselves_nor_to_what_is_no_address(written: str) -> None:
    from dataclasses import replace

    assert to(replace(ROTH, email=written)) == LANG.email
