"""The frame of all commands: global options, and the desk they open."""

from __future__ import annotations

import getpass
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from triage import __version__, config, lang
from triage.desk import Desk, base, setup
from triage.errors import SettingsError
from triage.lang import LANGUAGES, _


@dataclass(slots=True)
class App:
    """What the global options say."""

    config_file: Path | None
    store: Path | None
    language: str

    def settings(self) -> config.Settings:
        """The settings, and their language unless --lang named one. Raises SettingsError."""
        settings = config.load(self.config_file)
        if settings.staff.language and not self.language:
            lang.use(settings.staff.language)
        return settings

    def desk(self) -> Desk:
        """The desk of the settings. Raises SettingsError, StoreError."""
        return base.open_desk(self.settings(), self.store_file())

    def store_file(self) -> Path | None:
        """--store; else beside a settings file that --config names; None: the usual one."""
        return self.store or (self.config_file.with_suffix(".db") if self.config_file else None)


pass_app = click.make_pass_decorator(App)

_FILE = click.Path(path_type=Path, dir_okay=False)


def _fix_clock(_context: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value:
        try:
            base.fix_clock(value)
        except ValueError:
            raise SettingsError(
                _("--now: {value} is no time.", value=value), _("Write it as 2026-11-23 or 2026-11-23T08:00.")
            ) from None


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=_(
        "The desk for a support team's bounces. Without a command it opens the app.\n\n"
        "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by a rule, 4 done in part."
    ),
)
@click.option("--config", "config_", type=_FILE, help=_("The settings file, instead of the usual one."))
@click.option("--store", type=_FILE, help=_("The store, instead of the usual one or that beside --config."))
@click.option("--lang", "lang_", type=click.Choice(LANGUAGES), help=_("Language of the interface."))
@click.option("--now", callback=_fix_clock, expose_value=False, help=_("Pretend it is this time (demo, tests)."))
@click.version_option(__version__, "--version", prog_name="triage")
@click.pass_context
def group(context: click.Context, config_: Path | None, store: Path | None, lang_: str | None) -> Any:
    app = context.obj = App(config_, store, lang_ or "")
    if lang_:
        lang.use(lang_)
    setup.ask_with(_ask_password if sys.stdin.isatty() and sys.stderr.isatty() else None)
    if context.invoked_subcommand is None:
        with app.desk() as desk:
            return open_app(desk)
    return 0


def _ask_password(account: str) -> str:
    try:
        return getpass.getpass(_("Password of {account}: ", account=account))
    except EOFError:
        return ""


def open_app(desk: Desk, sync_first: bool = False) -> int:
    """The screens; they need a terminal. Raises SettingsError where there is none."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise SettingsError(
            _("The screens need a terminal."),
            _("`triage --help` lists the commands; `triage demo --headless` needs none."),
        )
    setup.ask_ahead(desk.settings)
    setup.ask_with(None)
    from triage.tui import run

    return int(run(desk, sync_first))
