"""Drafting: from chosen cases to letters up for review, one for each author or postmaster. Nothing is claimed here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from triage import address, clock, lang, letters
from triage.desk.base import Desk, LeftOut
from triage.errors import RefusedError
from triage.lang import _
from triage.model import Allowed, Author, Case, Kind, Letter, LetterItem, LetterState, Purpose, Refused
from triage.rules.letters import Addressee, addressee
from triage.store import cases, directory, journal, ledger, letterbook
from triage.store.letterbook import NewLetter

_MOST_ITEMS = 30
"""Addresses in one letter: a longer list nobody would work through, nor a template hold."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """Letters that now wait for review, and what they leave out."""

    letters: tuple[Letter, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A case that may be written about now, to whom, and with which number."""

    case: Case
    to: Addressee
    purpose: Purpose
    number: int


def draft(desk: Desk, chosen: Iterable[int]) -> Drafted:
    """Compose letters about these cases: one for each author, or for each domain's postmaster.

    Cases that may not be written about now are left out and named. Raises SettingsError for a broken template.
    """
    left_out: list[LeftOut] = []
    groups: dict[tuple[Purpose, str], list[_Wanted]] = {}
    wanted = list(dict.fromkeys(chosen))
    with desk.store.write():
        cases.refresh_all(desk.store, wanted)  # a burst may have begun since they were placed
    failing = cases.failing_keys(desk.store) | directory.gone_addresses(desk.store)
    for identity in wanted:
        case = cases.by_id(desk.store, identity) if identity > 0 else None
        if case is None:
            continue
        answer = _wanted(desk, case, failing)
        if isinstance(answer, LeftOut):
            left_out.append(answer)
        else:
            groups.setdefault((answer.purpose, answer.to.address.lower()), []).append(answer)
    if not groups:
        return Drafted((), tuple(left_out))
    parts = [group[i : i + _MOST_ITEMS] for group in groups.values() for i in range(0, len(group), _MOST_ITEMS)]
    composed = [_compose(desk, part) for part in parts]
    with journal.act(desk.store, "drafted", _("drafted one letter|drafted {n} letters", n=len(parts))) as act:
        made = [letterbook.compose(desk.store, act, new) for new in composed]
    return Drafted(tuple(letterbook.letter(desk.store, identity) for identity in made), tuple(left_out))


def recompose(desk: Desk, identity: int, language: str) -> Letter:
    """Write a letter anew from its template, in another language; what was edited by hand is lost. Can be undone."""
    letter = _in_review(desk, identity)
    group = [
        _Wanted(case, _same_addressee(desk, letter, language), letter.purpose, item.number)
        for item in letter.items
        if (case := cases.by_id(desk.store, item.case)) is not None
    ]
    new = _compose(desk, group, letter.reference)
    return _change(desk, letter, new.subject, new.body, language, _("rewrote letter {reference}"))


def edit(desk: Desk, identity: int, subject: str, body: str) -> Letter:
    """Change the text of a letter up for review. Can be undone. Raises RefusedError for a text that cannot be sent."""
    letter = _in_review(desk, identity)
    subject = " ".join(subject.split())
    if not subject or not body.strip():
        raise RefusedError(_("A letter needs a subject and a text."))
    if letter.reference not in body and letter.reference not in subject:
        raise RefusedError(
            _("The letter must show its reference {reference}: an answer is found by it.", reference=letter.reference)
        )
    return _change(desk, letter, subject, body, letter.language, _("edited letter {reference}"))


def leave_out(desk: Desk, identity: int, case: int) -> Letter | None:
    """Take one address out of a letter up for review; the last one throws the letter away. Can be undone."""
    letter = _in_review(desk, identity)
    remaining = [item for item in letter.items if item.case != case]
    if not remaining:
        discard(desk, identity)
        return None
    group = [
        _Wanted(found, _same_addressee(desk, letter, letter.language), letter.purpose, item.number)
        for item in remaining
        if (found := cases.by_id(desk.store, item.case)) is not None
    ]
    new = _compose(desk, group)  # with a reference of its own, for that proves what the letter is about
    label = _("left an address out of letter {reference}", reference=letter.reference)
    with journal.act(desk.store, "left_out", label) as act:
        _in_review(desk, identity)
        row = desk.store.row("SELECT id FROM letter_items WHERE letter = ? AND case_id = ?", [identity, case])
        if row:
            act.delete("letter_items", row["id"])
        act.update("letters", identity, {"subject": new.subject, "body": new.body, "reference": new.reference})
        act.cases.add(case)
    return letterbook.letter(desk.store, identity)


