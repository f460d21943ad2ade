"""Sending: reviewed letters leave, through the ledger; and what is known of those that left by another way."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from triage import address, clock, lang, mailbox, post, text
from triage.desk import drafting, finding, reading
from triage.desk.base import Desk, LeftOut
from triage.desk.drafting import why
from triage.errors import NotFoundError, RefusedError, SettingsError, StoreError, TriageError
from triage.lang import _
from triage.model import Letter, LetterState, Outcome, Purpose, Rejection, Sent
from triage.store import adopt, cases, directory, ledger, letterbook, missed
from triage.store.ledger import Claim, NotClaimed

IN_WORK = (
    LetterState.COMPOSED,
    LetterState.CLAIMED,
    LetterState.LEAVING,
    LetterState.HANDED_OVER,
    LetterState.UNCONFIRMED,
)
"""States of a letter that still wants something: review, leaving, or a look into Sent."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one letter. `left_out` names the addresses that sent it back to review."""

    letter: Letter
    left_out: tuple[LeftOut, ...] = ()


def letters_in_work(desk: Desk) -> list[Letter]:
    """Letters up for review first, then those that are open otherwise."""
    found = letterbook.letters(desk.store, IN_WORK)
    return sorted(found, key=lambda letter: (letter.state is not LetterState.COMPOSED, letter.id))


def gone(desk: Desk) -> dict[int, datetime]:
    """Letters that have gone from Drafts and do not lie in Sent, and since when: a person knows what became of them."""
    return missed.gone(desk.store)


def asks(letter: Letter) -> bool:
    """Whether nothing proves what this letter is about, which lies in the mailbox: a person says so."""
    return adopt.is_asked(letter)


def state(letter: Letter, gone_since: datetime | None = None) -> str:
    """The state of a letter in words; one about which a person is asked says so."""
    if gone_since is not None:
        return _("gone from Drafts")
    return _("about which addresses?") if asks(letter) else lang.label(letter.state)


def letter(desk: Desk, identity: int) -> Letter:
    """One letter. Raises NotFoundError."""
    return letterbook.letter(desk.store, identity)


def outlet_name(desk: Desk) -> str:
    """Where letters go, for the question before they do; nothing is opened."""
    settings = desk.settings.post
    if settings.outlet == "smtp":
        return f"SMTP {settings.host}"
    if settings.outlet == "folder":
        return str(desk.settings.resolve(settings.path or "letters"))
    return _("Drafts of {mailbox}", mailbox=desk.mailbox_name)


def send(desk: Desk, reviewed: Iterable[Letter], progress: Callable[[int, int], None] | None = None) -> list[Delivered]:
    """Let reviewed letters leave, one after the other, exactly as they were reviewed.

    A letter that may no longer leave so stays in review, with the reasons. What lies in Sent is read first, for the
    store may be a restored one that forgot. Raises SourceError or OutletError when mailbox or outlet cannot be opened;
    then nothing was claimed.
    """
    wanted = list(reviewed)
    with closing(mailbox.open_source(desk.settings)) as source:
        reading.read_letters(desk, source)
        place = finding.place(source) if desk.settings.post.outlet == "drafts" else ""
    delivered: list[Delivered] = []
    with closing(post.open_outlet(desk.settings)) as outlet:
        for done, found in enumerate(wanted, 1):
            delivered.append(_send_one(desk, outlet, found, place))
            if progress is not None:
                progress(done, len(wanted))
    return delivered


def _send_one(desk: Desk, outlet: post.Outlet, reviewed: Letter, place: str) -> Delivered:
    """`place`: the Drafts that it is handed to, as far as they are read again."""
    try:
        if wrong := _wrong_addressee(desk, reviewed):
            return Delivered(reviewed, (LeftOut(0, reviewed.to, wrong),))
        claim = ledger.claim(desk.store, reviewed, clock.now(), desk.limits, desk.domain)
    except (RefusedError, NotFoundError) as error:
        return Delivered(reviewed, (LeftOut(0, reviewed.to, error.message),))
    if isinstance(claim, NotClaimed):
        reasons = tuple(
            LeftOut(0, written, why(refused) if refused else _("the letter or its number has changed"), refused)
            for written, refused in claim.reasons
        )
        return Delivered(letterbook.letter(desk.store, reviewed.id), reasons)
    outcome = _deliver(desk, outlet, claim, place)
    ledger.settle(desk.store, claim, outcome)
    return Delivered(letterbook.letter(desk.store, reviewed.id))


def _deliver(desk: Desk, outlet: post.Outlet, claim: Claim, place: str) -> Outcome:
    """Through the outlet. Whatever breaks before anything left releases the letter; after that nobody knows."""
    store = desk.store
    try:
        if place:
            missed.lie_in(store, [claim.letter], place)
        letter = letterbook.letter(store, claim.letter)
        mail = post.message(letter, desk.settings.sender, desk.letters_from, clock.now())
        envelope = post.Envelope(desk.letters_from, letter.to)
        return outlet.deliver(mail, envelope, lambda: ledger.leaving(store, claim))
    except TriageError as error:
        return _broken_off(desk, claim, error.message)
    except BaseException as error:
        ledger.settle(store, claim, _broken_off(desk, claim, type(error).__name__))
        raise


def _broken_off(desk: Desk, claim: Claim, words: str) -> Outcome:
    left = True  # where the store cannot tell
    with suppress(StoreError):
        left = letterbook.letter(desk.store, claim.letter).state is not LetterState.CLAIMED
    return Outcome(Sent.UNKNOWN if left else Sent.REFUSED, words)


