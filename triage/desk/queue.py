"""Working the queue: lists, one case in full, and what staff do with it. All acts here can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from triage import clock, lang, text
from triage.desk.base import Desk
from triage.desk.filters import parse_filter
from triage.errors import NotFoundError, RefusedError, SettingsError
from triage.lang import _
from triage.model import (
    Allowed,
    Author,
    Case,
    Entry,
    Event,
    Evidence,
    Hold,
    Letter,
    Link,
    Notice,
    Protocol,
    Recipient,
    Refused,
    Section,
    Seen,
    Stray,
    Strength,
    Undoable,
)
from triage.rules.notices import may_notify
from triage.store import cases, corrections, directory, journal, letterbook, links
from triage.store import queue as lists
from triage.store.corrections import Correction


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case with all that a person wants to know of it."""

    case: Case
    failures: tuple[Seen, ...]
    notices: tuple[Notice, ...]
    letters: tuple[Letter, ...]
    events: tuple[Event, ...]
    verdict: Allowed | Refused
    author: Author | None
    protocol: Protocol | None
    recipient: Recipient | None
    corrected: tuple[Correction, ...] = ()
    """What the directory changed the address to, newest first."""
    formerly: tuple[Correction, ...] = ()
    """Which addresses it stands in for."""
    last_delivered: datetime | None = None
    """When the newest mail to it left that nothing came back for: weak evidence that it arrived."""


# --- looking ---


def counts(desk: Desk) -> dict[Section, int]:
    """How much lies in each section."""
    return lists.counts(desk.store)


def ids(desk: Desk, section: Section | None, filter_text: str = "") -> list[int]:
    """The ids of a section that fit the filter, newest first. Raises FilterError for a filter nobody understands."""
    return lists.ids(desk.store, section, parse_filter(text.valid(filter_text)))


def page(desk: Desk, wanted: Sequence[int]) -> list[Entry]:
    """The lines of these ids."""
    return lists.page(desk.store, wanted)


def view(desk: Desk, case: int) -> CaseView:
    """One case in full. Raises NotFoundError."""
    found = cases.by_id(desk.store, case)
    if found is None:
        raise NotFoundError(_("There is no such case."))
    notices = cases.notices(desk.store, found.key)
    return CaseView(
        case=found,
        failures=tuple(cases.failures(desk.store, case)),
        notices=tuple(notices),
        letters=tuple(letterbook.letters_about(desk.store, case)),
        events=tuple(journal.events(desk.store, case)),
        verdict=may_notify(found, notices, clock.now(), desk.limits),
        author=directory.author(desk.store, found.author) if found.author else None,
        protocol=directory.protocol(desk.store, found.protocol) if found.protocol else None,
        recipient=directory.recipient_with(desk.store, found.key, found.protocol),
        corrected=tuple(corrections.made_of(desk.store, found.key)),
        formerly=tuple(corrections.came_from(desk.store, found.key)),
        last_delivered=corrections.delivered(desk.store, found.key, case),
    )


def stray(desk: Desk, message: int) -> Stray:
    """A message without a case, by its (positive) id. Raises NotFoundError."""
    found = lists.stray(desk.store, message)
    if found is None:
        raise NotFoundError(_("There is no such message."))
    return found


def original(desk: Desk, message: int) -> str:
    """What was kept of a message, as text; still as it came: clean it before it is shown."""
    return lists.kept(desk.store, message).decode("utf-8", "replace")


def find(desk: Desk, written: str) -> Case:
    """The case of an address as a person writes it. Raises NotFoundError, naming near ones."""
    from triage import address

    found = cases.by_key(desk.store, address.parse(written).key)
    if found is not None:
        return found
    near = [entry.address for entry in lists.page(desk.store, ids(desk, None, written)[:3]) if entry.is_case]
    hint = _("Did you mean {near}?", near=", ".join(near)) if near else _("`triage cases` lists them.")
    raise NotFoundError(_("There is no case for {address}.", address=written), hint)


def holds(desk: Desk) -> list[Hold]:
    """The bursts that last: each is one alarm."""
    return cases.current_holds(desk.store)


def synced_at(desk: Desk) -> datetime | None:
    """When the mailbox was last read; None if never."""
    written = desk.store.fact("synced_at")
    return clock.from_store(written) if written else None


def history(desk: Desk, limit: int = 200) -> list[Event]:
    """What was done lately, newest first."""
    return journal.events(desk.store, limit=limit)


def wake(desk: Desk) -> int:
    """Bring back what was waiting for a moment that has come."""
    return cases.wake(desk.store)


# --- acts ---


