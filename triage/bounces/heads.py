"""Header fields out of bytes, and what a Content-Type declares."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from triage.bounces.decoding import decoded_text, decoded_words

MOST_HEADER_BYTES = 100_000
MOST_FIELDS = 1_000
MOST_REPAIRS = 50
"""Lines of one head that are taken for the rest of a field though they bear no indent."""
LONGEST_VALUE = 20_000

_A_FIELD = r"([!-9;-~]{1,200}+)[ \t]*+:[ \t]*([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)"
_FIELDS = re.compile(_A_FIELD + r"|[^\n]+(?:\n|\Z)")
"""A field, or an odd line, which finds two empty groups."""
_FIELD = re.compile(_A_FIELD.encode())
_FROM_LINE = re.compile(rb"(?:>?From [^\n]*+\n){1,5}")
_PARAMETER = re.compile(r";\s*([^\s=;\"]+)\s*=\s*(?:\"([^\"\\]*+(?:\\.[^\"\\]*+)*+)\"?|([^;]*+))")
_ESCAPED = re.compile(r"\\(.)")
_FOLD = re.compile(r"\s*\n\s*")
_KNOWN_FIELD = re.compile(
    rb"\n(?:received|return-path|from|to|cc|subject|date|message-id|mime-version|content-type|content-transfer-encoding"
    rb"|auto-submitted|references|in-reply-to|delivered-to|x-received|received-spf|authentication-results):",
    re.I,
)


@dataclass(slots=True)
class Head:
    """Header fields (lower-case name; value, an octet a character), and what of them says how to read the body."""

    fields: tuple[tuple[str, str], ...]
    first: dict[str, str]
    """The first value of each name."""
    type: str
    """The content type, or "" where none is declared."""
    parameters: dict[str, str]
    encoding: str


EMPTY = Head((), {}, "", {}, "")


def _head(fields: list[tuple[str, str]]) -> Head:
    first = dict(fields[::-1])
    declared, encoding = first.get("content-type"), first.get("content-transfer-encoding")
    content_type, parameters = declared_type(declared[:4_000]) if declared else ("", {})
    return Head(tuple(fields), first, content_type, parameters, _encoding(encoding[:40]) if encoding else "")


@lru_cache(maxsize=64)
def _encoding(declared: str) -> str:
    return declared.partition(";")[0].strip().lower()


def head_of(source: bytes, start: int, end: int, faults: list[str]) -> tuple[Head, int]:
    """The head of a part and where its body begins: after an empty line, or at a line that is no field."""
    position = start
    if source[start : start + 1] in b"F>\n":
        envelope = _FROM_LINE.match(source, start, end)
        position = envelope.end() if envelope else start
        if source.startswith(b"\n", position, end):
            return EMPTY, position + 1
    empty_line = source.find(b"\n\n", position, min(end, position + MOST_HEADER_BYTES))
    stop = empty_line + 1 if empty_line >= 0 else end
    size = stop - position
    if empty_line >= 0 or 0 < size < _SHORT_ENOUGH:
        head = _short(source[position:stop]) if size < _SHORT else _usual(source[position:stop])
        if head:
            if size > MOST_FIELDS and len(head.fields) >= MOST_FIELDS:
                faults.append("long header")
            return head, stop + 1 if stop < end else end
    fields, begin = _odd_head(source, position, end, faults)
    return _head(fields), begin


def _usual(octets: bytes) -> Head | None:
    """A head of which each line begins a field or goes on with one; None where it is an odd one."""
    head = octets.decode("latin-1")
    fields = [(name.lower(), value) for name, value in _FIELDS.findall(head)]
    if len(head) > LONGEST_VALUE:
        if ("", "") in fields:
            return None
        fields = [(name, value[:LONGEST_VALUE]) for name, value in fields[:MOST_FIELDS]]
    found = _head(fields)
    return None if "" in found.first else found


_SHORT_ENOUGH = 2_000
"""Octets. So short a head need not end with an empty line."""
_SHORT = 200
"""Octets. Shorter heads are those of parts, and the same in mail after mail."""
_short = lru_cache(maxsize=1_024)(_usual)


def _odd_head(source: bytes, position: int, end: int, faults: list[str]) -> tuple[list[tuple[str, str]], int]:
    """The same for a head that is too long, has no end, or lines broken without an indent."""
    fields: list[tuple[str, str]] = []
    limit, repairs = min(end, position + MOST_HEADER_BYTES), MOST_REPAIRS
    while found := _FIELD.match(source, position, end):
        if position >= limit or len(fields) >= MOST_FIELDS:
            faults.append("long header")
            cut = source.find(b"\n\n", position, end)
            return fields, end if cut < 0 else cut + 2
        value = found[2][:LONGEST_VALUE]
        position = found.end()
        while repairs and (after := _broken_line(source, position, end, value)):
            value = (value + b" " + source[position : after - 1])[:LONGEST_VALUE]
            position = after
            repairs -= 1
        fields.append((found[1].decode("latin-1").lower(), value.decode("latin-1")))
    if source[position : position + 1] == b"\n" and position < end:
        position += 1
    return fields, min(position, end)


def _broken_line(source: bytes, position: int, end: int, value: bytes) -> int:
    """Where to go on behind header lines that were broken without an indent, or 0 where the head ends here."""
    if position >= end or source[position] == 10 or _FIELD.match(source, position, end):
        return 0
    head_end = source.find(b"\n\n", position, min(end, position + LONGEST_VALUE))
    if head_end < 0:
        return 0
    if value.rstrip().endswith(b";"):
        return source.find(b"\n", position, head_end + 1) + 1
    known = _KNOWN_FIELD.search(source, position, head_end)
    return known.start() + 1 if known else 0


def readable(value: str) -> str:
    """A field's value as one line of str: unfolded, encoded words decoded."""
    if value.isascii() and "\n" not in value and "=?" not in value:
        return value.strip()
    if not value.isascii():
        value = decoded_text(value.encode("latin-1", "replace"), "")
    if "\n" in value:
        value = " ".join(filter(None, map(str.strip, value.split("\n"))))
    return (decoded_words(value) if "=?" in value else value).strip()


@lru_cache(maxsize=512)
def declared_type(declared: str) -> tuple[str, dict[str, str]]:
    """Type ("" where it is none) and parameters of a Content-Type; what RFC 2231 parts is put together."""
    parameters: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(declared):
        text = quoted or bare.strip()
        if "\\" in quoted:
            text = _ESCAPED.sub(r"\1", quoted)
        elif "\n" in bare:
            text = _FOLD.sub(" ", bare).strip()
        name, star, number = name.lower().partition("*")
        if star and not number.rstrip("*").isdigit():
            text = text.rpartition("'")[2]
        if star and number[:1].isdigit() and number[:1] != "0":
            parameters[name] = parameters.get(name, "") + text
        else:
            parameters.setdefault(name, text)
    value = declared.partition(";")[0].strip().lower()
    return value if value.count("/") == 1 and " " not in value else "", parameters
