"""Files in and out: mails to classify, the week's summary."""

from __future__ import annotations

from pathlib import Path

import click

from triage import lang
from triage.cli.frame import App, pass_app
from triage.cli.output import complain, print_json, say
from triage.desk import classify as understanding
from triage.desk import weekly
from triage.errors import DONE, FAILED, PARTLY, SettingsError
from triage.lang import _
from triage.model import Reason
from triage.text import address, line


@click.command(help=_("Say what mails are: files, folders, mboxes, Maildirs, or - for standard input. Keeps nothing."))
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help=_("One JSON object a message."))
@click.option("--explain", is_flag=True, help=_("Name the rule that decided, and the words it went by."))
def classify(paths: tuple[Path, ...], as_json: bool, explain: bool) -> int:
    read = unread = 0
    for found in understanding.classify(paths):
        unread += found.bounce is None
        read += found.bounce is not None
        if as_json:
            print_json(understanding.as_object(found))
        else:
            _print(found, explain)
    if not read and not unread:
        complain(_("There are no messages there."))
        return FAILED
    return DONE if not unread else PARTLY if read else FAILED


def _print(found: understanding.Classified, explain: bool) -> None:
    bounce = found.bounce
    if bounce is None:
        complain(f"{found.file}: {found.error}")
        return
    name = f"{line(found.file)}[{found.index}]" if found.index else line(found.file)
    say(f"{name}: {bounce.kind.value}")
    for failure in bounce.failures:
        say(f"    {address(failure.address.written)}  {lang.label(failure.kind)}  {failure.status or '–'}")
        if failure.diagnostic:
            say(f"        {line(failure.diagnostic, 200)}")
        if explain:
            _explain(failure.reason, "        ")
    if explain and not bounce.failures:
        _explain(bounce.reason, "    ")
    if found.error:
        say(_("    could not be read whole: {what}", what=line(found.error)))


def _explain(reason: Reason, indent: str) -> None:
    """Which rule decided, on which words, and what that means for laymen."""
    say(f"{indent}{line(reason.rule)}: {line(reason.words, 200)}")
    if meaning := lang.cause(reason.rule):
        say(f"{indent}{meaning} {lang.cause(reason.rule, 'advice')}")


@click.command(help=_("The summary of a week: 2026-W47, or a day in it; this week if none is named."))
@click.argument("which", required=False, default="", metavar="[WEEK]")
@click.option(
    "--format", "form", type=click.Choice(weekly.FORMATS), default="md", show_default=True, help=_("The file's format.")
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help=_("Write it to this file."))
@click.option("--force", is_flag=True, help=_("Overwrite the file if it exists."))
@pass_app
def week(app: App, which: str, form: str, output: Path | None, force: bool) -> int:
    with app.desk() as desk:
        written = weekly.export(weekly.numbers(desk, weekly.monday_of(which)), form)
    if output is None:
        click.echo(written, nl=False)
        return DONE
    try:
        with output.open("w" if force else "x", encoding="utf-8", newline="") as file:
            file.write(written)
    except FileExistsError:
        raise SettingsError(_("{file} exists already.", file=output), _("--force overwrites it.")) from None
    except OSError as error:
        raise SettingsError(_("{file} cannot be written: {error}", file=output, error=error.strerror)) from None
    say(_("written to {file}", file=output))
    return DONE


COMMANDS = (classify, week)
