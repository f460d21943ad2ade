"""A request and a template become a letter.

A template is plain text in Jinja2: its first line is "Subject: …", then a blank line, then the body, each paragraph on
one line; long lines are wrapped here. What it is given is cleaned text only, and is never itself rendered.
"""

from __future__ import annotations

import re
import textwrap
import traceback
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from triage import text
from triage.errors import SettingsError
from triage.lang import _
from triage.letters.request import Draft, Request
from triage.letters.words import words

if TYPE_CHECKING:
    from jinja2 import Environment

LONGEST = 20_000
"""Characters of a letter."""
_WIDTH = 76
_LONGEST_SUBJECT = 250
_SUBJECT = "Subject:"
_BLANK_LINES = re.compile(r"\n{3,}")


def compose(request: Request, templates: Sequence[Path], language: str) -> Draft:
    """The letter that `request` asks for, in German or English.

    `templates` are folders in order of precedence, each with de/ and en/. Raises SettingsError, with file and line, for
    a template that cannot be used.
    """
    language = "de" if language.lower().startswith("de") else "en"
    name = f"{language}/{request.purpose.value}.txt"
    file, rendered = _rendered(name, tuple(templates), words(request, language))
    first, _newline, rest = rendered.lstrip("\ufeff\n ").partition("\n")
    subject = text.line(" ".join(first.removeprefix(_SUBJECT).split()), _LONGEST_SUBJECT)
    body = _laid_out(rest)
    if not first.startswith(_SUBJECT) or not subject:
        raise SettingsError(
            _("{file}:1: the first line must be the subject.", file=file),
            _('Begin with "Subject: …", then a blank line.'),
        )
    if not body.strip():
        raise SettingsError(_("{file}: there is no text below the subject.", file=file))
    if request.reference not in body:
        raise SettingsError(
            _("{file}: the letter does not show its reference.", file=file),
            _("Write {field} where it should stand: an answer is found by it.", field="{{ reference }}"),
        )
    return Draft(subject, body, language, file)


def _rendered(name: str, folders: tuple[Path, ...], values: dict[str, object]) -> tuple[str, str]:
    """(file, text). Whatever goes wrong in a template is the settings' fault."""
    import jinja2

    file = next((str(folder / name) for folder in folders if (folder / name).is_file()), name)
    try:
        return file, _bounded(_environment(folders).get_template(name).generate(values), file)
    except SettingsError:
        raise
    except jinja2.TemplateNotFound as error:
        searched = ", ".join(str(folder) for folder in folders)
        raise SettingsError(
            _("There is no template {name}.", name=error.name or name), _("Searched in: {folders}.", folders=searched)
        ) from None
    except jinja2.TemplateSyntaxError as error:
        raise _broken(error.filename or file, error.lineno, error) from None
    except Exception as error:  # a template may raise anything: it is a program
        raise _broken(file, _line_of(error, file), error) from None


def _bounded(pieces: Iterable[str], file: str) -> str:
    """A sandbox does not stop a template from growing; this does."""
    rendered = ""
    for piece in pieces:
        rendered += piece
        if len(rendered) > LONGEST:
            raise SettingsError(_("{file}: the letter is longer than {most} characters.", file=file, most=LONGEST))
    return rendered


def _broken(file: str, line: int, error: Exception) -> SettingsError:
    return SettingsError(
        f"{file}:{line}: {text.line(str(error) or type(error).__name__, 300)}",
        _("Mend this template, or remove it: then the built-in one is used."),
    )


def _line_of(error: Exception, file: str) -> int:
    """The template's line on which it failed: Jinja2 puts it into the traceback."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return (lines[-1] if lines else None) or 1


@lru_cache(maxsize=4)
def _environment(folders: tuple[Path, ...]) -> Environment:
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(folders),
        undefined=StrictUndefined,
        autoescape=False,  # plain text
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _laid_out(body: str) -> str:
    """Lines of at most 76 characters where words allow, hanging below their indent; no two blank lines together."""
    lines = [_wrapped(line.rstrip()) for line in body.strip("\n").split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n") + "\n"


def _wrapped(line: str) -> str:
    if len(line) <= _WIDTH:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(
        line.strip(),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  " if indent else "",
        break_long_words=False,
        break_on_hyphens=False,
    )
