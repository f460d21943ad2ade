"""The demo, the settings, and undo."""

from __future__ import annotations

import click

from triage import config, lang
from triage.address import parse as parse_address
from triage.cli.frame import App, open_app, pass_app
from triage.cli.output import letter_items, say, table
from triage.cli.sync import report
from triage.desk import Desk, demo, drafting, queue, reading, sending, setup, weekly
from triage.errors import DONE, FAILED, SettingsError
from triage.lang import _
from triage.model import Section
from triage.text import address, line


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
    report(reading.sync(desk))
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


@click.command(help=_("Try what the settings name, and their patterns on the last bounces. Changes nothing."))
@pass_app
def check(app: App) -> int:
    settings = app.settings()
    say(_("settings: {file}", file=settings.file))
    bad = 0
    for found in setup.check(settings, app.store_file()):
        sign = "✗" if not found.ok else "!" if found.is_warning else "✓"
        say(f"{sign} {found.subject}: {line(found.words)}")
        for told in found.lines:
            say(f"    {line(told)}")
        if found.hint:
            say(f"    {line(found.hint)}")
        bad += not found.ok
    return FAILED if bad else DONE


@click.command(help=_("Take back the newest act."))
@pass_app
def undo(app: App) -> int:
    with app.desk() as desk:
        undone = queue.undo(desk)
        say(_("undone: {label}", label=line(undone.label)) if undone else _("There is nothing to undo."))
    return DONE


COMMANDS = (demo_, init, check, undo)
