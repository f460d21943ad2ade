"""The settings: one TOML file in the XDG config folder, read once, checked whole.

A fault names the file, the key, the line and the nearest valid key. Secrets are never in the file: a command, a file or
the environment hands them out when they are needed.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

from triage.errors import SettingsError
from triage.lang import LANGUAGES, _
from triage.model import Author, Delivery, Limits, Protocol, Recipient

_DIRECTORY: Mapping[str, type[Any]] = {
    "authors": Author,
    "protocols": Protocol,
    "recipients": Recipient,
    "deliveries": Delivery,
}
"""The directory's tables: the columns are the fields of a row, but for a delivery's key, which is derived."""
_MARKS = r"\Seen, \Flagged"


@dataclass(frozen=True, slots=True)
class Server:
    """A server with a login: the part that mailbox and post share."""

    host: str = ""
    port: int = 0
    """0: the usual one (IMAP 993 or 143, SMTP 465 or 587)."""
    user: str = ""
    password_command: str = ""
    """Prints the password on its first line, e.g. "pass show support"."""
    password_file: str = ""
    """A file that holds the password on its first line; others must not read it."""
    auth: str = "password"
    """"password", or the login by an access token: "xoauth2" or "oauthbearer"."""
    token_command: str = ""
    """Prints an access token on its first line, e.g. "oauth2ms"; it is run at every login."""
    tls: str = "implicit"
    """"implicit", "starttls", or "none": that only to this very machine (127.0.0.1, ::1, localhost)."""
    ca_file: str = ""
    """Certificates to trust instead of the system's."""


@dataclass(frozen=True, slots=True)
class Mailbox(Server):
    """Where bounces come from."""

    folders: tuple[str, ...] = ("INBOX",)
    path: str = ""
    """Instead of a host: a folder of .eml, an mbox or a Maildir."""
    drafts: str = ""
    """Drafts folder; found by its special use if empty."""
    sent: str = ""
    """Sent folder; found by its special use if empty."""
    mark: str = ""
    """A keyword ("$Triage"), "\\Seen" or "\\Flagged" that bounces get on the server once they are kept."""
    move_to: str = ""
    """A folder that bounces are moved to once they are kept."""


@dataclass(frozen=True, slots=True)
class Post(Server):
    """How letters leave."""

    outlet: str = "drafts"
    """"drafts" (the mailbox's Drafts folder), "smtp" or "folder"."""
    path: str = ""
    """For "folder": where the .eml files go."""
    copy_to_sent: bool = True
    """For "smtp": put a copy into the mailbox' Sent folder, unless it lies there already."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The sending side: whose mails came back, and who writes the letters."""

    addresses: tuple[str, ...] = ()
    """The service's own sender addresses; never failures, never written to."""
    domains: tuple[str, ...] = ()
    ips: tuple[str, ...] = ()
    dkim_selectors: tuple[str, ...] = ()
    letters_from: str = ""
    """From of our letters; the mailbox' user if empty."""
    name: str = ""
    """The name beside it, and the signature's second line."""


@dataclass(frozen=True, slots=True)
class Linking:
    """What our mails carry, to know them again."""

    protocol_url: str = ""
    """The link in our mails; {token} or {number} stands where it varies."""
    protocol_number: str = r"\b\d{4}-\d{4}\b"
    """Regular expression of a protocol's number."""
    header: str = ""
    """A header of our mails that holds the protocol's number."""
    window_days: int = 14
    """How long after a mail a bounce for it may come."""
    verp: str = ""
    """Our tagged return path, e.g. "bounces+{number}.{recipient}.{token}@iprot.example"."""
    message_id: str = ""
    """The form of our Message-IDs, e.g. "<{number}.{token}@iprot.example>"."""
    token_key_file: str = ""
    """The keys that sign {token}, one a line; others must not read it."""
    token_key_command: str = ""
    """Instead: prints the key on its first line."""
    subaddress: str = "+"
    """What parts a mailbox from its sub-address ("weber+bau@…")."""


@dataclass(frozen=True, slots=True)
class PerTable:
    """A text for each of the directory's tables."""

    authors: str = ""
    protocols: str = ""
    recipients: str = ""
    deliveries: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """For each of the directory's tables: our name of a column to the name that it has there."""

    authors: Mapping[str, str] = field(default_factory=dict)
    protocols: Mapping[str, str] = field(default_factory=dict)
    recipients: Mapping[str, str] = field(default_factory=dict)
    deliveries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Directory:
    path: str = ""
    """Folder with authors, protocols, recipients and deliveries as CSV, JSON or XLSX; or one workbook or SQLite file"""
    url: str = ""
    """Instead of a path: a database, as SQLAlchemy names it."""
    url_command: str = ""
    """Prints that URL on its first line, so that no password stands here."""
    contacts: Mapping[str, str] = field(default_factory=dict)
    """Company to the address that is asked when neither its author nor the deputy can be."""
    fallback: str = ""
    """Who is asked when none of them can be: an address of the product's own support."""
    stale_days: int = 7
    """An import older than this is warned of; 0: never."""
    columns: Columns = Columns()
    tables: PerTable = PerTable()
    """What the files, sheets or tables are called there."""
    queries: PerTable = PerTable()
    """Instead of a table: the SQL that selects it."""