def _wrong_addressee(desk: Desk, letter: Letter) -> str:
    """Why the letter must not go to its addressee any more; "" if it may. Never to what it is about, nor to us."""
    key = address.parse(letter.to).key
    if desk.is_ours(key) or key in {item.key for item in letter.items}:
        return _("nothing is sent there; throw the letter away and draft it again")
    if letter.purpose is not Purpose.CORRECTION:
        return ""
    failing = cases.failing_keys(desk.store) | directory.gone_addresses(desk.store)
    for item in letter.items:
        case = cases.by_id(desk.store, item.case)
        to = drafting.addressee_for(desk, case, failing) if case else None
        if to is None or address.parse(to.address).key != key:
            return _("somebody else is to be asked by now; throw the letter away and draft it again")
    return ""


def settle(desk: Desk, identity: int, *, sent: bool) -> Letter:
    """A person says what became of an open letter. Before "not sent" is believed, Sent and Drafts are searched.

    One that nothing proves what it is about was sent only once its notices are recorded; "not sent": it is none.
    Raises RefusedError, SourceError when they cannot be.
    """
    by = _("settled by {who}", who=desk.store.who)
    asked = letterbook.letter(desk.store, identity)
    if sent and adopt.is_asked(asked) and not adopt.is_recorded(desk.store, asked):
        raise RefusedError(
            _("Letter {reference} is counted for no address yet.", reference=asked.reference or asked.id),
            _(
                "Record each of its addresses first: triage record ADDRESS --date {day} --to {to}",
                day=lang.day(asked.left_at),
                to=asked.to or "?",
            ),
        )
    if not sent:
        with closing(mailbox.open_source(desk.settings)) as source:
            searched, place = reading.read_letters(desk, source), finding.place(source)
        found = letterbook.letter(desk.store, identity)
        lies_in = missed.place_of(desk.store, identity)
        if found.state is LetterState.SENT:
            return found
        if identity in searched.in_drafts:
            raise RefusedError(
                _("Letter {reference} lies in Drafts, from where it may still leave.", reference=found.reference),
                _("Delete it there first, then settle it."),
            )
        if found.state is LetterState.HANDED_OVER and lies_in not in ("", place):
            raise RefusedError(
                _(
                    "Letter {reference} was handed to {place}, which these settings do not read.",
                    reference=found.reference,
                    place=text.line(lies_in),
                ),
                _("Settle it with settings that name that mailbox."),
            )
    return ledger.decide(desk.store, identity, sent=sent, detail=by)


# --- notices beside Triage ---


def record(desk: Desk, written: str, left_on: datetime, to: str) -> int:
    """Count a notice that staff sent themselves; returns its number. Raises RefusedError for a fourth."""
    now = clock.now()
    if left_on > now:
        raise SettingsError(_("A notice cannot have left in the future: {day}.", day=left_on.date()))
    if left_on.timetz().replace(tzinfo=None) == time():
        left_on = min(
            left_on + timedelta(days=1, seconds=-1), now
        )  # a day without an hour: what failed on it came before
    return adopt.record(desk.store, written, left_on, to)


@dataclass(frozen=True, slots=True)
class LedgerImport:
    """How many notices a file held that now count, and which of its rows do not."""

    counted: int
    rejected: tuple[Rejection, ...]


def import_ledger(desk: Desk, path: Path) -> LedgerImport:
    """Count notices from a CSV file with the columns address, date and to. Twice is once. Raises SettingsError."""
    rejected: list[Rejection] = []
    rows: list[tuple[datetime, int, str, str]] = []
    for line, row in _ledger_rows(path):
        try:
            at = _day(row.get("date") or "")
            if not (row.get("address") or "").strip():
                raise ValueError(_("no address"))
            rows.append((at, line, row["address"].strip(), (row.get("to") or "").strip()))
        except ValueError as error:
            rejected.append(Rejection(str(path), line, str(error)))
    counted: set[tuple[str, int]] = set()
    for at, line, written, to in sorted(rows):
        try:
            counted.add((address.parse(written).key, record(desk, written, at, to)))
        except (RefusedError, SettingsError) as error:
            rejected.append(Rejection(str(path), line, error.message))
    return LedgerImport(len(counted), tuple(sorted(rejected, key=lambda rejection: rejection.line)))


def _day(written: str) -> datetime:
    """As ISO, or as German staff write it: 03.11.2026. Raises ValueError."""
    if german := re.fullmatch(r"(\d\d?)\.(\d\d?)\.(\d{4})", written.strip(), re.ASCII):
        written = f"{german[3]}-{int(german[2]):02}-{int(german[1]):02}"
    try:
        return clock.parse(written)
    except ValueError:
        raise ValueError(_("{value} is no day.", value=written.strip() or "–")) from None


def _ledger_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            sample = file.read(4096)
            file.seek(0)
            reader = csv.DictReader(file, delimiter=";" if ";" in sample.partition("\n")[0] else ",")
            reader.fieldnames = [name.strip().lower() for name in reader.fieldnames or ()]
            missing: Sequence[str] = sorted({"address", "date"} - set(reader.fieldnames or ()))
            if missing:
                raise SettingsError(
                    _("{file}: there is no column {names}.", file=path, names=", ".join(missing)),
                    _("Wanted are the columns address, date and to."),
                )
            return [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(_("{file} cannot be read: {error}", file=path, error=error)) from None
