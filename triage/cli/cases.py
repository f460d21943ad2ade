"""The queue on the command line."""

from __future__ import annotations

from typing import Any

import click

from triage import lang
from triage.cli.frame import App, pass_app
from triage.cli.output import print_json, say, table
from triage.desk import Desk, answers, base, drafting, queue
from triage.errors import DONE, SettingsError
from triage.lang import _
from triage.model import Allowed, Entry, Kind, Section
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
            print_json(_full_object(view, answers.answers(desk, view.case.id)))
        else:
            _print_case(desk, view)
    return DONE


def _full_object(view: queue.CaseView, answered: list[answers.Answered]) -> dict[str, Any]:
    verdict = view.verdict
    return {
        **_object(view),
        "may_notify": verdict.number if isinstance(verdict, Allowed) else False,
        "refused": None if isinstance(verdict, Allowed) else verdict.reason.value,
        "until": None if isinstance(verdict, Allowed) or verdict.until is None else verdict.until.isoformat(),
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
    say(f"  {lang.label(case.kind, 'sentence')} {lang.label(case.kind, 'advice')}")
    newest = next((f for f in view.failures if f.kind is case.kind), None)
    if newest is not None and (meaning := lang.cause(newest.reason.rule)):
        say(f"  {meaning} {lang.cause(newest.reason.rule, 'advice')}")
    if view.protocol:
        say(_("  protocol {number} {title}", number=line(view.protocol.number), title=line(view.protocol.title)))
    if view.author:
        say(_("  author {name} <{mail}>", name=line(view.author.name), mail=line(view.author.email)))
    if instead := drafting.stands_in(desk, case):
        say(_("  letters go to {who}", who=line(instead, 300)))
    if case.evidence and case.strength:
        say(f"  {lang.label(case.strength)}: {lang.label(case.evidence)} {line(case.matched, 100)}")
    _print_directory(view)
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


def _print_directory(view: queue.CaseView) -> None:
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
    failed, delivered = lang.day(view.case.last_failed), lang.day(view.last_delivered)
    say(_("  last failed {failed}, last delivered {delivered}", failed=failed, delivered=delivered))


@click.command(help=_("Tie an address's case to a protocol, by your decision."))
@click.argument("target", metavar="ADDRESS")
@click.argument("protocol")
@pass_app
def link(app: App, target: str, protocol: str) -> int:
    with app.desk() as desk:
        case = queue.find(desk, target)
        queue.link(desk, [case.id], protocol)
        say(_("linked {address} to {protocol}", address=address(case.written), protocol=line(protocol)))
    return DONE


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
