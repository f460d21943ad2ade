"""Text of mail and directory on its way to eyes: cleaned, and as Text, so that it is never markup."""

from __future__ import annotations

from datetime import datetime

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from triage import lang, text
from triage.lang import _
from triage.model import NOTICES_EVER

Style = str


def line(raw: str, style: Style = "", cap: int = 500) -> Text:
    """One line of foreign text."""
    return Text(text.line(raw, cap), style, end="")


def address(raw: str, style: Style = "") -> Text:
    """An address; what cannot be seen in it is spelled out."""
    return Text(text.address(raw), style, end="")


def block(raw: str, style: Style = "") -> Text:
    """Lines of foreign text."""
    return Text(text.block(raw), style, end="")


def source(raw: str, style: Style = "") -> Text:
    """Where a mail lies or a letter goes; of a long path its end."""
    parts = raw.rstrip("/").split("/")
    return line(raw if len(raw) <= 40 or len(parts) < 4 else "/".join(["…", *parts[-2:]]), style)


def dots(notices: int) -> str:
    """The rule of three, without colour: `●○○`."""
    sent = max(0, min(notices, NOTICES_EVER))
    return "●" * sent + "○" * (NOTICES_EVER - sent)


def fit(shown: str, width: int) -> str:
    """`shown` in exactly `width` cells, cut at its end if it is too long."""
    if cell_len(shown) <= width:
        return set_cell_size(shown, width)
    return set_cell_size(set_cell_size(shown, max(0, width - 1)).rstrip() + "…", width)


def fit_address(shown: str, width: int) -> str:
    """An address in exactly `width` cells. The local part gives way first: the domain tells neighbours apart."""
    local, at, domain = shown.rpartition("@")
    room = width - cell_len(domain) - 2
    if cell_len(shown) <= width or not at or room < 4:
        return fit(shown, width)
    return set_cell_size(set_cell_size(local, room).rstrip() + "…@" + domain, width)


def short_name(name: str) -> str:
    """`Karin Roth` as `K. Roth`; what is no such name stays."""
    first, _space, rest = name.partition(" ")
    return f"{first[0]}. {rest.split()[-1]}" if first[:1].isalpha() and rest.split() else name


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago, as the top line says it."""
    if moment is None:
        return _("never synced")
    minutes = max(0, int((now - moment).total_seconds()) // 60)
    if minutes < 1:
        return _("synced just now")
    if minutes < 120:
        return _("synced {n} min ago", n=minutes)
    if minutes < 48 * 60:
        return _("synced {n} h ago", n=minutes // 60)
    return _("synced {day}", day=lang.day(moment))
