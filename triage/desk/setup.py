"""Settings: written with a person, and checked against the real servers."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from triage import clock, config, directory, login, mailbox, post
from triage.config import Server, Settings
from triage.desk import trial
from triage.desk.base import Desk
from triage.desk.directory import stale
from triage.errors import SettingsError, TriageError
from triage.lang import _
from triage.mailbox import FolderSeen
from triage.model import Rejection
from triage.store import Store
from triage.text import line


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `triage check`."""

    subject: str
    ok: bool
    words: str
    hint: str = ""
    is_warning: bool = False
    """It works, but a person should know."""
    lines: tuple[str, ...] = ()
    """What there is to choose from."""


def check(settings: Settings, store: Path | None) -> Iterator[Check]:
    """Try what the settings name: mailbox, outlet, directory, store. Changes nothing but an empty store."""
    yield from _mailbox(settings)
    yield _tried(_("letters"), lambda: _outlet(settings))
    yield _tried(_("directory"), lambda: _directory(settings))
    yield from _directory_age(settings, store)
    yield _tried(_("store"), lambda: _store(settings, store))
    yield from _patterns(settings, store)


def _tried(subject: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(subject, True, attempt())
    except TriageError as error:
        return Check(subject, False, error.message, error.hint)


def _mailbox(settings: Settings) -> list[Check]:
    subject = _("mailbox")
    try:
        with closing(mailbox.open_source(settings)) as source:
            folders = source.folders()
            missing = list(_missing(settings, folders)) if folders else []
            batch = None if missing else next(iter(source.pull({})), None)
    except TriageError as error:
        return [Check(subject, False, error.message, error.hint)]
    listed = tuple(_folder_line(settings, folder) for folder in folders)
    if missing:
        return [Check(subject, True, source.name, lines=listed), *missing]
    words = _("{name}: {n} messages can be read", name=source.name, n=batch.total if batch else 0)
    return [Check(subject, True, words, lines=listed), *_asked_of_server(settings), *_own_folders(settings, folders)]


def _folder_line(settings: Settings, folder: FolderSeen) -> str:
    """Name, how many messages, and what it is here."""
    count = "?" if folder.messages is None else str(folder.messages)
    return f"{line(folder.name, 60):<32} {count:>7}  {', '.join(_roles(settings, folder))}".rstrip()


def _roles(settings: Settings, folder: FolderSeen) -> Iterator[str]:
    named = settings.mailbox
    if folder.name in named.folders:
        yield _("bounces are read here")
    if folder.name == named.move_to:
        yield _("bounces are moved here")
    for use, chosen, word in (("Drafts", named.drafts, _("drafts")), ("Sent", named.sent, _("sent letters"))):
        if folder.name == chosen:
            yield word
        elif folder.use == use and not chosen:
            yield _("{what} (guessed by its name)", what=word) if folder.is_guessed else word
    if folder.use not in ("", "Drafts", "Sent"):
        yield folder.use


def _missing(settings: Settings, folders: Sequence[FolderSeen]) -> Iterator[Check]:
    """Folders of the settings that do not exist, with the nearest that does."""
    named = settings.mailbox
    known = [folder.name for folder in folders]
    known += [name.upper() for name in named.folders if name.upper() == "INBOX"]  # in any case (RFC 3501, 5.1)
    for key, name in (
        *(("folders", name) for name in named.folders if name.upper() != "INBOX"),
        *(("drafts", named.drafts), ("sent", named.sent), ("move_to", named.move_to)),
    ):
        if name and name not in known:
            near = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.5)
            nearest = next((k for k in known if near and k.lower() == near[0]), "")
            hint = _("Did you mean {near}?", near=nearest) if nearest else _("Name one of the folders above.")
            yield Check(key, False, _("There is no folder {folder}.", folder=name), hint)


def _asked_of_server(settings: Settings) -> Iterator[Check]:
    mailbox = settings.mailbox
    if mailbox.mark:
        yield Check("mark", True, _("bounces get the mark {mark} on the server once they are kept", mark=mailbox.mark))
    if mailbox.move_to:
        words = _("bounces are moved to {folder} on the server once they are kept", folder=mailbox.move_to)
        yield Check("move_to", True, words)


def _own_folders(settings: Settings, folders: Sequence[FolderSeen]) -> Iterator[Check]:
    """Without Sent nothing tells a restored store what was sent; without Drafts no letter can be put there."""
    uses = {folder.use for folder in folders}
    outlet, named = settings.post.outlet, settings.mailbox
    if folders and outlet in ("smtp", "drafts") and not named.sent and "Sent" not in uses:
        yield Check(
            _("sent letters"),
            True,
            _("No folder for sent letters was found: a restored store could not learn from it what was sent."),
            _("Name it as sent in [mailbox]."),
            is_warning=True,
        )
    if folders and outlet == "drafts" and not named.drafts and "Drafts" not in uses:
        yield Check(
            _("drafts"),
            True,
            _("No folder for drafts was found, and letters are to go there."),
            _("Name it as drafts in [mailbox]."),
            is_warning=True,
        )


