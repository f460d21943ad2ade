"""A case or a stray in words: labelled rows, most pressing first. Pure; foreign text is cleaned here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rich.table import Table
from rich.text import Text

from triage import lang
from triage.desk import evidence as ties
from triage.desk.drafting import why
from triage.desk.evidence import Choice, Unsure
from triage.desk.queue import CaseView
from triage.lang import _
from triage.model import (
    Allowed,
    Evidence,
    Kind,
    LetterState,
    Link,
    Notice,
    Refusal,
    Refused,
    Section,
    Seen,
    Stray,
)
from triage.tui import shown
from triage.tui.widgets.known import Known

_MOST_ANSWERS = 3
_MOST_GUESSES = 3
"""In the panel; `l` lists all."""
Row = tuple[str, Text]
"""A label and what it says."""


@dataclass(frozen=True, slots=True)
class Tones:
    """Styles, from the theme."""

    quiet: str
    loud: str
    warn: str
    stop: str
    good: str

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Tones:
        return cls(
            quiet=variables["quiet"],
            loud=variables["primary"],
            warn=variables["warning"],
            stop=variables["error"],
            good=variables["success"],
        )

    def notices(self, sent: int) -> str:
        return (self.quiet, self.loud, self.warn, f"bold {self.stop}")[min(sent, 3)]


def grid(rows: list[Row], tones: Tones) -> Table:
    """Rows under each other, labels in a column of their own."""
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(width=max((Text(label).cell_len for label, _value in rows), default=0), no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for label, value in rows:
        table.add_row(Text(label, tones.quiet), value)
    return table


def heading(view: CaseView, tones: Tones) -> Table:
    """The address, and its notices."""
    case = view.case
    table = Table.grid(expand=True, padding=(0, 1))
    table.add_column(ratio=1, overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    notices = Text.assemble(
        (shown.dots(case.notices), tones.notices(case.notices)),
        " ",
        (_("{n} of 3", n=case.notices), tones.quiet),
    )
    table.add_row(shown.address(case.written, "bold"), notices)
    return table


def rows(view: CaseView, known: Known, now: datetime, tones: Tones) -> list[Row]:
    """All that the panel says of a case."""
    case = view.case
    newest = view.failures[0] if view.failures else None
    found: list[Row] = [(_("why"), _why(view, tones)), (_("now"), _now(view, known.verdict, tones))]
    if known.unsure is not None:
        found += _unsure(known.unsure, tones)
    if case.note:
        found.append((_("note"), shown.line(case.note, "italic")))
    if newest is not None:
        found.append((_("reply"), _reply(newest)))
    if known.told:
        found.append((_("address"), Text(known.told, tones.warn)))
    if known.unsure is None:
        found += _tied(view, known.stands_in, tones)
    found.append((_("bounces"), _bounces(view, now)))
    found += _directory_says(view, known, now, tones)
    found += [(_("notice {n}", n=n.number), notice(n, tones)) for n in view.notices]
    found += _answers(view, now, tones)
    if view.recipient is not None and view.recipient.name:
        found.append((_("person"), _person(view)))
    if case.taken_by:
        found.append((_("taken"), shown.line(_("by {who}", who=case.taken_by))))
    if case.section is Section.DONE and case.closed_because:
        found.append((_("closed"), Text(closed_because(case.closed_because))))
    if newest is not None and newest.reason.rule:
        found.append((_("rule"), reason(newest, tones)))
    return found


def _tied(view: CaseView, stands_in: str, tones: Tones) -> list[Row]:
    """The protocol and author that a case is tied to, and by what."""
    case = view.case
    found: list[Row] = [(_("protocol"), _protocol(view, tones))]
    if case.author:
        found.append((_("author"), _author(view, tones)))
    if stands_in:
        found.append((_("letters"), shown.line(stands_in, tones.warn, cap=300)))
    if case.strength is not None and case.evidence is not None:
        found.append((_("evidence"), evidence(case.strength.value, case.evidence, case.matched, tones)))
    return found


def _unsure(unsure: Unsure, tones: Tones) -> list[Row]:
    """Why nothing ties a case to a mail of ours, and what it may be about."""
    found: list[Row] = [(_("doubt"), Text(lang.label(unsure.doubt), tones.warn))] if unsure.doubt else []
    guesses = unsure.guesses
    if not guesses:
        none = _("none yet: l links it to one") if unsure.doubt else _("nothing in the directory fits: l links it")
        return [*found, (_("protocol"), Text(none, tones.warn))]
    found += [
        (_("perhaps") if not rank else "", _guess(each, tones)) for rank, each in enumerate(guesses[:_MOST_GUESSES])
    ]
    if len(guesses) > _MOST_GUESSES:
        more = _("and one more|and {n} more", n=len(guesses) - _MOST_GUESSES)
        found.append(("", Text(more, tones.quiet)))
    return found


def _guess(choice: Choice, tones: Tones) -> Text:
    assert choice.guess is not None
    return Text.assemble(
        shown.line(choice.number, "bold"),
        " ",
        shown.line(choice.title, cap=60),
        "  ",
        shown.line(choice.author, tones.quiet, cap=60),
        "\n",
        (ties.likelihood(choice.guess), tones.warn),
        ": ",
        ties.hint(choice),
    )


def _answers(view: CaseView, now: datetime, tones: Tones) -> list[Row]:
    """What came back on letters about the case, newest first."""
    words = {"answered": _("answer"), "answered_automatically": _("auto reply"), "named": _("named by")}
    newest = [event for event in view.events if event.what in words][:_MOST_ANSWERS]
    return [
        (words[e.what], Text.assemble((lang.when(e.at, now), tones.quiet), "  ", shown.line(e.detail, cap=300)))
        for e in newest
    ]


def _directory_says(view: CaseView, known: Known, now: datetime, tones: Tones) -> list[Row]:
    """What became of the address in the directory, what it was before, and when a mail to it last came not back."""
    found: list[Row] = []
    for change in view.corrected[:1]:
        told = (
            _("changed in the directory on {day} to {what}", day=lang.day(change.at), what="\0")
            if change.new
            else _("gone from the directory on {day}", day=lang.day(change.at)) + "\0"
        )
        found.append((_("address"), _around(told, shown.address(change.new) if change.new else Text(), tones.good)))
    for change in view.formerly[:1]:
        told = _("formerly {what}, corrected on {day}", what="\0", day=lang.day(change.at))
        found.append((_("address"), _around(told, shown.address(change.old), "")))
    if view.last_delivered is not None and known.unsure is None:  # else that mail may be the one that failed
        since = view.case.last_failed is not None and view.last_delivered > view.case.last_failed
        weak = _("mailed after the last failure, and nothing came back: weak evidence") if since else ""
        found.append((_("delivered"), Text.assemble(lang.when(view.last_delivered, now), "  ", (weak, tones.quiet))))
    return found


def stray_rows(stray: Stray, now: datetime, tones: Tones, deputy: str = "") -> list[Row]:
    """All that the panel says of a message without a case; `deputy` is whom an automatic reply names instead."""
    found: list[Row] = [
        (_("what"), Text(lang.label(stray.kind, "sentence") or lang.label(stray.kind))),
        (_("subject"), shown.line(stray.subject)),
        (_("seen"), Text(lang.when(stray.received_at, now))),
    ]
    if stray.new_address:
        found.append((_("instead"), shown.address(stray.new_address, f"bold {tones.good}")))
    if deputy:
        found.append((_("deputy"), shown.address(deputy, f"bold {tones.good}")))
    if stray.reason.rule:
        words = Text.assemble(
            shown.line(stray.reason.rule, tones.quiet), "  ", shown.line(stray.reason.words, tones.quiet)
        )
        found.append((_("rule"), words))
    found.append((_("source"), shown.source(stray.source, tones.quiet)))
    return found


def _why(view: CaseView, tones: Tones) -> Text:
    case = view.case
    sentence = lang.label(case.kind, "sentence") or lang.label(case.kind)
    if case.fault is not None:
        return Text.assemble(sentence, "  ", (lang.label(case.fault), tones.warn))
    return Text(sentence)


def _now(view: CaseView, verdict: Allowed | Refused, tones: Tones) -> Text:
    """What may be done, or why not and until when."""
    case = view.case
    if case.held:
        held = _("held: many failures at {what} at once, one matter", what="\0")
        return _around(held, shown.line(_held_subject(case.held)), tones.warn)
    if (waiting := _in_review(view)) is not None:
        return _around(_("letter {reference} waits for review: r", reference="\0"), shown.line(waiting), tones.warn)
    if isinstance(verdict, Allowed):
        if verdict.number == 0:
            return Text(_("a letter to their postmaster may go out"), tones.good)
        return Text(_("notice {n} of 3 may go to the author", n=verdict.number), tones.good)
    words = Text(_("no letter: {why}", why=why(verdict)), tones.stop if case.notices >= 3 else tones.warn)
    if verdict.reason is not Refusal.NOT_THE_AUTHORS:
        return words
    return Text.assemble(words, "  ", (lang.label(case.kind, "advice"), tones.quiet))


def _in_review(view: CaseView) -> str | None:
    """The reference of the letter that is up for review."""
    return next((x.reference for x in view.letters if x.state is LetterState.COMPOSED), None)


def _held_subject(subject: str) -> str:
    return lang.label(Kind(subject)) if subject in set(Kind) else subject


def _around(sentence: str, value: Text, style: str) -> Text:
    """`sentence` with a cleaned value where \\0 stands."""
    before, _mark, after = sentence.partition("\0")
    return Text.assemble((before, style), value, (after, style))


def _reply(failure: Seen) -> Text:
    said = failure.diagnostic or " ".join(part for part in (failure.reply, failure.status) if part)
    return shown.line(said, cap=600) if said else Text(_("the report says nothing more"))


def _protocol(view: CaseView, tones: Tones) -> Text:
    if view.protocol is not None:
        found = view.protocol
        return Text.assemble(
            shown.line(found.number, "bold"), " ", shown.line(found.title), "  ", shown.line(found.project, tones.quiet)
        )
    return shown.line(view.case.protocol or "–")


def _author(view: CaseView, tones: Tones) -> Text:
    author = view.author
    if author is None:
        return shown.line(view.case.author_name or view.case.author)
    return Text.assemble(
        shown.line(author.name),
        "  ",
        (shown.address(author.email, tones.quiet)),
        "  ",
        (shown.line(author.language, tones.quiet, cap=8)),
    )


def evidence(strength: str, rung: Evidence, matched: str, tones: Tones) -> Text:
    """How strong, by what, and the very thing that matched."""
    from triage.model import Strength

    weight = Strength(strength)
    return Text.assemble(
        (lang.label(weight), tones.good if weight.counts else tones.warn),
        ": ",
        lang.label(rung),
        "  ",
        shown.line(matched, tones.quiet, cap=120),
    )


def link(found: Link, tones: Tones) -> Text:
    """A failure's link in one line."""
    tied = Text.assemble(shown.line(found.protocol, "bold"), "  ")
    return Text.assemble(tied, evidence(found.strength.value, found.evidence, found.matched, tones))


