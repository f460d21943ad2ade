"""Text from mail, cleaned where it leaves for eyes: terminal, letter, report, log.

Stored text stays as it came. Cleaned text holds no control, invisible, direction or private-use character, so it can
neither command a terminal nor hide or turn what a person reads; that it is no markup is the reader's part (Content, not
markup).
"""

from __future__ import annotations

import re
import unicodedata

CAP = 2_000
"""Characters of one line; more is cut and shown as cut."""

_SUSPECT = re.compile("[^\x20-\x7e\xa1-\xac\xae-\u02ff]")
"""All but printable ASCII and the Latin letters: the common case is passed over by the regex engine."""
_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0\u034f\u17b4\u17b5")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MOST_MARKS = 3


def _is_hidden(character: str) -> bool:
    """No glyph, or one that changes its neighbours: controls, format and direction marks, tags, fillers, variants."""
    return (
        unicodedata.category(character) in _HIDDEN
        or character in _INVISIBLE_LETTERS
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def _shown(character: str) -> str:
    if character in "\t\n\r":
        return " "
    if character < "\x20":
        return chr(0x2400 + ord(character))
    if character == "\x7f":
        return "\u2421"
    if _is_hidden(character):
        return "\ufffd"
    return " " if unicodedata.category(character) == "Zs" else character


def line(raw: str, cap: int = CAP) -> str:
    """`raw` as one line that is safe to show, at most `cap` characters."""
    cut = raw[: cap + 1]
    if not (cut.isascii() and cut.isprintable()):
        cut = _few_marks(_SUSPECT.sub(lambda found: _shown(found[0]), cut))
    return cut if len(cut) <= cap else cut[: cap - 1] + "…"


def block(raw: str, cap: int = 50_000) -> str:
    """`raw` as lines that are safe to show; line ends become `\\n`, nothing else survives that `line` would not let."""
    cut = raw[:cap]
    lines = [line(part) for part in cut.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return "\n".join(lines) + ("…" if len(raw) > cap else "")


def address(raw: str, cap: int = 320) -> str:
    """An address for eyes: like `line`, but what cannot be seen is spelled out, for it may be the very mistake."""
    cut = raw[: cap + 1]
    if not (cut.isascii() and cut.isprintable()):
        cut = "".join(f"⟨U+{ord(c):04X}⟩" if c != " " and (_is_hidden(c) or c.isspace()) else c for c in cut)
        cut = _few_marks(cut)
    return cut if len(cut) <= cap else cut[: cap - 1] + "…"


def cell(raw: str) -> str:
    """One line for a cell of CSV or XLSX: never a formula."""
    shown = line(raw).strip()
    return "'" + shown if shown[:1] in ("=", "+", "-", "@") else shown


_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~&:])")


def markdown(raw: str) -> str:
    """One line for Markdown: no link, image, HTML or table bar of its own."""
    return _MARKDOWN.sub(r"\\\1", line(raw))


def valid(raw: str) -> str:
    """A str without surrogates: what may be stored and handed on."""
    return raw if raw.isascii() else raw.encode("utf-8", "replace").decode("utf-8")


def _few_marks(cleaned: str) -> str:
    """At most three combining marks in a row: more climb over the neighbouring lines."""
    if cleaned.isascii():
        return cleaned
    kept: list[str] = []
    marks = 0
    for character in cleaned:
        marks = marks + 1 if unicodedata.combining(character) or unicodedata.category(character) == "Me" else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)
