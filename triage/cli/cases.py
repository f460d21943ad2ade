"""The queue on the command line."""

from __future__ import annotations

from typing import Any

import click

from triage import lang
from triage.cli.frame import App, pass_app
from triage.cli.output import print_json, say, table
from triage.desk import Desk, answers, base, drafting, evidence, queue
from triage.desk.evidence import Choice, Unsure
from triage.errors import DONE, SettingsError
from triage.lang import _
from triage.model import Allowed, Case, Entry, Kind, Section
from triage.text import address, line

_ANSWERS_SHOWN = 5


@click.command(help=_("List cases."))
@click.option("--section", type=click.Choice([s.value for s in Section]), help=_("Only this section."))
@click.option("--filter", "filter_", default="", help=_("Words and terms: kind:mailbox !domain:gmail.com notices:2."))
@click.option("--json", "as_json", is_flag=True, help=_("One JSON object a line."))
@pass_app
def cases(app: App, section: str | None, filter_: str, as_json: bool) -> int:
    with app.desk() as desk:
        queue.wake(desk)
        wanted = queue.ids(desk, Section(section) if section else None, filter_)
        now = base.now()
        for start in range(0, len(wanted), 500):
            entries = [e for e in queue.page(desk, wanted[start : start + 500]) if e.is_case]
            if as_json:
                for entry in entries:
                    print_json(_object(queue.view(desk, entry.id)))
            else:
                table(_columns(entry, now) for entry in entries)
        if not wanted and not as_json:
            say(_("No cases here. `triage sync` reads the mailbox."))
    return DONE


def _columns(entry: Entry, now: Any) -> tuple[str, ...]:
    return (
        "●" * entry.notices + "○" * (3 - entry.notices),
        lang.label(entry.section),
        lang.label(entry.kind),
        address(entry.address),
        f"×{entry.bounces}",
        entry.author or "–",
        entry.protocol or "–",
        lang.when(entry.seen, now),
    )


def _object(view: queue.CaseView) -> dict[str, Any]:
    """The JSON object of a case, as the design lists its names."""
    case = view.case
    return {
        "address": case.written,
        "section": case.section.value,
        "kind": case.kind.value,
        "notices": case.notices,
        "bounces": case.bounces,
        "protocol": case.protocol or None,
        "author": view.author.email if view.author else None,
        "evidence": case.evidence.value if case.evidence else None,
        "strength": case.strength.value if case.strength else None,
        "suggestion": None,
        "first_seen": case.first_seen.isoformat() if case.first_seen else None,
        "last_seen": case.last_seen.isoformat() if case.last_seen else None,
    }


@click.command(help=_("Show everything about one address."))
@click.argument("written", metavar="ADDRESS")
@click.option("--json", "as_json", is_flag=True, help=_("As a JSON object."))
@pass_app
def show(app: App, written: str, as_json: bool) -> int:
    with app.desk() as desk:
        view = queue.view(desk, queue.find(desk, written).id)
        if as_json:
            print_json(_full_object(desk, view))
        else:
            _print_case(desk, view)
    return DONE


def _full_object(desk: Desk, view: queue.CaseView) -> dict[str, Any]:
    verdict, answered = view.verdict, answers.answers(desk, view.case.id)
    unsure = evidence.unsure(desk, view.case)
    return {
        **_object(view),
        "may_notify": verdict.number if isinstance(verdict, Allowed) else False,
        "refused": None if isinstance(verdict, Allowed) else verdict.reason.value,
        "until": None if isinstance(verdict, Allowed) or verdict.until is None else verdict.until.isoformat(),
        "guesses": [_guess_object(choice) for choice in unsure.guesses] if unsure else [],
        "doubt": unsure.doubt.value if unsure and unsure.doubt else None,
        "note": view.case.note,
        "last_failed": view.case.last_failed.isoformat() if view.case.last_failed else None,
        "last_delivered": view.last_delivered.isoformat() if view.last_delivered else None,
        "corrected": [{"at": c.at.isoformat(), "to": c.new or None, "protocol": c.protocol} for c in view.corrected],
        "formerly": [{"at": c.at.isoformat(), "address": c.old, "protocol": c.protocol} for c in view.formerly],
        "notices_sent": [
            {"number": n.number, "state": n.state.value, "to": n.to, "left_at": n.left_at, "reference": n.reference}
            for n in view.notices
        ],
        "answers": [
            {
                "received_at": a.received_at.isoformat(),
                "from": a.sender,
                "subject": a.subject,
                "kind": a.kind.value,
                "reference": a.reference,
            }
            for a in answered
        ],
        "failures": [
            {
                "received_at": f.received_at.isoformat(),
                "kind": f.kind.value,
                "status": f.status,
                "diagnostic": f.diagnostic,
                "final_recipient": f.final_recipient,
                "rule": f.reason.rule,
                "words": f.reason.words,
            }
            for f in view.failures
        ],
    }