def discard(desk: Desk, identity: int) -> None:
    """Throw a letter up for review away; it claimed nothing. Can be undone."""
    letter = _in_review(desk, identity)
    label = _("threw letter {reference} away", reference=letter.reference)
    with journal.act(desk.store, "discarded", label) as act:
        _in_review(desk, identity)
        for row in desk.store.rows("SELECT id FROM letter_items WHERE letter = ?", [identity]):
            act.delete("letter_items", row["id"])
        act.delete("letters", identity)
        act.cases.update(item.case for item in letter.items)


def may_write(desk: Desk, case: Case) -> Allowed | Refused:
    """Whether a letter about this case may be drafted now: a notice, or one to the other side's postmaster."""
    purpose = Purpose.POSTMASTER if case.kind is Kind.SPAM_OR_POLICY else Purpose.CORRECTION
    return ledger.may_leave(desk.store, case, purpose, clock.now(), desk.limits)


def why(refused: Refused) -> str:
    """A refusal in words, with the day on which the answer may change."""
    words = lang.label(refused.reason)
    return _("{why}; from {day} on", why=words, day=lang.day(refused.until)) if refused.until else words


# --- how ---


def _wanted(desk: Desk, case: Case, failing: set[str]) -> _Wanted | LeftOut:
    in_review = [x for x in letterbook.letters_about(desk.store, case.id) if x.state is LetterState.COMPOSED]
    if in_review:
        return LeftOut(
            case.id, case.written, _("letter {reference} about it waits for review", reference=in_review[0].reference)
        )
    answer = may_write(desk, case)
    if isinstance(answer, Refused):
        return LeftOut(case.id, case.written, why(answer), answer)
    if case.kind is Kind.SPAM_OR_POLICY:
        return _to_postmaster(case)
    to = addressee_for(desk, case, failing)
    if to is None:
        return LeftOut(case.id, case.written, _("nobody can be written to: its author is unknown or fails too"))
    return _Wanted(case, to, Purpose.CORRECTION, answer.number)


def addressee_for(desk: Desk, case: Case, failing: set[str]) -> Addressee | None:
    """To whom a correction request about the case goes now: the author, or who stands in."""
    author = directory.author(desk.store, case.author) if case.author else None
    return addressee(
        author,
        lambda identity: directory.author(desk.store, identity),
        _others(desk, author),
        failing | {case.key},
        desk.is_ours,
    )


def _others(desk: Desk, author: Author | None) -> tuple[str, str]:
    """Who stands in where there is no deputy: the contact of the author's company, then the settings' address."""
    settings = desk.settings.directory
    company = author.company.strip().lower() if author else ""
    contact = next((at for name, at in settings.contacts.items() if company and name.strip().lower() == company), "")
    return contact, settings.fallback


def stands_in(desk: Desk, case: Case) -> str:
    """Who gets letters about the case in its author's place, in words still to be cleaned; "" if the author does."""
    author = directory.author(desk.store, case.author) if case.author else None
    if author is None or case.kind is Kind.SPAM_OR_POLICY:
        return ""
    deputy = directory.author(desk.store, author.deputy) if author.deputy else None
    asked = [author.email, deputy.email if deputy else author.deputy, *_others(desk, author)]
    failing = cases.failing_among(desk.store, (address.parse(a).key for a in asked))
    to = addressee_for(desk, case, failing | directory.gone_addresses(desk.store))
    if to is None:
        return _("nobody: {author} and who stands in cannot be written to", author=author.name or author.email)
    if not to.instead_of and to.address == author.email:
        return ""
    who = f"{to.name} <{to.address}>" if to.name else to.address
    return _("{who} instead of {author}, who cannot be written to", who=who, author=author.name or author.email)


