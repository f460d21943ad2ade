"""The filter line: words, and `field:value` terms; `!` before a term turns it round."""

from __future__ import annotations

import difflib
import re
import shlex

from triage import lang
from triage.errors import TriageError
from triage.lang import LANGUAGES, _
from triage.model import Kind, Term

FIELDS = ("kind", "domain", "notices", "author", "age", "protocol", "is")
GERMAN = {
    "art": "kind",
    "hinweise": "notices",
    "autor": "author",
    "alter": "age",
    "protokoll": "protocol",
    "ist": "is",
}
STATES = ("taken", "held", "letter", "noted")

_AGE = re.compile(r"[<>]\d{1,5}d")


class FilterError(TriageError):
    """A filter that nobody understands; a live filter line shows it and keeps the list as it was."""


def parse_filter(written: str) -> list[Term]:
    """The terms of a filter, all of which must fit. Raises FilterError."""
    try:
        words = shlex.split(written)
    except ValueError:
        words = written.split()  # a quotation mark that is not closed yet
    return [_term(word) for word in words]


def _term(word: str) -> Term:
    negated = len(word) > 1 and word.startswith("!")
    body = word[1:] if negated else word
    field, colon, value = body.partition(":")
    if not colon or "@" in field:
        return Term("", body, negated)
    field = GERMAN.get(field, field)
    if field not in FIELDS:
        near = difflib.get_close_matches(field, FIELDS, n=1)
        raise FilterError(
            _("There is no filter {field}:", field=field),
            _("Did you mean {near}?", near=near[0] + ":") if near else _("Known are: {names}.", names=" ".join(FIELDS)),
        )
    return Term(field, _value(field, value), negated)


def _value(field: str, value: str) -> str:
    match field:
        case "kind":
            return _kind(value)
        case "notices" if not (value.isdecimal() and value.isascii()):
            raise FilterError(_("notices: wants a number from 0 to 3."))
        case "age" if not _AGE.fullmatch(value):
            raise FilterError(_("age: wants days, as in age:>30d or age:<7d."))
        case "is" if value not in STATES:
            raise FilterError(_("is: wants one of: {names}.", names=", ".join(STATES)))
    return value


def _kind(value: str) -> str:
    """A kind by its value or its label in either language."""
    wanted = value.lower()
    for kind in Kind:
        if wanted in (kind.value, *(lang.label(kind, into=language).lower() for language in LANGUAGES)):
            return kind.value
    labels = [lang.label(kind) for kind in Kind]
    near = difflib.get_close_matches(wanted, labels, n=1)
    raise FilterError(
        _("There is no kind {value}.", value=value),
        _("Did you mean {near}?", near=near[0]) if near else _("Known are: {names}.", names=" ".join(labels)),
    )