def _outlet(settings: Settings) -> str:
    outlet = post.open_outlet(settings)
    try:
        return outlet.name
    finally:
        outlet.close()


def _directory(settings: Settings) -> str:
    counted: dict[str, int] = {"protocols": 0, "recipients": 0, "deliveries": 0}
    rejections: list[Rejection] = []
    rejected = 0
    with directory.open_source(settings) as source:
        for batch in directory.batches(source):
            counted[batch.table] = counted.get(batch.table, 0) + len(batch.rows)
            rejected += len(batch.rejections)
            rejections = rejections or list(batch.rejections[:1])
    words = _(
        "{protocols} protocols, {recipients} recipients, {deliveries} deliveries",
        protocols=counted["protocols"],
        recipients=counted["recipients"],
        deliveries=counted["deliveries"],
    )
    if rejections:
        first = rejections[0]
        words += "; " + _(
            "{n} rows cannot be used, the first: {file}:{line}: {reason}",
            n=rejected,
            file=first.file,
            line=first.line,
            reason=first.reason,
        )
    return words


def _directory_age(settings: Settings, path: Path | None) -> list[Check]:
    """A warning where the last import is too long ago."""
    path = path or config.default_store()
    if not path.exists():
        return []
    with suppress(TriageError), Store(path, "check", settings.notices) as store:
        if words := stale(settings, store):
            return [
                Check(_("directory"), True, words, _("`triage directory import` brings new ones."), is_warning=True)
            ]
    return []


def _patterns(settings: Settings, path: Path | None) -> list[Check]:
    """What linking knows our mails by, tried on the bounces that came last."""
    path, subject, found = path or config.default_store(), _("linking"), None
    try:
        login.token_keys(settings)
    except TriageError as error:
        return [Check(subject, False, error.message, error.hint)]
    with suppress(TriageError):  # of a store that cannot be opened was told before
        if path.exists():
            with Desk(settings, Store(path, "check", settings.notices)) as desk:
                found = trial.trial(desk)
    if found is None or not found.bounces:
        return [Check(subject, True, _("no bounces yet to try the patterns on: try again after the first sync"))]
    checks = [
        Check(
            subject,
            True,
            _("the last bounce|the last {n} bounces", n=found.bounces),
            lines=(*trial.evidence_words(found),),
        )
    ]
    for tried in found.tried:
        advice = trial.advice(tried)
        checks.append(Check(tried.setting, True, trial.words(tried, found.bounces), advice, is_warning=bool(advice)))
    return checks


def _store(settings: Settings, store: Path | None) -> str:
    path = store or config.default_store()
    if not path.exists():
        return _("{file}: none yet, the first sync makes it", file=path)
    with Store(path, "check", settings.notices):
        return str(path)


# --- passwords that only a person knows ---


def ask_with(ask: Callable[[str], str] | None) -> None:
    """Ask so for a password that the settings do not get elsewhere; None: from now on a missing one is an error."""
    login.ask_with(ask)


def ask_ahead(settings: Settings) -> None:
    """Ask for what is missing, before a screen is there on which nobody could type it."""
    needed: list[Server] = [settings.mailbox] if settings.mailbox.host else []
    if settings.post.outlet == "smtp" and settings.post.user:
        needed.append(settings.post)
    for server in needed:
        if login.is_missing(server):
            with suppress(SettingsError):  # none was typed: the mailbox says so when it is read
                login.password(server, settings)


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
# What else tells that a mail was ours, each with an example; docs/linking.md says how mails are signed.
# header = "X-Protocol"  # X-Protocol: 2026-0877
# verp = "bounces+{{number}}.{{token}}@{domain}"  # bounces+2026-0877.8f3b01c2d4a5e697@{domain}
# message_id = "<{{number}}.{{token}}@{domain}>"  # <2026-0877.8f3b01c2d4a5e697@{domain}>
# token_key_file = "token.key"  # made by: openssl rand -hex 32 > token.key; chmod 600 token.key
# subaddress = "+"  # what parts weber+bau@… from weber@…; "" if nothing does

[notices]
# At most three notices per address, ever: that cannot be set. Days between two of them can.
days_between = 5

[directory]
# A folder with authors, protocols, recipients and deliveries as .csv, .json or .xlsx; docs/directory.md tells more.
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
