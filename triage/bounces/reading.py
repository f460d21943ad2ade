"""Raw bytes -> a bounded tree of parts. Nothing here raises on what a stranger wrote.

Own splitting by bytes instead of the `email` package: no recursion, no surprise types, a tenth of the time. MIME as of
RFC 2045, 2046 and 2231. On mail that is well formed it finds what `email` (compat32) finds, to the byte: types, header
fields, payloads, texts; tests/bounces/test_bounces_equal.py holds that. It differs on purpose where

- lines end in CRLF: all is read with `\\n`, encoded texts included;
- a header line is broken without an indent, bears blanks before its colon, or is too long: the head goes on;
- a boundary is missing or never comes: it is guessed; parts behind the closing delimiter are read too, and where that
  delimiter is missing, the last part keeps its last line end;
- a returned message is encoded (RFC 2046 forbids it, MTAs do it): it is decoded before it is read;
- `message/delivery-status` is one leaf, as are other messages that are none of `ENCLOSING`; uuencoded bodies stay;
- a text is UTF-8 though it claims another charset, or claims one that does not exist: it is read as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from triage.bounces.decoding import decoded_body, decoded_text, links, without_tags
from triage.bounces.heads import Head, head_of, readable

ENCLOSING = frozenset({"message/rfc822", "message/global", "message/news"})
"""Types of parts that are messages of their own."""

MOST_BYTES = 10_000_000
MOST_PARTS = 100
DEEPEST = 20
MOST_DELIMITERS = 10_000
"""Lines of one multipart that begin as a delimiter does."""
MOST_CONTENT = 2_000_000
"""Octets of one encoded part that are decoded."""
MOST_TEXT = 200_000
"""Characters of one part that are read as text."""

_EMPTY_LINES = re.compile(rb"\A(?:[ \t]{0,1000}\n){1,100}")
_GUESSED = re.compile(rb"(?:^|\n)--([^\s-][^\n]{5,100}?)[ \t]*\n(?=content-[a-z-]+:)", re.I)
_ENCODINGS = frozenset({"base64", "quoted-printable", "x-uuencode", "uuencode"})


@dataclass(slots=True)
class Part:
    """One part: its head, and its body, `begin`:`end` of `source`."""

    source: bytes
    start: int
    begin: int
    end: int
    head: Head
    type: str
    parts: list[Part] = field(default_factory=list)
    _text: str | None = None

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        return self.head.fields

    @property
    def parameters(self) -> dict[str, str]:
        return self.head.parameters

    @property
    def encoding(self) -> str:
        return self.head.encoding

    def raw(self, name: str) -> bytes:
        """The first field of that (lower-case) name, or b""."""
        return self.head.first.get(name, "").encode("latin-1")

    def header(self, name: str) -> str:
        """The first field of that name, unfolded and decoded, or ""."""
        value = self.head.first.get(name)
        return readable(value) if value else ""

    def headers(self, name: str) -> list[str]:
        head = self.head
        if name not in head.first:
            return []
        if len(head.first) == len(head.fields):
            return [readable(head.first[name])]
        return [readable(value) for known, value in head.fields if known == name]

    @property
    def is_encoded(self) -> bool:
        return self.encoding in _ENCODINGS

    @property
    def body(self) -> bytes:
        """The body as it stands in the mail."""
        return self.source[self.begin : self.end]

    @property
    def content(self) -> bytes:
        """The body with its transfer encoding undone, if it has one only the first `MOST_CONTENT` octets of it."""
        octets = self.source[self.begin : min(self.end, self.begin + MOST_CONTENT)]
        encoding = self.head.encoding
        return decoded_body(octets, encoding) if encoding else octets

    def beginning(self, octets: int) -> bytes:
        """Some octets of the content, without blank lines before them."""
        some = self.source[self.begin : min(self.end, self.begin + 3 * octets + 100)]
        encoding = self.head.encoding
        return (decoded_body(some, encoding) if encoding else some)[: octets + 100].lstrip()[:octets]

    @property
    def text(self) -> str:
        """The body as str with `\\n` line ends, at most `MOST_TEXT` characters; tags of HTML are taken out."""
        if self._text is None:
            self._text = without_tags(self._decoded) if self.type == "text/html" else self._decoded
        return self._text

    @property
    def links(self) -> list[str]:
        """Where the links of an HTML body lead to; none for another."""
        return links(self._decoded) if self.type == "text/html" else []

    @property
    def _decoded(self) -> str:
        text = decoded_text(self.content[: 4 * MOST_TEXT], self.head.parameters.get("charset", ""))
        return (text.replace("\r\n", "\n") if "\r" in text else text)[:MOST_TEXT]

    def walk(self) -> Iterator[Part]:
        """This part and all below it, in the order of the mail."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.parts))