def _print_case(desk: Desk, view: queue.CaseView) -> None:
    case = view.case
    say(f"{address(case.written)}   {'●' * case.notices}{'○' * (3 - case.notices)}   {lang.label(case.section)}")
    if case.fault:
        say(_("  nobody can mail to it: {fault}", fault=lang.label(case.fault)))
    _print_why(view)
    if view.failures and (told := evidence.told(desk, view.failures[0])):
        say(f"  {told}")
    unsure = evidence.unsure(desk, case)
    if unsure is not None:
        _print_unsure(unsure)
    else:
        _print_tied(desk, view)
    _print_directory(view, unsure)
    for notice in view.notices:
        say(
            _(
                "  notice {number}: {day} to {to}, {state}",
                number=notice.number,
                day=lang.day(notice.left_at),
                to=line(notice.to) or "–",
                state=lang.label(notice.state),
            )
        )
    answer = drafting.may_write(desk, case)
    if isinstance(answer, Allowed):
        say(
            _("  may be notified now (notice {number})", number=answer.number)
            if answer.number
            else _("  their postmaster may be written to now")
        )
    else:
        say(_("  no letter now: {why}", why=drafting.why(answer)))
    for came in answers.answers(desk, case.id)[:_ANSWERS_SHOWN]:
        day, who = lang.day(came.received_at), line(came.sender, 80)
        if came.kind is Kind.NOT_BOUNCE:
            say(_("  answer of {day} from {who}: {subject}", day=day, who=who, subject=line(came.subject, 160)))
        else:
            say(f"  {lang.label(came.kind)}, {day}, {who}: {line(came.subject, 160)}")
    if case.note:
        say(_("  note: {note}", note=line(case.note)))
    for failure in view.failures[:10]:
        words = line(failure.diagnostic, 160) or lang.label(failure.kind)
        say(f"  {lang.day(failure.received_at)}  {failure.status or '–':7}  {words}")


def _print_why(view: queue.CaseView) -> None:
    """What the kind means and asks for; of what the very cause means, only what is new."""
    kind = [words for form in ("sentence", "advice") if (words := lang.label(view.case.kind, form))]
    say(f"  {' '.join(kind)}")
    newest = next((f for f in view.failures if f.kind is view.case.kind), None)
    rule = newest.reason.rule if newest else ""
    cause = [words for form in ("sentence", "advice") if (words := lang.cause(rule, form)) and words not in kind]
    if cause:
        say(f"  {' '.join(cause)}")


def _print_tied(desk: Desk, view: queue.CaseView) -> None:
    case = view.case
    if view.protocol:
        say(_("  protocol {number} {title}", number=line(view.protocol.number), title=line(view.protocol.title)))
    if view.author:
        say(_("  author {name} <{mail}>", name=line(view.author.name), mail=line(view.author.email)))
    if instead := drafting.stands_in(desk, case):
        say(_("  letters go to {who}", who=line(instead, 300)))
    if case.evidence and case.strength:
        say(f"  {lang.label(case.strength)}: {lang.label(case.evidence)} {line(case.matched, 100)}")


def _print_unsure(unsure: Unsure) -> None:
    """Why nothing ties a case to a mail of ours, and all that it may be about."""
    if unsure.doubt is not None:
        say("  " + _("Doubt: {why}.", why=lang.label(unsure.doubt)))
    if not unsure.guesses:
        say(_("  Nothing hints at a protocol."))
    for choice in unsure.guesses:
        say(f"  {_('perhaps')} {'  '.join(_guess_columns(choice))}")


def _guess_columns(choice: Choice) -> tuple[str, ...]:
    assert choice.guess is not None
    return (
        line(choice.number, 20),
        lang.day(choice.date),
        line(choice.title, 60) or "–",
        line(choice.author, 60) or "–",
        f"{evidence.likelihood(choice.guess)}: {evidence.hint(choice)}",
    )