@dataclass(frozen=True, slots=True)
class Staff:
    name: str = ""
    """Who is named in the history and under letters; the login name if empty."""
    language: str = ""
    """"de" or "en" for the interface; what the terminal asks for if empty."""


@dataclass(frozen=True, slots=True)
class Settings:
    mailbox: Mailbox = Mailbox()
    post: Post = Post()
    sender: Sender = Sender()
    linking: Linking = Linking()
    notices: Limits = Limits()  # noqa: RUF009 (frozen)
    directory: Directory = Directory()
    staff: Staff = Staff()
    file: Path | None = None
    """Where they were read; relative paths in them start there."""

    def resolve(self, path: str) -> Path:
        """A path of the settings, seen from the settings file."""
        base = self.file.parent if self.file else Path()
        return base / Path(path).expanduser()


def config_folder() -> Path:
    from platformdirs import user_config_path

    return user_config_path("triage")


def default_file() -> Path:
    return config_folder() / "triage.toml"


def default_store() -> Path:
    from platformdirs import user_data_path

    return user_data_path("triage") / "triage.db"


def load(file: Path | None = None) -> Settings:
    """The settings in `file`, or in the usual place. Raises SettingsError."""
    path = file or default_file()
    try:
        written = path.read_text("utf-8")
    except FileNotFoundError:
        raise SettingsError(
            _("There are no settings yet: {file} does not exist.", file=path),
            _("`triage init` writes them with you; `triage demo` needs none."),
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(_("{file} cannot be read: {error}", file=path, error=error)) from None
    return parse(written, path)


def parse(written: str, path: Path) -> Settings:
    """Settings from TOML text; `path` is named in errors. Raises SettingsError."""
    try:
        tables = tomllib.loads(written)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}", _("This is no valid TOML.")) from None
    return replace(_Reader(written, path).settings(tables), file=path.resolve())


def _marks_return_paths(verp: str) -> bool:
    """What stands before the @ is no mere placeholder that everybody's address fits."""
    local = verp.strip().strip("<>").rpartition("@")[0]
    return "{recipient}" in local or any(c.isalnum() for c in re.sub(r"\{[^{}]*\}", "", local))


