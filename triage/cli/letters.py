"""Letters on the command line: draft, review, send, settle, and notices sent without Triage."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from triage import lang
from triage.cli.frame import App, pass_app
from triage.cli.output import complain, letter_items, print_json, progress, say, table
from triage.desk import Desk, LeftOut, base, drafting, queue, sending
from triage.errors import DONE, FAILED, PARTLY, REFUSED, NotFoundError, SettingsError
from triage.lang import _
from triage.model import Letter, LetterState, Section
from triage.text import address, block, line


@click.command(help=_("Compose letters: about these addresses, or about all new cases that fit the filter."))
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--filter", "filter_", default="", help=_("Words and terms, as in `triage cases`."))
@pass_app
def draft(app: App, addresses: tuple[str, ...], filter_: str) -> int:
    with app.desk() as desk:
        queue.wake(desk)
        wanted = [queue.find(desk, written).id for written in addresses]
        if not addresses:
            wanted = [i for i in queue.ids(desk, Section.NEW, filter_) if i > 0]
        drafted = drafting.draft(desk, wanted)
        table(_columns(letter) for letter in drafted.letters)
        _name_left_out(drafted.left_out)
        if not drafted.letters and not drafted.left_out:
            say(_("There is nothing to write about."))
        if not drafted.left_out:
            return DONE
        return PARTLY if drafted.letters else REFUSED


@click.command(help=_("List letters up for review and open ones; with a LETTER, show its text."))
@click.argument("which", nargs=-1, metavar="[LETTER]...")
@click.option("--json", "as_json", is_flag=True, help=_("One JSON object a line."))
@pass_app
def letters(app: App, which: tuple[str, ...], as_json: bool) -> int:
    with app.desk() as desk:
        found = [_find(desk, name) for name in which] if which else sending.letters_in_work(desk)
        gone = sending.gone(desk)
        if as_json:
            for letter in found:
                print_json(_object(letter, gone.get(letter.id)))
        elif which:
            for letter in found:
                _print_letter(letter, gone.get(letter.id))
        else:
            table(_columns(letter, gone.get(letter.id)) for letter in found)
            if not found:
                say(_("No letters wait. `triage draft` composes them."))
    return DONE


@click.command(help=_("Let reviewed letters leave. Cannot be undone, therefore --yes."))
@click.argument("which", nargs=-1, metavar="[LETTER]...")
@click.option("--all", "all_", is_flag=True, help=_("All letters up for review."))
@click.option("--yes", is_flag=True, help=_("Really send."))
@pass_app
def send(app: App, which: tuple[str, ...], all_: bool, yes: bool) -> int:
    with app.desk() as desk:
        in_review = [x for x in sending.letters_in_work(desk) if x.state is LetterState.COMPOSED]
        chosen = in_review if all_ else [_find(desk, name) for name in which]
        if not chosen:
            if all_:
                say(_("No letters wait. `triage draft` composes them."))
                return DONE
            raise SettingsError(_("No letter was named."), _("Name letters as `triage letters` lists them, or --all."))
        if not yes:
            table(_columns(letter) for letter in chosen)
            raise SettingsError(
                _(
                    "One letter would leave by {outlet}.|{n} letters would leave by {outlet}.",
                    n=len(chosen),
                    outlet=sending.outlet_name(desk),
                ),
                _("A sent letter cannot be undone; say --yes."),
            )
        results = sending.send(desk, chosen, lambda done, total: progress(f"{done}/{total}"))
        progress("")
        return _report(results)


def _report(results: list[sending.Delivered]) -> int:
    left = refused = failed = 0
    for result in results:
        letter = result.letter
        words = [letter.reference, lang.label(letter.state), line(letter.to)]
        say("  ".join(words) + (f"  {line(letter.detail, 200)}" if letter.detail else ""))
        _name_left_out(result.left_out)
        if letter.state in (LetterState.SENT, LetterState.HANDED_OVER):
            left += 1
        elif result.left_out:
            refused += 1
        else:
            failed += 1
    if left and not (refused or failed):
        return DONE
    return PARTLY if left else REFUSED if refused and not failed else FAILED


@click.command(help=_("Say what became of a letter in Drafts or an unconfirmed one."))
@click.argument("name", metavar="LETTER")
@click.argument("what", type=click.Choice(["sent", "unsent"]))
@pass_app
def settle(app: App, name: str, what: str) -> int:
    with app.desk() as desk:
        letter = sending.settle(desk, _find(desk, name).id, sent=what == "sent")
        say(f"{letter.reference}  {lang.label(letter.state)}")
    return DONE


@click.command(help=_("Count a notice that was sent without Triage."))
@click.argument("written", metavar="ADDRESS")
@click.option("--date", "date_", required=True, help=_("The day it left: 2026-11-03."))
@click.option("--to", default="", help=_("To whom it went."))
@pass_app
def record(app: App, written: str, date_: str, to: str) -> int:
    try:
        day = base.moment(date_)
    except ValueError:
        raise SettingsError(_("--date: {value} is no day.", value=date_), _("Write it as 2026-11-03.")) from None
    with app.desk() as desk:
        number = sending.record(desk, written, day, to)
        say(_("notice {number} to {address} is counted", number=number, address=address(written)))
    return DONE


@click.group(help=_("The notice ledger."))
def ledger() -> None: ...


@ledger.command("import", help=_("Count notices from a CSV file with the columns address, date, to. Twice is once."))
@click.argument("path", type=click.Path(path_type=Path))
@pass_app
def ledger_import(app: App, path: Path) -> int:
    with app.desk() as desk:
        result = sending.import_ledger(desk, path)
        say(_("one notice is counted|{n} notices are counted", n=result.counted))
        for rejection in result.rejected:
            complain(f"{rejection.file}:{rejection.line}: {rejection.reason}")
    return PARTLY if result.rejected else DONE


def _find(desk: Desk, name: str) -> Letter:
    """A letter by its reference or its number. Raises NotFoundError."""
    if name.isdecimal() and name.isascii():
        return sending.letter(desk, int(name[:18]))
    for letter in sending.letters_in_work(desk):
        if letter.reference.upper() == name.upper():
            return letter
    raise NotFoundError(_("There is no letter {letter} in work.", letter=name), _("`triage letters` lists them."))


def _columns(letter: Letter, gone_since: datetime | None = None) -> tuple[str, ...]:
    return (
        letter.reference,
        sending.state(letter, gone_since),
        line(letter.to),
        letter_items(letter),
        line(letter.subject),
    )


def _object(letter: Letter, gone_since: datetime | None) -> dict[str, object]:
    return {
        "letter": letter.id,
        "reference": letter.reference,
        "purpose": letter.purpose.value,
        "state": letter.state.value,
        "to": letter.to,
        "subject": letter.subject,
        "addresses": [{"address": i.written, "number": i.number, "protocol": i.protocol} for i in letter.items],
        "message_id": letter.message_id,
        "left_at": letter.left_at.isoformat() if letter.left_at else None,
        "gone_since": gone_since.isoformat() if gone_since else None,
        "asks": sending.asks(letter),
        "detail": letter.detail,
    }


def _print_letter(letter: Letter, gone_since: datetime | None) -> None:
    say(f"{letter.reference}  {sending.state(letter, gone_since)}  {lang.label(letter.purpose)}")
    say(_("To: {to}", to=line(letter.to)))
    say(_("Subject: {subject}", subject=line(letter.subject)))
    for item in letter.items:
        if item.number:
            say(_("notice {number} about {address}", number=item.number, address=address(item.written)))
        else:
            say(_("about {address}", address=address(item.written)))
    say()
    say(block(letter.body))


def _name_left_out(left_out: tuple[LeftOut, ...]) -> None:
    for left in left_out:
        complain(_("{address} is left out: {why}", address=address(left.address), why=left.why))


COMMANDS = (draft, letters, send, settle, record, ledger)