def _bounces(view: CaseView, now: datetime) -> Text:
    case = view.case
    if case.bounces == 0:
        return Text(_("none: known from a notice only"))
    if case.bounces == 1:
        return Text(_("one, {when}", when=lang.when(case.last_seen, now)))
    return Text(
        _(
            "{n} since {first}, last {last}",
            n=case.bounces,
            first=lang.day(case.first_seen),
            last=lang.when(case.last_seen, now),
        )
    )


def notice(found: Notice, tones: Tones) -> Text:
    """When, to whom, and what became of it."""
    state = (lang.label(found.state), tones.quiet if found.state is LetterState.SENT else tones.warn)
    return Text.assemble(
        lang.day(found.left_at),
        "  ",
        shown.address(found.to),
        "  ",
        state,
        "  ",
        shown.line(found.reference, tones.quiet),
    )


def _person(view: CaseView) -> Text:
    person = view.recipient
    assert person is not None
    return Text.assemble(shown.line(person.name), "  ", shown.line(person.company))


def reason(failure: Seen, tones: Tones) -> Text:
    """The rule that decided on the kind, and on which words."""
    meaning = lang.cause(failure.reason.rule)
    words = Text.assemble(f"{meaning}  " if meaning else "", shown.line(failure.reason.rule, tones.quiet), "  ")
    return Text.assemble(words, shown.line(failure.reason.words, tones.quiet, cap=200))


def closed_because(cause: str) -> str:
    """Why a case was closed, in words; causes are those that the desk and the store write."""
    return {
        "person": _("by a person"),
        "history": _("history: it failed long before the first sync"),
        "unreachable": _("unreachable after three notices"),
        "directory": _("the directory holds another address now"),
        "directory_gone": _("the directory no longer holds the address"),
        "moved": _("its bounces meant another address"),
        "reopened": _("reopened"),
    }.get(cause) or shown.line(cause).plain