class _Reader:
    """Turns tables into dataclasses and knows the line a complaint is about."""

    def __init__(self, written: str, path: Path) -> None:
        self._lines = written.splitlines()
        self._path = path

    def settings(self, tables: Mapping[str, Any]) -> Settings:
        hints = get_type_hints(Settings)
        names = [f.name for f in fields(Settings) if f.name != "file"]
        parts: dict[str, Any] = {}
        for name, table in tables.items():
            if name not in names:
                raise self._unknown(name, names, "")
            if not isinstance(table, dict):
                raise self._error(name, "", _("[{name}] must be a table.", name=name))
            parts[name] = self._part(name, hints[name], table)
        settings = Settings(**parts)
        self._check(settings)
        return settings

    def _part(self, section: str, kind: type[Any], table: Mapping[str, Any]) -> Any:
        hints = get_type_hints(kind)
        names = [f.name for f in fields(kind)]
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key not in names:
                raise self._unknown(key, names, section)
            if is_dataclass(hints[key]) and isinstance(value, dict):
                values[key] = self._part(f"{section}.{key}", hints[key], value)
            else:
                values[key] = self._value(section, key, hints[key], value)
        return kind(**values)

    def _value(self, section: str, key: str, hint: Any, value: Any) -> Any:
        if hint is int and isinstance(value, int) and not isinstance(value, bool):
            if value < 0:
                raise self._error(key, section, _("{key} must not be negative.", key=key))
            return value
        if hint is str and isinstance(value, str):
            return value
        if hint is bool and isinstance(value, bool):
            return value
        if hint == tuple[str, ...] and isinstance(value, list) and all(isinstance(v, str) for v in value):
            return tuple(value)
        if hint == Mapping[str, str] and isinstance(value, dict) and all(isinstance(v, str) for v in value.values()):
            return value
        if hint == Mapping[str, str] or is_dataclass(hint):
            raise self._error(key, section, _("[{name}] must be a table.", name=f"{section}.{key}"))
        wanted = {int: _("a whole number"), str: _("a text in quotes"), bool: _("true or false")}.get(
            hint, _("a list of texts")
        )
        raise self._error(key, section, _("{key} must be {wanted}.", key=key, wanted=wanted))

    def _check(self, settings: Settings) -> None:
        choices = (
            ("mailbox", "tls", settings.mailbox.tls, ("implicit", "starttls", "none")),
            ("post", "tls", settings.post.tls, ("implicit", "starttls", "none")),
            ("mailbox", "auth", settings.mailbox.auth, ("password", "xoauth2", "oauthbearer")),
            ("post", "auth", settings.post.auth, ("password", "xoauth2", "oauthbearer")),
            ("post", "outlet", settings.post.outlet, ("drafts", "smtp", "folder")),
            ("staff", "language", settings.staff.language, ("", *LANGUAGES)),
        )
        for section, key, value, allowed in choices:
            if value not in allowed:
                raise self._error(
                    key,
                    section,
                    _("{key} must be one of: {allowed}.", key=key, allowed=", ".join(a for a in allowed if a)),
                )
        for section, server in (("mailbox", settings.mailbox), ("post", settings.post)):
            if server.tls == "none" and server.host not in ("", "localhost", "127.0.0.1", "::1"):
                raise self._error("tls", section, _("Without TLS the password would cross the network in the clear."))
            if (server.auth == "password") == bool(server.token_command):
                raise self._error(
                    "token_command" if server.token_command else "auth",
                    section,
                    _('token_command and auth = "xoauth2" or "oauthbearer" belong together.'),
                )
        self._check_marks(settings.mailbox)
        self._check_directory(settings.directory)
        self._check_tags(settings.linking)
        try:
            re.compile(settings.linking.protocol_number)
        except re.error as error:
            raise self._error(
                "protocol_number", "linking", _("protocol_number is no regular expression: {error}", error=error)
            ) from None
        if settings.notices.days_between < 1:
            raise self._error("days_between", "notices", _("{key} must be at least 1.", key="days_between"))

    def _check_marks(self, mailbox: Mailbox) -> None:
        """What is done on the server harms nothing: no mail becomes deleted, and none lies among our own letters."""
        if mailbox.mark and not re.fullmatch(r"\\(?:Seen|Flagged)|[$A-Za-z0-9][$A-Za-z0-9_.-]*", mailbox.mark):
            raise self._error(
                "mark", "mailbox", _("mark must be a keyword such as $Triage, or one of: {allowed}.", allowed=_MARKS)
            )
        taken = {mailbox.drafts, mailbox.sent, *(mailbox.folders if len(mailbox.folders) == 1 else ())}
        if mailbox.move_to and mailbox.move_to in taken:
            raise self._error("move_to", "mailbox", _("move_to must be another folder than those that are named here."))

    def _check_tags(self, linking: Linking) -> None:
        """Placeholders that exist, and a key where a token stands."""
        known = {
            "protocol_url": ("token", "number"),
            "verp": ("number", "recipient", "delivery", "token"),
            "message_id": ("number", "recipient", "token"),
        }
        has_key = bool(linking.token_key_file or linking.token_key_command)
        for key, allowed in known.items():
            used = re.findall(r"\{([^{}]*)\}", getattr(linking, key))
            names = ", ".join(f"{{{name}}}" for name in allowed)
            is_void = bool(getattr(linking, key)) and not used and key != "protocol_url"
            if is_void or not set(used) <= set(allowed):
                raise self._error(
                    key, "linking", _("{key} must hold one of {names}, and no other.", key=key, names=names)
                )
            if key == "verp" and used and "token" not in used and not _marks_return_paths(linking.verp):
                raise self._error(
                    key,
                    "linking",
                    _('{key} would fit any address: set something before it, as in "bounces+".', key=key),
                )
            if "token" in used and key != "protocol_url" and not has_key:
                raise self._error(
                    key, "linking", _("{key} holds a token: name the token_key_file that signs it.", key=key)
                )
        if linking.token_key_file and linking.token_key_command:
            raise self._error(
                "token_key_command", "linking", _("Name either token_key_file or token_key_command, not both.")
            )

    def _check_directory(self, directory: Directory) -> None:
        """One source, and columns that the tables have."""
        sources = [key for key in ("path", "url", "url_command") if getattr(directory, key)]
        if len(sources) > 1:
            raise self._error(
                sources[1], "directory", _("Only one of {keys} can be the directory.", keys=", ".join(sources))
            )
        for table, row in _DIRECTORY.items():
            names = [f.name for f in fields(row) if f.name != "key"]
            for column in getattr(directory.columns, table):
                if column not in names:
                    raise self._unknown(column, names, f"directory.columns.{table}")

    def _unknown(self, key: str, names: list[str], section: str) -> SettingsError:
        near = difflib.get_close_matches(key, names, n=1)
        hint = _("Did you mean {near}?", near=near[0]) if near else _("Known are: {names}.", names=", ".join(names))
        shown = key if section else f"[{key}]"
        return self._error(key, section, _("{key} is not known here.", key=shown), hint)

    def _error(self, key: str, section: str, message: str, hint: str = "") -> SettingsError:
        return SettingsError(f"{self._path}:{self._line(key, section)}: {message}", hint)

    def _line(self, key: str, section: str) -> int:
        """The line on which `key` of `section` stands; the section's own where it cannot be found."""
        inside, fallback = not section, 1
        for number, text in enumerate(self._lines, 1):
            if header := re.match(r"\s*\[+\s*\"?([\w.-]+)", text):
                inside = header[1] == section
                if header[1] == (section or key):
                    fallback = number
            elif inside and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", text):
                return number
        return fallback