def link(desk: Desk, chosen: Iterable[int], number: str) -> int:
    """Tie cases to a protocol by a person's decision; returns how many. A case that no bounce is about is passed over.

    Raises NotFoundError, RefusedError where no bounce is about any of them.
    """
    number = text.valid(number)
    protocol = directory.protocol(desk.store, number)
    if protocol is None:
        raise NotFoundError(
            _("There is no protocol {number}.", number=number), _("`triage directory import` brings new ones.")
        )
    named = [case for case in chosen if case > 0]
    wanted = [case for case in named if cases.failures(desk.store, case, 1)]
    if named and not wanted:
        raise RefusedError(
            _("No bounce is kept about {what}: there is nothing to link.", what=_many(desk, named, "{what}")),
            _("Only bounces are linked; `triage sync` fetches new ones."),
        )
    decided = Link(protocol.number, protocol.author, Strength.DECIDED, Evidence.PERSON)
    label = _many(desk, wanted, _("linked {what} to {number}", what="{what}", number=number))
    with journal.act(desk.store, "linked", label, detail=number) as act:
        for case in wanted:
            for failure in cases.failures(desk.store, case):
                row = links.row(failure.id, decided, desk.store.who)
                present = desk.store.row("SELECT id FROM links WHERE failure = ?", [failure.id])
                if present:
                    act.update("links", present["id"], row)
                else:
                    act.insert("links", row)
            act.cases.add(case)
    return len(wanted)


def close(desk: Desk, chosen: Iterable[int], because: str = "") -> int:
    """Put cases and strays away as done; a newer failure that counts reopens a case. Returns how many."""
    because = text.valid(because)
    wanted = list(chosen)
    label = _many(desk, wanted, _("closed {what}", what="{what}"))
    with journal.act(desk.store, "closed", label, detail=because) as act:
        for entry in wanted:
            if entry > 0:
                at = clock.to_store(clock.now())
                act.update(
                    "cases", entry, {"closed_at": at, "closed_because": because or "person", "waits_until": None}
                )
                act.cases.add(entry)
            else:
                act.update("messages", -entry, {"section": Section.DONE.value})
    return len(wanted)


def reopen(desk: Desk, chosen: Iterable[int]) -> int:
    """Take cases and strays back from done."""
    wanted = list(chosen)
    with journal.act(desk.store, "reopened", _many(desk, wanted, _("reopened {what}", what="{what}"))) as act:
        for entry in wanted:
            if entry > 0:
                act.update("cases", entry, {"closed_at": None, "closed_because": "reopened"})
                act.cases.add(entry)
            else:
                act.update("messages", -entry, {"section": Section.BIN.value})
    return len(wanted)


def wait(desk: Desk, chosen: Iterable[int], until: datetime) -> int:
    """Let cases rest until a moment to come, then they are back by themselves. Raises SettingsError for a past one."""
    if until <= clock.now():
        raise SettingsError(_("{day} is past.", day=lang.day(until)), _("Name a day to come."))
    wanted = [case for case in chosen if case > 0]
    label = _many(desk, wanted, _("let {what} wait until {day}", what="{what}", day=lang.day(until)))
    with journal.act(desk.store, "waits", label, detail=clock.to_store(until)) as act:
        for case in wanted:
            act.update("cases", case, {"waits_until": clock.to_store(until)})
            act.cases.add(case)
    return len(wanted)


def note(desk: Desk, case: int, words: str) -> None:
    """Write down something about a case; replaces what stood there."""
    words = text.valid(words)
    with journal.act(
        desk.store, "noted", _many(desk, [case], _("noted on {what}", what="{what}")), detail=words
    ) as act:
        act.update("cases", case, {"note": words[:2000]})
        act.cases.add(case)


def take(desk: Desk, chosen: Iterable[int]) -> int:
    """Say that I am on these cases, or that I no longer am."""
    wanted = [case for case in chosen if case > 0]
    with journal.act(desk.store, "taken", _many(desk, wanted, _("took {what}", what="{what}"))) as act:
        for case in wanted:
            found = cases.by_id(desk.store, case)
            mine = found is not None and found.taken_by == desk.store.who
            act.update("cases", case, {"taken_by": "" if mine else desk.store.who})
            act.cases.add(case)
    return len(wanted)


# --- undo ---


def next_undo(desk: Desk) -> Undoable | None:
    """What `undo` would take back."""
    return journal.next_undo(desk.store)


def undo(desk: Desk) -> Undoable | None:
    """Take back the newest act of mine; None if there is none. Raises RefusedError if it was changed since."""
    return journal.undo(desk.store)


def redo(desk: Desk) -> Undoable | None:
    """Do again what was taken back last."""
    return journal.redo(desk.store)


def _many(desk: Desk, wanted: Sequence[int], sentence: str) -> str:
    """`sentence` with {what} filled in: the address of one, or how many."""
    if len(wanted) == 1:
        entries = lists.page(desk.store, wanted)
        what = entries[0].address if entries else "?"
    else:
        what = _("one case|{n} cases", n=len(wanted))
    return sentence.replace("{what}", what)
