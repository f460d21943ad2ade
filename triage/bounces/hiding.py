"""A mail with something in it written otherwise, wherever and however it is encoded: header fields, bodies, all texts.

What was encoded and changes is written anew as 8bit; the rest stays as it is. It changes nothing that `parse` finds, as
long as what is written instead is no address and no line end.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from triage.bounces.decoding import decoded_text, decoded_words
from triage.bounces.heads import readable
from triage.bounces.reading import MOST_CONTENT, Part, read

Change = Callable[[str], str]
"""Returns its argument itself where nothing is to be changed. Octets beyond ASCII may come as Latin-1."""

_Edit = tuple[int, int, bytes]
_DEEPEST = 5
"""Messages inside encoded messages."""
_MAY_HIDE = (b"base64", b"quoted-printable", b"=?", b"utf-16", b"utf-32", b"utf-7")
_FOLDED_WORDS = re.compile(r"\?=[ \t]*\n[ \t]+=\?")
_WIDE = ("utf-16", "utf-32", "utf-7", "utf16", "utf32", "utf7")


def changed(mail: bytes, change: Change, depth: int = 0) -> bytes:
    """The mail with every text as `change` gives it, each asked once. Never raises."""
    lower = mail.lower()
    if any(sign in lower for sign in _MAY_HIDE):
        try:
            return _edited(mail, change, depth)
        except (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError):
            pass  # what stands in the clear can be changed nevertheless
    return _in_clear(mail, change)


def _in_clear(octets: bytes, change: Change) -> bytes:
    text = octets.decode("latin-1")
    after = change(text)
    return octets if after is text else after.encode("latin-1", "replace")


def _edited(mail: bytes, change: Change, depth: int) -> bytes:
    root = read(mail).root
    edits = [edit for part in root.walk() if part.source is root.source for edit in _edits(part, change, depth)]
    if not edits:
        return _in_clear(mail, change)
    source, position = root.source, 0
    pieces: list[bytes] = []
    for begin, end, instead in sorted(edits):
        pieces += (_in_clear(source[position:begin], change), instead)
        position = end
    after = b"".join([*pieces, _in_clear(source[position:], change)])
    return after.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if b"\r\n" in mail else after


def _edits(part: Part, change: Change, depth: int) -> list[_Edit]:
    body = _body(part, change, depth)
    fields = {
        at: after for at, (_name, value) in enumerate(part.fields) if (after := _field(value, change)) is not None
    }
    edits = [(part.begin, part.end, body)] if body is not None else []
    if body is None and (part.is_encoded or _is_wide(part)) and part.end - part.begin > MOST_CONTENT:
        edits = [(part.begin + MOST_CONTENT, part.end, b"")]  # the end was not decoded: nobody knows what it says
    if fields or body is not None:
        edits.append((part.start, part.begin, _head(part, fields, change, is_decoded=body is not None)))
    return edits


def _field(value: str, change: Change) -> str | None:
    """A header field's new value; None where it stays. What stands there in the clear is changed with the rest."""
    if "=?" not in value:
        return None
    text = readable(value)
    after = change(text)
    return None if after is text else after


def _body(part: Part, change: Change, depth: int) -> bytes | None:
    """A body without its encoding, changed; None where it stays."""
    is_wide = _is_wide(part)
    if not part.is_encoded and (part.parts or not is_wide):
        return None if part.parts else _words(part, change)
    content = part.content
    if is_wide:
        text = decoded_text(content, part.parameters.get("charset", ""))
        after = change(text)
        return None if after is text else after.encode("utf-8", "replace")
    inner = changed(content, change, depth + 1) if depth < _DEEPEST else b""
    return None if inner == content else inner


def _is_wide(part: Part) -> bool:
    return part.parameters.get("charset", "").lower().startswith(_WIDE)


def _words(part: Part, change: Change) -> bytes | None:
    """A body with its encoded words decoded, where they say what changes: fields of reports and of returned mails."""
    if part.source.find(b"=?", part.begin, part.end) < 0:
        return None
    text = _FOLDED_WORDS.sub("?= =?", decoded_text(part.body, part.parameters.get("charset", "")))
    lines = (" ".join(decoded_words(line).splitlines()) if "=?" in line else line for line in text.split("\n"))
    told = "\n".join(lines)
    after = change(told)
    return None if after is told else after.encode("utf-8", "replace")


def _head(part: Part, fields: dict[int, str], change: Change, *, is_decoded: bool) -> bytes:
    lines: list[bytes] = []
    for at, (name, value) in enumerate(part.fields):
        if is_decoded and name == "content-transfer-encoding":
            continue
        octets = fields[at].encode("utf-8", "replace") if at in fields else change(value).encode("latin-1", "replace")
        if is_decoded and name == "content-type":
            octets = _declared(octets)
        lines.append(name.encode("latin-1", "replace") + b": " + octets + b"\n")
    if is_decoded:
        lines.append(b"content-transfer-encoding: 8bit\n")
    return b"".join([*lines, b"\n"])


def _declared(value: bytes) -> bytes:
    """A Content-Type whose charset was wide: it is UTF-8 now."""
    lower = value.lower()
    return value if not any(name.encode() in lower for name in _WIDE) else value.partition(b";")[0] + b"; charset=utf-8"
