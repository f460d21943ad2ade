"""Sending: reviewed letters leave, through the ledger; and what is known of those that left by another way."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path

from triage import clock, mailbox, post
from triage.desk import reading
from triage.desk.base import Desk, LeftOut
from triage.desk.drafting import why
from triage.errors import RefusedError, SettingsError, TriageError
from triage.lang import _
from triage.model import Letter, LetterState, Outcome, Rejection, Sent
from triage.store import adopt, ledger
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
    found = ledger.letters(desk.store, IN_WORK)
    return sorted(found, key=lambda letter: (letter.state is not LetterState.COMPOSED, letter.id))


def letter(desk: Desk, identity: int) -> Letter:
    """One letter. Raises NotFoundError."""
    return ledger.letter(desk.store, identity)


def outlet_name(desk: Desk) -> str:
    """Where letters go, for the question before they do; nothing is opened."""
    settings = desk.settings.post
    if settings.outlet == "smtp":
        return f"SMTP {settings.host}"
    if settings.outlet == "folder":
        return str(desk.settings.resolve(settings.path or "letters"))
    return _("Drafts of {mailbox}", mailbox=desk.mailbox_name)


def send(desk: Desk, chosen: Iterable[int], progress: Callable[[int, int], None] | None = None) -> list[Delivered]:
    """Let reviewed letters leave, one after the other, exactly as they were reviewed.

    A letter whose addresses may no longer be notified stays in review, with the reasons. What lies in Sent is read
    first, for the store may be a restored one that forgot. Raises SourceError or OutletError when mailbox or outlet
    cannot be opened; then nothing was claimed.
    """
    wanted = list(chosen)
    with closing(mailbox.open_source(desk.settings)) as source:
        reading.read_letters(desk, source)
    outlet = post.open_outlet(desk.settings)
    delivered: list[Delivered] = []
    try:
        for done, identity in enumerate(wanted, 1):
            delivered.append(_send_one(desk, outlet, identity))
            if progress is not None:
                progress(done, len(wanted))
    finally:
        outlet.close()
    return delivered


def _send_one(desk: Desk, outlet: post.Outlet, identity: int) -> Delivered:
    store = desk.store
    _refuse_wrong_addressee(desk, ledger.letter(store, identity))
    claim = ledger.claim(store, identity, clock.now(), desk.limits, desk.domain)
    if isinstance(claim, NotClaimed):
        reasons = tuple(
            LeftOut(0, written, why(refused) if refused else _("its notice would have another number now"), refused)
            for written, refused in claim.reasons
        )
        return Delivered(ledger.letter(store, identity), reasons)
    outcome = _deliver(desk, outlet, claim)
    ledger.settle(store, claim, outcome)
    return Delivered(ledger.letter(store, identity))


def _deliver(desk: Desk, outlet: post.Outlet, claim: Claim) -> Outcome:
    """Through the outlet. An error before anything left releases the letter; the outlet answers for all others."""
    letter = ledger.letter(desk.store, claim.letter)
    try:
        mail = post.message(letter, desk.settings.sender, desk.letters_from, clock.now())
        envelope = post.Envelope(desk.letters_from, letter.to)
        return outlet.deliver(mail, envelope, lambda: ledger.leaving(desk.store, claim))
    except TriageError as error:
        return Outcome(Sent.REFUSED, error.message)


def _refuse_wrong_addressee(desk: Desk, letter: Letter) -> None:
    """Never to an address that the letter is about, and never to ourselves."""
    from triage import address

    key = address.parse(letter.to).key
    if desk.is_ours(key) or key in {item.key for item in letter.items}:
        raise RefusedError(
            _("Letter {reference} would go to {to}: that is not done.", reference=letter.reference, to=letter.to),
            _("Throw it away and draft it again."),
        )


def settle(desk: Desk, identity: int, *, sent: bool) -> Letter:
    """A person says what became of a letter in Drafts or an unconfirmed one. Raises RefusedError."""
    return ledger.decide(desk.store, identity, sent=sent, detail=_("settled by {who}", who=desk.store.who))


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
            at = clock.parse(row.get("date") or "")
            if not (row.get("address") or "").strip():
                raise ValueError(_("no address"))
            rows.append((at, line, row["address"].strip(), (row.get("to") or "").strip()))
        except ValueError as error:
            rejected.append(Rejection(str(path), line, str(error)))
    counted = 0
    for at, line, written, to in sorted(rows):
        try:
            record(desk, written, at, to)
            counted += 1
        except (RefusedError, SettingsError) as error:
            rejected.append(Rejection(str(path), line, error.message))
    return LedgerImport(counted, tuple(rejected))


def _ledger_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            sample = file.read(4096)
            file.seek(0)
            reader = csv.DictReader(file, delimiter=";" if ";" in sample.partition("\n")[0] else ",")
            missing: Sequence[str] = sorted({"address", "date"} - set(reader.fieldnames or ()))
            if missing:
                raise SettingsError(
                    _("{file}: there is no column {names}.", file=path, names=", ".join(missing)),
                    _("Wanted are the columns address, date and to."),
                )
            return [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SettingsError(_("{file} cannot be read: {error}", file=path, error=error)) from None