@dataclass(slots=True)
class Mail:
    """One message: its tree, and what could not be read, in a word each."""

    root: Part
    faults: list[str] = field(default_factory=list)


def read(raw: bytes) -> Mail:
    """The tree of a message. Never raises; what goes beyond the limits is left out and named in `faults`."""
    faults: list[str] = []
    if len(raw) > MOST_BYTES:
        raw = raw[:MOST_BYTES]
        faults.append("cut")
    raw = _unix_lines(raw)
    return Mail(_tree(_EMPTY_LINES.sub(b"", raw) if raw[:1].isspace() else raw, faults), faults)


def message(content: bytes) -> Part:
    """The head and body of a message inside a text; its parts are not looked into."""
    return _leaf(content, 0, len(content), [])


def _unix_lines(raw: bytes) -> bytes:
    if b"\r" not in raw:
        return raw
    raw = raw.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n")
    return raw if b"\n" in raw else raw.replace(b"\r", b"\n")


def _tree(source: bytes, faults: list[str]) -> Part:
    """All parts, breadth first: no recursion that a mail could drive."""
    root = _leaf(source, 0, len(source), faults)
    level, count = [root], 1
    for _ in range(DEEPEST):
        below: list[Part] = []
        for part in level:
            if part.type.startswith("multipart/") or part.type in ENCLOSING:
                part.parts = _children(part, MOST_PARTS - count, faults)
                below += part.parts
                count += len(part.parts)
        if not below:
            return root
        level = below
    if any(part.type.startswith("multipart/") or part.type in ENCLOSING for part in level):
        faults.append("too deep")
    return root


def _children(part: Part, room: int, faults: list[str]) -> list[Part]:
    if part.type in ENCLOSING and room > 0:
        if part.is_encoded:
            content = _unix_lines(part.content)
            return [_leaf(content, 0, len(content), faults)]
        return [_leaf(part.source, part.begin, part.end, faults)]
    if not part.type.startswith("multipart/"):
        return []
    found = _split(part, room + 1)
    if len(found) > room:
        faults.append("too many parts")
    usual = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
    return [_leaf(part.source, start, end, faults, usual) for start, end in found[:room]]


def _split(part: Part, room: int) -> list[tuple[int, int]]:
    """Where the parts of a multipart lie. A boundary that never comes is guessed from the first line that looks so."""
    boundary = part.parameters.get("boundary", "")[:200].rstrip().encode("latin-1", "replace")
    found = _between(part, boundary, room) if boundary else None
    if found is None:
        guessed = _GUESSED.search(part.source, part.begin, part.end)
        found = _between(part, guessed[1], room) if guessed else None
    return found or []


def _between(part: Part, boundary: bytes, room: int) -> list[tuple[int, int]] | None:
    """What stands behind each `--boundary`, up to the next or to `--boundary--`; None where no such line comes."""
    source, end, line = part.source, part.end, b"\n--" + boundary
    size = len(line)
    found: list[tuple[int, int]] = []
    begin, ever = -1, False
    # A delimiter begins with the line end before it; before the first one that may be the empty line of the head.
    at = source.find(line, max(part.begin - 1, 0), end)
    for _ in range(MOST_DELIMITERS):
        if at < 0 or len(found) >= room:
            break
        behind = at + size
        stop, closes = source.find(b"\n", behind, end), False
        if stop != behind:
            stop = end if stop < 0 else stop
            closes = source.startswith(b"--", behind, stop)
            if source[behind + 2 * closes : stop].strip(b" \t"):
                at = source.find(line, behind, end)
                continue
        if 0 <= begin <= at:  # between two delimiters without a line between them is nothing
            found.append((begin, at))
        ever = True
        begin = -1 if closes else stop + (stop < end)
        at = source.find(line, stop, end)
    if begin >= 0 and len(found) < room:
        found.append((begin, end))
    return found if ever else None


def _leaf(source: bytes, start: int, end: int, faults: list[str], usual: str = "text/plain") -> Part:
    head, begin = head_of(source, start, end, faults)
    return Part(source, start, begin, end, head, head.type or usual)
