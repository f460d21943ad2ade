"""The directory of protocols, authors, recipients and deliveries: import, what it closes, and how old it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from triage import clock, lang
from triage import directory as readers
from triage.config import Settings
from triage.desk import drafting
from triage.desk.base import Desk
from triage.desk.reading import link_again
from triage.errors import RefusedError
from triage.lang import _
from triage.model import LetterState, Rejection
from triage.rules.closing import Closing, is_doubtful
from triage.store import Store, cases, corrections, journal, letterbook
from triage.store import directory as kept
from triage.store.directory import Status
from triage.store.intake import Intake
from triage.store.intake import Loss as Loss

SHOWN = 20
"""Rejected rows that a report names."""

Batch = readers.Batch
Progress = Callable[[Batch], None]
Doubt = Callable[[Loss], bool]
"""Asks a person whether so much is really to go."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, and which rows it could not use."""

    source: str
    new: int
    changed: int
    gone: int
    same: int
    corrected: int
    """Recipients with another address than before."""
    rejected: int
    rejections: tuple[Rejection, ...]
    """The first of them."""
    linked: int
    """Cases of the bin that found their protocol by it."""
    closed: tuple[str, ...] = ()
    """Addresses whose cases it closed."""
    withdrawn: tuple[str, ...] = ()
    """References of letters up for review that are about nothing any more, or about less."""
    doubts: tuple[str, ...] = ()
    """Tables that were declared complete and could not be believed, for rows of them could not be used."""


def import_directory(
    desk: Desk,
    path: Path | None = None,
    *,
    complete: bool = False,
    progress: Progress | None = None,
    rejected: Callable[[Rejection], None] | None = None,
    doubt: Doubt | None = None,
) -> ImportReport:
    """Import what lies at `path`, or where the settings say, all or nothing; then link the bin again.

    With `complete` what is not in it is gone: cases whose address was corrected or has gone close. Where so much would
    go that the import is more likely cut, `doubt` is asked; without a yes nothing is changed. `rejected` is told every
    row that cannot be used. Raises SettingsError, RefusedError.
    """
    told = _Rejected(rejected)
    with readers.open_source(desk.settings, path) as source, Intake(desk.store, desk.hide.link) as intake:
        for batch in readers.batches(source):
            told.take(batch.rejections)
            intake.take(batch.table, batch.rows, batch.lines, batch.file, has_holes=batch.has_holes)
            if progress is not None:
                progress(batch)
        told.take(intake.ready())
        loss = intake.loss() if complete else Loss()
        _insist_on_a_yes(loss, doubt)
        with desk.store.write():
            if complete and intake.loss() != loss:
                raise RefusedError(_("The directory was changed meanwhile."), _("Nothing was changed; import again."))
            imported = intake.merge(complete=complete)
            desk.store.set_fact("directory_source", source.name)
            over = corrections.to_close(desk.store) if complete and intake.is_sure("recipients") else []
            closed, withdrawn = _close(desk, over)
        doubts = tuple(t for t in ("authors", "recipients") if complete and intake.is_doubtful(t))
    return ImportReport(
        source=source.name,
        new=imported.new,
        changed=imported.changed,
        gone=imported.gone,
        same=imported.same,
        corrected=imported.corrected,
        rejected=told.count,
        rejections=tuple(told.first),
        linked=link_again(desk),
        closed=closed,
        withdrawn=withdrawn,
        doubts=doubts,
    )


class _Rejected:
    """Rows that cannot be used: counted, the first ones kept, all of them handed on."""

    def __init__(self, hand_on: Callable[[Rejection], None] | None) -> None:
        self._hand_on = hand_on
        self.count = 0
        self.first: list[Rejection] = []

    def take(self, rejections: tuple[Rejection, ...] | list[Rejection]) -> None:
        self.count += len(rejections)
        self.first += rejections[: SHOWN - len(self.first)]
        if self._hand_on is not None:
            for rejection in rejections:
                self._hand_on(rejection)


def _insist_on_a_yes(loss: Loss, doubt: Doubt | None) -> None:
    if not is_doubtful(loss.recipients, loss.vanish, loss.change) or (doubt is not None and doubt(loss)):
        return
    raise RefusedError(
        _(
            "Of {n} recipients {vanish} would vanish and {change} get another address; nothing was changed.",
            n=loss.recipients,
            vanish=loss.vanish,
            change=loss.change,
        ),
        _("See that the export is whole. If it is, say so with --yes; without --complete nothing vanishes."),
    )


def _close(desk: Desk, over: list[tuple[int, Closing]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Close these cases as one act that can be undone; returns their addresses, and letters taken back from review."""
    if not over:
        return (), ()
    withdrawn = [reference for case, _closing in over for reference in _withdraw(desk, case)]
    label = _("closed one case by the directory|closed {n} cases by the directory", n=len(over))
    at = clock.to_store(clock.now())
    closed: list[str] = []
    with journal.act(desk.store, "closed", label, detail=_("by the directory")) as act:
        for case, closing in over:
            found = cases.by_id(desk.store, case)
            closed += [found.written] if found else []
            act.update("cases", case, {"closed_at": at, "closed_because": closing.because, "waits_until": None})
            act.cases.add(case)
            for new in closing.now:
                journal.note(desk.store, "corrected", case=case, detail=new)
    return tuple(closed), tuple(dict.fromkeys(withdrawn))


def _withdraw(desk: Desk, case: int) -> list[str]:
    """Take a case out of the letters that are up for review; one that is about nothing else is thrown away."""
    in_review = [x for x in letterbook.letters_about(desk.store, case) if x.state is LetterState.COMPOSED]
    for letter in in_review:
        drafting.leave_out(desk, letter.id, case)
    return [letter.reference for letter in in_review]


# --- how old it is ---


def status(desk: Desk) -> Status:
    """How much the directory holds, where from, and when it was imported."""
    return kept.status(desk.store)


def stale(settings: Settings, store: Store) -> str:
    """That the last import is too long ago, in words; "" if it is not. Without a directory nothing can be stale."""
    directory = settings.directory
    imported = kept.imported_at(store)
    if not directory.stale_days or not (directory.path or directory.url or directory.url_command):
        return ""
    if imported is None:
        return _("The directory was never imported.")
    age = clock.now() - imported
    if age <= timedelta(days=directory.stale_days):
        return ""
    return _("The directory is {n} days old, of {day}.", n=age.days, day=lang.day(imported))
