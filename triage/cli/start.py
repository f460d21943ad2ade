"""The app, the demo, the settings, and reading the mailbox."""

from __future__ import annotations

import time

import click

from triage import config, lang
from triage.address import parse as parse_address
from triage.cli.frame import App, open_app, pass_app
from triage.cli.output import complain, letter_items, progress, say, table
from triage.desk import Desk, demo, drafting, queue, reading, sending, setup, weekly
from triage.errors import DONE, FAILED, PARTLY, SettingsError, SourceError
from triage.lang import _
from triage.model import Section
from triage.text import address, line

_POLL = 60
_PATIENCE = 300
"""Seconds between two looks into the mailbox, and at most after a failure."""


@click.command("demo", help=_("Open the app on the built-in mailbox; needs no settings and harms nothing."))
@click.option("--headless", is_flag=True, help=_("Without screens: sync, draft, send into a folder, print."))
@pass_app
def demo_(app: App, headless: bool) -> int:
    with demo.open_demo(app.store) as desk:
        if headless:
            return _headless(desk)
        code = open_app(desk, sync_first=True)
        say(_("The letters of this demo lie in {folder}.", folder=sending.outlet_name(desk)))
        return code


def _headless(desk: Desk) -> int:
    say(_("# Sync"))
    _report(reading.sync(desk))
    say()
    for section in Section:
        entries = queue.page(desk, queue.ids(desk, section))
        cases = [entry for entry in entries if entry.is_case]
        say(f"# {lang.label(section)} ({len(cases)})")
        table(
            (
                "●" * e.notices + "○" * (3 - e.notices),
                lang.label(e.kind),
                address(e.address),
                f"×{e.bounces}",
                e.protocol or "–",
                e.author or "–",
                lang.label(e.strength) if e.strength else "–",
            )
            for e in cases
        )
        say()
    say(_("# Letters"))
    drafted = drafting.draft(desk, queue.ids(desk, Section.NEW))
    for left in drafted.left_out:
        say(_("left out: {address}: {why}", address=address(left.address), why=line(left.why)))
    for result in sending.send(desk, drafted.letters):
        letter = result.letter
        say(f"{letter.reference}  {lang.label(letter.state)}  {line(letter.to)}  {letter_items(letter)}")
    say(_("The letters lie in {folder}.", folder=sending.outlet_name(desk)))
    say()
    say(_("# A fourth notice"))
    for blocked in queue.ids(desk, Section.BLOCKED)[:1]:
        for left in drafting.draft(desk, [blocked]).left_out:
            say(_("refused: {address}: {why}", address=address(left.address), why=line(left.why)))
    say()
    say(weekly.export(weekly.numbers(desk, weekly.this_monday()), "md"))
    return DONE


@click.command(help=_("Write the settings file, asking for what it needs."))
@pass_app
def init(app: App) -> int:
    path = app.config_file or config.default_file()
    if path.exists():
        raise SettingsError(_("{file} exists already.", file=path), _("Edit it, or name another with --config."))
    say(_("These questions make the settings file {file}. Nothing is written before the last.", file=path))
    mail = click.prompt(_("Address of the support mailbox"), value_proc=_an_address)
    answers = setup.Answers(
        address=mail,
        host=click.prompt(_("IMAP server"), default=setup.guessed_host(mail)),
        password_command=click.prompt(_("Command that prints the password"), default=f"pass show {mail}"),
        folder=click.prompt(_("Folder with the bounces"), default="INBOX"),
        sender=click.prompt(_("Sender address of the service's mails"), value_proc=_an_address),
        protocol_url=click.prompt(
            _("Link to a protocol, with {token} where it varies"), default="", show_default=False
        ),
        directory=click.prompt(_("Folder of the directory's files"), default="directory/"),
    )
    if not click.confirm(_("Write {file}?", file=path), default=True):
        return FAILED
    setup.write_settings(answers, path)
    name = f" --config {path}" if app.config_file else ""
    say(_("Written. `triage{name} check` tries it, `triage{name}` opens the app.", name=name))
    return DONE


def _an_address(written: str) -> str:
    if parse_address(written).fault is not None or "@" not in written:
        raise click.UsageError(_("{address} is no address.", address=written))
    return written.strip()


@click.command(help=_("Try what the settings name: mailbox, outlet, directory, store. Changes nothing."))
@pass_app
def check(app: App) -> int:
    settings = app.settings()
    say(_("settings: {file}", file=settings.file))
    bad = 0
    for found in setup.check(settings, app.store_file()):
        say(f"{'✓' if found.ok else '✗'} {found.subject}: {line(found.words)}")
        if found.hint:
            say(f"    {line(found.hint)}")
        bad += not found.ok
    return FAILED if bad else DONE


@click.command(help=_("Read what is new in the mailbox."))
@click.option("--watch", is_flag=True, help=_("Go on, and look again every minute."))
@pass_app
def sync(app: App, watch: bool) -> int:
    with app.desk() as desk:
        if not watch:
            return _sync_once(desk)
        pause = _POLL
        while True:
            try:
                _sync_once(desk)
                pause = _POLL
            except SourceError as error:
                complain(error.message, error.hint)
                pause = min(_PATIENCE, pause * 2)
            time.sleep(pause)


def _sync_once(desk: Desk) -> int:
    try:
        synced = reading.sync(
            desk, lambda p: progress(_("{done} of {total}, {new} new cases", done=p.done, total=p.total, new=p.new))
        )
    finally:
        progress("")
    return _report(synced)


def _report(synced: reading.Synced) -> int:
    say(
        _(
            "new messages {messages}, known {known}: new cases {new}, failed again {again}, without a case {strays}",
            messages=synced.messages,
            known=synced.known,
            new=len(synced.new),
            again=len(synced.again),
            strays=synced.strays,
        )
    )
    if synced.reopened:
        say(_("one closed case is open again|{n} closed cases are open again", n=len(synced.reopened)))
    if synced.settled or synced.adopted:
        say(
            _(
                "letters found in Sent {settled}, adopted of another store {adopted}",
                settled=synced.settled,
                adopted=synced.adopted,
            )
        )
    if synced.unconfirmed:
        say(
            _(
                "one letter of a program that ended early: `triage letters` shows it"
                "|{n} letters of a program that ended early: `triage letters` shows them",
                n=synced.unconfirmed,
            )
        )
    for reference in synced.beyond_three:
        complain(_("Letter {reference} lies in the mailbox and is a fourth notice.", reference=reference))
    return PARTLY if synced.beyond_three else DONE


@click.command(help=_("Take back the newest act."))
@pass_app
def undo(app: App) -> int:
    with app.desk() as desk:
        undone = queue.undo(desk)
        say(_("undone: {label}", label=line(undone.label)) if undone else _("There is nothing to undo."))
    return DONE


COMMANDS = (demo_, init, check, sync, undo)