def _guess_object(choice: Choice) -> dict[str, Any]:
    assert choice.guess is not None
    return {
        "protocol": choice.number,
        "title": choice.title,
        "date": choice.date.isoformat() if choice.date else None,
        "author": choice.author or None,
        "evidence": choice.guess.evidence.value,
        "matched": choice.guess.matched,
        "score": round(choice.guess.score, 3),
    }


def _print_directory(view: queue.CaseView, unsure: Unsure | None) -> None:
    """What became of the address in the directory, what it was before, and when a mail to it last came not back."""
    for change in view.corrected[:1]:
        day = lang.day(change.at)
        say(
            "  " + _("changed in the directory on {day} to {what}", day=day, what=address(change.new))
            if change.new
            else "  " + _("gone from the directory on {day}", day=day)
        )
    for change in view.formerly[:1]:
        say("  " + _("formerly {what}, corrected on {day}", what=address(change.old), day=lang.day(change.at)))
    if unsure is not None:
        return  # what seems delivered may be the very mail that failed
    failed, delivered = lang.day(view.case.last_failed), lang.day(view.last_delivered)
    say(_("  last failed {failed}, last delivered {delivered}", failed=failed, delivered=delivered))


@click.command(help=_("Tie an address's case to a protocol, by your decision; without one, list what may be meant."))
@click.argument("target", metavar="ADDRESS")
@click.argument("protocol", required=False)
@click.option("--json", "as_json", is_flag=True, help=_("The list: one JSON object a line."))
@pass_app
def link(app: App, target: str, protocol: str | None, as_json: bool) -> int:
    with app.desk() as desk:
        case = queue.find(desk, target)
        if protocol is None:
            _list_guesses(desk, case, as_json)
        else:
            queue.link(desk, [case.id], protocol)
            say(_("linked {address} to {protocol}", address=address(case.written), protocol=line(protocol)))
    return DONE


def _list_guesses(desk: Desk, case: Case, as_json: bool) -> None:
    unsure = evidence.unsure(desk, case)
    guesses = unsure.guesses if unsure else ()
    if as_json:
        for choice in guesses:
            print_json(_guess_object(choice))
        return
    if unsure is None:
        say(
            _("{address} is linked to {protocol} already.", address=address(case.written), protocol=line(case.protocol))
            if case.protocol
            else _("Nothing hints at a protocol: name one.")
        )
        return
    if unsure.doubt is not None:
        say(_("Doubt: {why}.", why=lang.label(unsure.doubt)))
    table(_guess_columns(choice) for choice in guesses)
    say(
        _("`triage link {address} PROTOCOL` decides.", address=address(case.written))
        if guesses
        else _("Nothing hints at a protocol: name one.")
    )


@click.command(help=_("Put an address's case away as done."))
@click.argument("target", metavar="ADDRESS")
@click.option("--because", default="", help=_("Why, for the history."))
@pass_app
def close(app: App, target: str, because: str) -> int:
    with app.desk() as desk:
        case = queue.find(desk, target)
        queue.close(desk, [case.id], because)
        say(_("closed {address}", address=address(case.written)))
    return DONE


@click.command(help=_("Let an address's case rest until a day."))
@click.argument("target", metavar="ADDRESS")
@click.option("--until", required=True, help=_("A day or a time: 2026-12-01."))
@pass_app
def wait(app: App, target: str, until: str) -> int:
    try:
        moment = base.moment(until)
    except ValueError:
        raise SettingsError(_("--until: {value} is no time.", value=until), _("Write it as 2026-12-01.")) from None
    with app.desk() as desk:
        case = queue.find(desk, target)
        queue.wait(desk, [case.id], moment)
        say(_("{address} waits until {day}", address=address(case.written), day=lang.day(moment)))
    return DONE


@click.command(help=_("Write a note on an address's case."))
@click.argument("target", metavar="ADDRESS")
@click.argument("words", nargs=-1, required=True)
@pass_app
def note(app: App, target: str, words: tuple[str, ...]) -> int:
    with app.desk() as desk:
        case = queue.find(desk, target)
        queue.note(desk, case.id, " ".join(words))
        say(_("noted on {address}", address=address(case.written)))
    return DONE


COMMANDS = (cases, show, link, close, wait, note)
