"""What the interface says, in German or English.

English text is the key: `_("{n} letters", n=3)`. data/lang/de/*.toml holds the German; a test holds them complete.
Enum members have their words in data/words.toml: `label(Kind.WRONG_MAILBOX)` is "mailbox" or "Postfach".
"""

from __future__ import annotations

import os
import re
import tomllib
from datetime import date, datetime
from enum import Enum
from functools import cache

from triage import resources

LANGUAGES = ("de", "en")
_language = "en"


def use(language: str) -> None:
    """Speak `language` from now on; anything but German is English."""
    global _language
    _language = "de" if language.lower().startswith("de") else "en"


def current() -> str:
    return _language


def from_environment() -> str:
    """The language the terminal asks for; German, the language of the house, where it asks for none."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        wanted = os.environ.get(name, "")
        if wanted and not wanted.startswith(("C", "POSIX")):
            return "de" if wanted.lower().startswith("de") else "en"
    return "de"


def _(text: str, /, *, into: str = "", **values: object) -> str:
    """`text` in the current language (or `into`), its {fields} filled in. Values are never parsed.

    "one letter|{n} letters" is a text with a singular and a plural, chosen by `n`.
    """
    if (into or _language) == "de":
        text = _german().get(text, text)
    if "n" in values and "|" in text:
        one, _bar, many = text.partition("|")
        text = one if values["n"] == 1 else many
    return text.format(**values) if values else text


def label(member: Enum, form: str = "", into: str = "") -> str:
    """The word for an enum member: its label, or another `form` ("sentence", "advice") where words.toml has it."""
    table = _words().get(type(member).__name__.lower(), {}).get(str(member.value), {})
    key = f"{into or _language}_{form}" if form else into or _language
    return table.get(key, "" if form else str(member.value))


def cause(rule: str, form: str = "sentence", into: str = "") -> str:
    """What a parser's rule means, for laymen: its "sentence", or its "advice"; "" for a rule without words."""
    key = _NO_WORD.sub("_", rule.lower()).strip("_")
    return _words().get("cause", {}).get(key, {}).get(f"{into or _language}_{form}", "")


_NO_WORD = re.compile(r"[^a-z0-9]+")
_WEEKDAYS = {
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "en": ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"),
}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day(moment: date | datetime | None) -> str:
    """A local calendar day, sortable: `2026-11-23`; "–" for none."""
    if moment is None:
        return "–"
    return (moment.astimezone() if isinstance(moment, datetime) else moment).strftime("%Y-%m-%d")


def letter_day(moment: date | datetime, into: str) -> str:
    """A day as a letter writes it: `23.11.2026` or `23 November 2026`."""
    if isinstance(moment, datetime):
        moment = moment.astimezone()
    if into == "de":
        return moment.strftime("%d.%m.%Y")
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def when(moment: datetime | None, now: datetime) -> str:
    """A moment as a list shows it, eight cells: `Mo 07:55` within the week, else the date, `14.09.26` or `26-09-14`."""
    if moment is None:
        return "–"
    moment, now = moment.astimezone(), now.astimezone()
    if 0 <= (now.date() - moment.date()).days < 7:
        return f"{_WEEKDAYS[_language][moment.weekday()]} {moment:%H:%M}"
    return moment.strftime("%d.%m.%y" if _language == "de" else "%y-%m-%d")


@cache
def _german() -> dict[str, str]:
    table: dict[str, str] = {}
    for path in sorted(resources.data("lang", "de").glob("*.toml")):
        table.update(tomllib.loads(path.read_text("utf-8")))
    return table


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(resources.data("words.toml").read_text("utf-8"))
