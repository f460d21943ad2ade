"""The part of a mail that may be stored: everything but the bodies of returned messages, and files.

Works on the tree that `reading` gives: pieces of the mail are replaced from its end to its beginning, the rest stays
byte for byte. A piece that was encoded is written anew as 8bit.
"""

from __future__ import annotations

import re

from triage.bounces import returned, signs
from triage.bounces.parsing import parse
from triage.bounces.reading import Mail, Part, message, read
from triage.bounces.reports import STATUS_TYPES
from triage.model import Bounce

MOST_UNREAD = 65_536
"""Octets kept of a mail that cannot be read."""

_UNREADABLE = (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)

MARKER = returned.NOT_KEPT.encode()

FILE_MARKER = b"[This attachment was not kept.]\n"
_FILES = ("application/", "image/", "audio/", "video/", "font/", "model/")

_Edit = tuple[int, int, bytes]
_RETURNED_BEGINS = re.compile(
    rb"^content-type:\s*(?:message/(?:rfc822|global|partial)|text/rfc822-headers)", re.I | re.M
)


def both(raw: bytes) -> tuple[Bounce, bytes]:
    """What `parse` and `kept` give; the mail is read once for both. Never raises."""
    try:
        mail = read(raw)
    except _UNREADABLE:
        mail = None
    return parse(raw, mail), kept(raw, mail)


def kept(raw: bytes, mail: Mail | None = None) -> bytes:
    """The mail with every returned message cut down to its headers. Never raises.

    What cannot be read is kept to `MOST_UNREAD` octets, and not beyond where a returned message begins.
    """
    try:
        mail = mail or read(raw)
        edited = _edited(mail.root)
    except _UNREADABLE:
        begins = _RETURNED_BEGINS.search(raw)
        return raw[: min(begins.start() if begins else MOST_UNREAD, MOST_UNREAD)]
    return edited.replace(b"\n", b"\r\n") if b"\r\n" in raw[:MOST_UNREAD] else edited


def _edited(root: Part) -> bytes:
    source = root.source
    for begin, end, instead in sorted(_edits(root, is_report=_is_report(root)), reverse=True):
        source = source[:begin] + instead + source[end:]
    return source


def _is_report(root: Part) -> bool:
    return signs.is_report(root) or any(part.type in STATUS_TYPES for part in root.walk())


def _edits(root: Part, *, is_report: bool) -> list[_Edit]:
    edits: list[_Edit] = []
    waiting = [root]
    reports_itself = any(part.type in STATUS_TYPES for part in root.parts)
    while waiting:
        part = waiting.pop()
        if part.source is not root.source:
            continue  # inside what was encoded: it goes with that, or stays with it
        if part.type in returned.TYPES and part is not root:
            if not reports_itself and part.parts and not part.is_encoded and signs.is_certain(part.parts[0]):
                waiting.append(part.parts[0])  # a bounce that somebody passed on: its own returned message goes
            else:
                edits += _head_only(part)
        elif part.parts:
            waiting.extend(part.parts)
            edits += _nothing_behind(part)
        elif not is_report:
            edits += [(part.begin, part.end, FILE_MARKER)] if _is_file(part) else []
        elif part.type in STATUS_TYPES or "notification" in part.type or "feedback-report" in part.type:
            continue
        elif part.type.startswith(("text/", "multipart/")):
            edits += _without_inline_message(part)
        else:
            edits.append((part.begin, part.end, MARKER))
    return edits


def _is_file(part: Part) -> bool:
    """What no person reads as text: nothing is found in it, and nobody can tell what it says of ours."""
    return part.type.startswith(_FILES) and returned.returned_part([part]) is None


def _head_only(part: Part) -> list[_Edit]:
    """The header fields of a returned message; those of the part itself say so no more if it was encoded."""
    if not part.is_encoded:
        inner = part.parts[0] if part.parts else returned.head_of(part)
        begin = part.begin + (inner.begin if inner.source is not part.source else inner.begin - part.begin)
        return [(begin, part.end, _marked(part.source[part.begin : begin]))]
    content = part.parts[0].source if part.parts else part.content
    head = message(content)
    return [*_as_8bit(part, part.type), (part.begin, part.end, content[: head.begin] + _marked(content[: head.begin]))]


def _marked(head: bytes) -> bytes:
    return MARKER if head.endswith(b"\n\n") or not head else b"\n" + MARKER


def _without_inline_message(part: Part) -> list[_Edit]:
    text = part.text[:MOST_UNREAD]
    cut = returned.cut(text)
    if not cut.message.strip() or cut.message.rstrip().endswith(returned.NOT_KEPT.strip()):
        return []
    announced = text[len(cut.prose) : len(text) - len(cut.message)]
    kept_text = f"{cut.prose}{announced}".encode() + _inline_kept(cut.message)
    body = (part.begin, part.end, kept_text)
    if part.type == "text/plain" and not part.is_encoded and kept_text.isascii():
        return [body]
    return [*_as_8bit(part, "text/plain; charset=utf-8"), body]


def _inline_kept(message: str) -> bytes:
    """The headers of a message inside a text; of a bounce inside a text, what is kept of a bounce."""
    head = returned.from_text(message)
    if signs.is_certain(head):
        return _edited(head)
    return head.source[: head.begin].rstrip(b"\n") + b"\n\n" + MARKER if head.fields else b"\n" + MARKER


def _as_8bit(part: Part, content_type: str) -> list[_Edit]:
    """The head of a part whose body is no longer encoded."""
    fields = [field for field in part.fields if field[0] not in ("content-type", "content-transfer-encoding")]
    head = b"".join(f"{name}: {value}\n".encode("latin-1", "replace") for name, value in fields)
    head += f"content-type: {content_type}\ncontent-transfer-encoding: 8bit\n\n".encode("utf-8", "replace")
    return [(part.start, part.begin, head)]


def _nothing_behind(part: Part) -> list[_Edit]:
    """What follows the last part of a multipart, its closing delimiter apart."""
    last = part.parts[-1]
    if last.source is not part.source or not part.type.startswith("multipart/"):
        return []
    line_end = part.source.find(b"\n", min(last.end + 1, part.end), part.end)
    return [(line_end + 1, part.end, b"")] if line_end >= 0 else []
