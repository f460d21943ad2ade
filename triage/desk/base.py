"""The desk itself: settings and store, opened together, and what its acts share."""

from __future__ import annotations

import getpass
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from triage import clock, config, login
from triage.config import Settings
from triage.errors import StoreError
from triage.lang import _
from triage.linking import Patterns, our_own
from triage.model import Limits, Refused
from triage.store import Store, clear, letterbook
from triage.tokens import Hider


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An address that an act passed over, and why, in words for eyes."""

    case: int
    address: str
    why: str
    refused: Refused | None = None


class Desk:
    """What every act works on. One desk serves many threads; each has its own connection to the store."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.store = store

    @property
    def limits(self) -> Limits:
        return self.settings.notices

    @cached_property
    def patterns(self) -> Patterns:
        """How our own mails are known again. Raises SettingsError for a key that cannot be had."""
        linking = self.settings.linking
        return Patterns.from_settings(self.settings.sender, linking, login.token_keys(self.settings))

    @cached_property
    def hide(self) -> Hider:
        """Hides the tokens of links before anything is stored. Raises StoreError where the store's key is missing."""
        return Hider(letterbook.secret(self.store), self.settings.linking.protocol_url)

    def is_ours(self, key: str) -> bool:
        """One of our own addresses: never a failure, never written to."""
        return key in self._own or our_own(key, self.patterns)

    @cached_property
    def _own(self) -> frozenset[str]:
        from triage import address

        written = (self.settings.sender.letters_from, self.settings.mailbox.user, self.settings.post.user)
        return frozenset(address.parse(w).key for w in written if "@" in w)

    @property
    def letters_from(self) -> str:
        """From of our letters."""
        sender = self.settings.sender
        named = (sender.letters_from, self.settings.mailbox.user, *sender.addresses)
        return next((written for written in named if "@" in written), "")

    @property
    def domain(self) -> str:
        """The domain in our letters' Message-IDs."""
        return self.letters_from.rpartition("@")[2] or "triage.invalid"

    @property
    def mailbox_name(self) -> str:
        """The mailbox for eyes, without opening it."""
        mailbox = self.settings.mailbox
        if mailbox.path:
            return mailbox.path
        return mailbox.user if "@" in mailbox.user else f"{mailbox.user}@{mailbox.host}"

    def template_folders(self) -> tuple[Path, ...]:
        """Where letters' templates are looked for, the user's own first."""
        from triage import resources

        own = (self.settings.file.parent if self.settings.file else config.config_folder()) / "templates"
        return (own, resources.templates())

    def close(self) -> None:
        self.store.close()

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def open_desk(settings: Settings, store: Path | None = None) -> Desk:
    """Open the desk on its store (the usual one if none is named). Raises StoreError."""
    who = settings.staff.name or _login_name()
    desk = Desk(settings, Store(store or config.default_store(), who, settings.notices))
    _hide_what_was_kept(desk)
    return desk


def _hide_what_was_kept(desk: Desk) -> None:
    """The tokens in mails that a version before kept in the clear, once it is known how a link of ours is written."""
    if "{token}" not in desk.settings.linking.protocol_url or not clear.is_left(desk.store):
        return
    from triage.bounces.hiding import changed

    with suppress(StoreError):  # the key is missing: what needs it says so, and the next opening does this
        hide = desk.hide
        clear.hide(desk.store, lambda mail: changed(mail, hide), hide)


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return _("somebody")


def now() -> datetime:
    """The desk's present: that of the clock, which `--now` may have fixed."""
    return clock.now()


def fix_clock(written: str) -> None:
    """Let the desk's time stand still at a moment written by a person. Raises ValueError."""
    clock.fix(clock.parse(written))


def moment(written: str) -> datetime:
    """A day or time as a person writes it: ISO, `24.12.2026`, or `7` for in seven days. Raises ValueError."""
    written = written.strip()
    if written.isdecimal() and len(written) <= 3:
        return clock.parse((clock.now() + timedelta(days=int(written))).date().isoformat())
    if german := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", written):
        return clock.parse(f"{german[3]}-{int(german[2]):02}-{int(german[1]):02}")
    return clock.parse(written)
