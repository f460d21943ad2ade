"""What the tests of letters that leave have in common: one address, one letter about it, sent as a command would."""

from __future__ import annotations

from faults.world import assert_one_line
from office import PEOPLE, Office

from triage import config
from triage.desk import Desk, drafting, queue, sending
from triage.errors import OutletError
from triage.model import Letter, LetterState

WEBER, AUTHOR = PEOPLE["weber"], PEOPLE["roth"]


def write_settings(office: Office, desk: Desk, post: str, mailbox: str = "") -> None:
    """Letters leave another way than into a folder; the mailbox may be another one, too."""
    written = office.config.read_text("utf-8").replace('outlet = "folder"\npath = "letters"', post)
    if mailbox:
        written = written.replace('path = "mail/"', mailbox)
    office.config.write_text(written, "utf-8")
    desk.settings = config.load(office.config)


def draft(desk: Desk) -> list[Letter]:
    return list(drafting.draft(desk, [queue.find(desk, WEBER).id]).letters)


def send(desk: Desk) -> list[LetterState] | OutletError:
    """Whatever is up for review, as `triage send --all --yes` does it."""
    up = [letter for letter in sending.letters_in_work(desk) if letter.state is LetterState.COMPOSED]
    try:
        return [delivered.letter.state for delivered in sending.send(desk, up)]
    except OutletError as error:
        assert_one_line(error)
        return error


def notices(desk: Desk) -> int:
    return queue.find(desk, WEBER).notices