def _to_postmaster(case: Case) -> _Wanted | LeftOut:
    if case.fault is not None or case.key.startswith("postmaster@"):
        return LeftOut(case.id, case.written, _("their postmaster cannot be written to"))
    domain = case.key.rpartition("@")[2]
    language = "de" if domain.endswith((".de", ".at", ".ch")) or lang.current() == "de" else "en"
    return _Wanted(case, Addressee(f"postmaster@{domain}", "", language, ""), Purpose.POSTMASTER, 0)


def _compose(desk: Desk, group: list[_Wanted], reference: str = "") -> NewLetter:
    """One letter to one addressee about all of the group's addresses."""
    first = group[0]
    items = tuple(_item(w) for w in group)
    message_id = ""
    if not reference:
        message_id, reference = letterbook.names_for(desk.store, [(i.key, i.number) for i in items], desk.domain)
    settings = desk.settings
    request = letters.Request(
        purpose=first.purpose,
        items=tuple(_request_item(desk, w) for w in group),
        reference=reference,
        to_name=first.to.name,
        salutation=first.to.salutation,
        title=first.to.title,
        staff_name=desk.store.who if settings.staff.name else "",
        sender_name=settings.sender.name,
        deputy_for=first.to.instead_of,
        senders=settings.sender.addresses,
        sender_ips=settings.sender.ips,
    )
    written = letters.compose(request, desk.template_folders(), first.to.language)
    return NewLetter(
        purpose=first.purpose,
        to=first.to.address,
        to_name=first.to.name,
        author=first.to.author,
        subject=written.subject,
        body=written.body,
        language=written.language,
        template=written.template,
        reference=reference,
        message_id=message_id,
        items=items,
    )


def _item(wanted: _Wanted) -> LetterItem:
    case = wanted.case
    return LetterItem(case.id, case.key, case.written, wanted.number, case.protocol, case.kind)


def _request_item(desk: Desk, wanted: _Wanted) -> letters.RequestItem:
    case = wanted.case
    protocol = directory.protocol(desk.store, case.protocol) if case.protocol else None
    recipient = directory.recipient_with(desk.store, case.key, case.protocol)
    newest = next(iter(cases.failures(desk.store, case.id, limit=1)), None)
    return letters.RequestItem(
        address=case.written,
        kind=case.kind,
        number=wanted.number,
        name=recipient.name if recipient else "",
        company=recipient.company if recipient else "",
        protocol=protocol.number if protocol else case.protocol,
        protocol_title=protocol.title if protocol else "",
        protocol_date=protocol.date if protocol else None,
        project=protocol.project if protocol else "",
        failures=case.bounces,
        first_failed=case.failing_since or case.first_seen,
        last_failed=case.last_failed,
        diagnostic=newest.diagnostic if newest else "",
        fault=case.fault,
    )


def _in_review(desk: Desk, identity: int) -> Letter:
    letter = letterbook.letter(desk.store, identity)
    if letter.state is not LetterState.COMPOSED:
        raise RefusedError(
            _("Letter {reference} is no longer up for review.", reference=letter.reference),
            _("What was claimed or has left is not changed any more."),
        )
    return letter


def _same_addressee(desk: Desk, letter: Letter, language: str) -> Addressee:
    author = directory.author(desk.store, letter.author) if letter.author else None
    to = Addressee(letter.to, letter.to_name, language, letter.author)
    if author is not None and author.email == letter.to:
        return replace(to, salutation=author.salutation, title=author.title)
    return to


def _change(desk: Desk, letter: Letter, subject: str, body: str, language: str, label: str) -> Letter:
    with journal.act(desk.store, "edited", label.replace("{reference}", letter.reference)) as act:
        _in_review(desk, letter.id)
        act.update("letters", letter.id, {"subject": subject, "body": body, "language": language})
    return letterbook.letter(desk.store, letter.id)
