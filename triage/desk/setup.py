"""Settings: written with a person, and checked against the real servers."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from triage import clock, config, directory, mailbox, post
from triage.config import Settings
from triage.errors import SettingsError, TriageError
from triage.lang import _
from triage.store import Store


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `triage check`."""

    subject: str
    ok: bool
    words: str
    hint: str = ""


def check(settings: Settings, store: Path | None) -> Iterator[Check]:
    """Try what the settings name: mailbox, outlet, directory, store. Changes nothing but an empty store."""
    yield _tried(_("mailbox"), lambda: _mailbox(settings))
    yield _tried(_("letters"), lambda: _outlet(settings))
    yield _tried(_("directory"), lambda: _directory(settings))
    yield _tried(_("store"), lambda: _store(settings, store))


def _tried(subject: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(subject, True, attempt())
    except TriageError as error:
        return Check(subject, False, error.message, error.hint)


def _mailbox(settings: Settings) -> str:
    source = mailbox.open_source(settings)
    try:
        batch = next(iter(source.pull({})), None)
        return _("{name}: {n} messages can be read", name=source.name, n=batch.total if batch else 0)
    finally:
        source.close()


def _outlet(settings: Settings) -> str:
    outlet = post.open_outlet(settings)
    try:
        return outlet.name
    finally:
        outlet.close()


def _directory(settings: Settings) -> str:
    if not settings.directory.path:
        raise SettingsError(_("The settings name no directory."), _("Set path in [directory]."))
    rows = directory.read(settings.resolve(settings.directory.path))
    words = _(
        "{protocols} protocols, {recipients} recipients, {deliveries} deliveries",
        protocols=len(rows.protocols),
        recipients=len(rows.recipients),
        deliveries=len(rows.deliveries),
    )
    if rows.rejections:
        first = rows.rejections[0]
        words += "; " + _(
            "{n} rows cannot be used, the first: {file}:{line}: {reason}",
            n=len(rows.rejections),
            file=first.file,
            line=first.line,
            reason=first.reason,
        )
    return words


def _store(settings: Settings, store: Path | None) -> str:
    path = store or config.default_store()
    if not path.exists():
        return _("{file}: none yet, the first sync makes it", file=path)
    with Store(path, "check", settings.notices):
        return str(path)


# --- writing them ---


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person says in `triage init`."""

    address: str
    host: str
    password_command: str
    folder: str
    sender: str
    protocol_url: str
    directory: str


def guessed_host(address: str) -> str:
    """The usual name of an IMAP server for an address."""
    domain = address.rpartition("@")[2]
    return f"imap.{domain}" if domain else ""


def settings_text(answers: Answers) -> str:
    """A commented settings file. Values are quoted as TOML literals or refused."""
    q = _quoted
    domain = answers.sender.rpartition("@")[2]
    return f"""# Settings of Triage, written {clock.now():%Y-%m-%d}.
# `triage check` tries them; docs/settings.md explains them all.

[mailbox]
# Where bounces arrive. TLS is on; nothing in the mailbox is changed or marked as read.
host = {q(answers.host)}
user = {q(answers.address)}
# A command that prints the password on its first line. Never write the password itself here.
password_command = {q(answers.password_command)}
folders = [{q(answers.folder)}]

[post]
# "drafts" puts letters into the mailbox' Drafts, from where a person sends them; "smtp" sends; "folder" writes files.
outlet = "drafts"

[sender]
# Who the service's own mails come from: these addresses never count as failed.
addresses = [{q(answers.sender)}]
domains = [{q(domain)}]
letters_from = {q(answers.address)}

[linking]
# What our mails carry: the link to a protocol, and its number as a regular expression.
protocol_url = {q(answers.protocol_url)}
protocol_number = '\\b\\d{{4}}-\\d{{4}}\\b'

[notices]
# At most three notices per address, ever: that cannot be set. Days between two of them can.
days_between = 5

[directory]
# A folder with authors, protocols, recipients and deliveries as .csv or .json.
path = {q(answers.directory)}

[staff]
# name = "…"          # who is named in the history and under letters
# language = "de"     # of the interface; otherwise that of the terminal
"""


def write_settings(answers: Answers, path: Path) -> None:
    """Write the settings file, private, never over an existing one. Raises SettingsError."""
    text = settings_text(answers)
    config.parse(text, path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise SettingsError(
            _("{file} exists already.", file=path), _("Edit it, or name another with --config.")
        ) from None
    except OSError as error:
        raise SettingsError(_("{file} cannot be written: {error}", file=path, error=error.strerror)) from None


def _quoted(value: str) -> str:
    """A TOML basic string. Raises SettingsError for what cannot stand in one line."""
    if any(ord(c) < 32 or ord(c) == 127 for c in value):
        raise SettingsError(_("A control character cannot stand in the settings: {value}", value=repr(value)))
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
