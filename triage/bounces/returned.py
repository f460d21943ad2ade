"""The message that comes back in a bounce: as a part of its own, or inside the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from triage.bounces.addresses import in_text
from triage.bounces.heads import readable
from triage.bounces.reading import Part, message, read
from triage.bounces.tables import table
from triage.model import Returned

NOT_KEPT = "[The body of the returned message was not kept.]\n"
MOST_TEXT = 20_000
MOST_HEADERS = 200

TYPES = frozenset(
    {
        "message/rfc822", "message/global", "message/rfc822-headers", "message/global-headers", "text/rfc822-headers",
        "text/rfc822-header", "text/global-headers", "message/partial", "message/news", "message/rfc822-header",
    }
)  # fmt: skip

_HEADER_LINE = re.compile(r"(>?[ \t>|]*)([A-Za-z][A-Za-z0-9-]{1,40}):[ \t]?(.*)")
_TELLING = frozenset(
    {"received", "return-path", "message-id", "mime-version", "dkim-signature", "x-mailer", "delivered-to"}
)
_USUAL = _TELLING | {
    "from", "to", "cc", "subject", "date", "reply-to", "sender", "content-type", "content-transfer-encoding",
    "references", "in-reply-to", "user-agent", "list-id", "precedence", "arc-seal", "domainkey-signature", "x-received",
    "x-originating-ip", "x-google-smtp-source",
}  # fmt: skip
_NOT_KEPT = NOT_KEPT.strip().encode()
_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTHS = {name: f"{number:02}" for number, name in enumerate(_MONTH_NAMES, start=1)}
_DATE = re.compile(
    rf"(?:[A-Z][a-z][a-z], ?)?(\d\d?) ({'|'.join(_MONTHS)}) ((?:19|20)\d\d) (\d\d:\d\d:\d\d)"
    r" ([+-](?:[01]\d|2[0-3]))([0-5]\d)(?: \([A-Za-z]{1,9}\))?",
    re.A,
)
"""What nearly all mail programs write (RFC 5322, 3.3); anything else is asked of `email.utils`."""
_BELIEVED = range(1990, 2100)
"""Years of a Date."""
_MESSAGE_ID = re.compile(r"<[^<>\s@]{3,250}+@[^<>\s@]{1,250}+>|<[^<>\s]{3,250}@[^<>\s]{1,250}>|<[^<>\s]{8,250}>")


@dataclass(frozen=True, slots=True)
class Cut:
    """A text, parted where the returned message begins; `message` is "" where none does."""

    prose: str
    message: str


def cut(text: str) -> Cut:
    """Where a text passes from the report to the returned message: at its header lines, or where words announce it."""
    at = _headers_begin(text)
    announced = _announced(text[: at if at >= 0 else len(text)])
    if announced is not None:
        begin, end = announced
        return Cut(text[:begin], text[at:] if at >= 0 else text[end:])
    return Cut(text[:at], text[at:]) if at >= 0 else Cut(text, "")


def unquoted(text: str) -> str:
    """A forwarded text without the quote marks that most of its lines bear."""
    lines = text.split("\n")
    filled = [line for line in lines if line.strip()]
    if len(filled) < 8 or 2 * sum(line.startswith(">") for line in filled) < len(filled):
        return text
    return "\n".join(re.sub(r"^> ?", "", line) for line in lines)


def _announced(text: str) -> tuple[int, int] | None:
    """The line that announces the returned message: where it begins and ends. Never the first words of a text."""
    lower = text.lower()
    best: tuple[int, int] | None = None
    for words in table("prose")["separators"]:
        at = lower.find(words)
        if at >= 0 and (best is None or at < best[0]):
            begin = lower.rfind("\n", 0, at) + 1
            end = lower.find("\n", at)
            best = (begin, len(text) if end < 0 else end)
    return best


def _summary_ends(text: str) -> int:
    """Where the fields end by which a report says which mail it is about (iPlanet), or 0."""
    lower = text.lower()
    for words in table("prose")["sums_up"]:
        at = lower.find(words)
        if at >= 0:
            begins = re.compile(r"\n\s*\n").search(text, at)
            ends = text.find("\n\n", begins.end()) if begins else -1
            return max(ends, 0)
    return 0


def _headers_begin(text: str) -> int:
    """Where the first run of header lines begins that no report would write about itself, or -1."""
    position, begin, telling, usual = 0, -1, 0, 0
    summed_up = _summary_ends(text)
    for line in text.split("\n"):
        found = _HEADER_LINE.match(line) if ":" in line and position >= summed_up else None
        name = found[2].lower() if found else ""
        if found and (name in _USUAL or name.startswith("x-")):
            begin = position if begin < 0 else begin
            telling += name in _TELLING
            usual += 1
            if telling and usual >= 3:
                return begin
        elif not (begin >= 0 and line[:1] in (" ", "\t", ">")):
            begin, telling, usual = -1, 0, 0
        position += len(line) + 1
    return -1


def returned_part(parts: list[Part]) -> Part | None:
    """The part that carries the returned message, or its headers; else one under a wrong type that looks like it."""
    for part in parts:
        if part.type in TYPES:
            known = part.parts[0] if part.parts else None
            return known if known and known.fields else message(part.content.lstrip(b"\n "))
    for part in parts:
        if part.type in ("application/octet-stream", "text/plain") and not part.parts:
            beginning = part.beginning(3_000).decode("latin-1")
            if _HEADER_LINE.match(beginning[:60]) and _headers_begin(beginning) == 0:
                return message(part.content.lstrip())
    return None


def head_of(part: Part) -> Part:
    """The message that the body of a part consists of, looked at where it stands."""
    body = part.body
    lead = len(body) - len(body.lstrip(b"\n "))
    head = message(body[lead:])
    head.begin += lead
    return head


def from_text(text: str) -> Part:
    """The returned message that stands in a text; quote marks before its lines are taken away."""
    lines = text.lstrip("\n").split("\n")
    names = table("prose")["header_names"]
    for number, line in enumerate(lines[:10]):
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() in names:
            lines[number] = f"{names[name.strip().lower()]}:{value}"
    if lines and lines[0].lstrip().startswith((">", "|")):
        lines = [re.sub(r"^\s*[>|] ?", "", line) for line in lines]
    elif lines and lines[0][:1] in (" ", "\t"):
        indent = len(lines[0]) - len(lines[0].lstrip())
        lines = [line[indent:] if not line[:indent].strip() else line for line in lines]
    return read("\n".join(lines).encode("utf-8", "replace")).root


def understood(part: Part) -> Returned:
    """What the bounce carries of our mail."""
    headers = [(name, readable(value)) for name, value in part.fields]
    first = dict(headers[::-1])
    return Returned(
        message_id=message_id(first.get("message-id", "")),
        from_=first.get("from", ""),
        to=tuple(in_text(", ".join(part.headers("to")))[:50]),
        subject=first.get("subject", ""),
        date=moment(first.get("date", "")),
        headers=tuple(headers[:MOST_HEADERS]),
        text=_text_of(part),
    )


def _text_of(part: Part) -> str:
    if part.end - part.begin < 100 and part.body.strip() == _NOT_KEPT:
        return ""
    if part.type == "text/plain":
        return part.text[:MOST_TEXT]
    texts = []
    for child in part.walk():
        if child.type in ("text/plain", "text/html") and not child.parts:
            texts += [*child.links, child.text[:MOST_TEXT]]
            if child.type == "text/plain":
                break
    return "\n".join(texts)[:MOST_TEXT]


def message_id(value: str) -> str:
    """The first Message-ID in a value, with its brackets, or ""."""
    found = _MESSAGE_ID.search(value[:2_000])
    if found:
        return found[0]
    bare = value.strip()[:250]
    return f"<{bare}>" if "@" in bare and not any(c.isspace() or c in "<>" for c in bare) else ""


def message_ids(value: str) -> list[str]:
    """All Message-IDs in a value, at most 50."""
    return _MESSAGE_ID.findall(value[:20_000])[:50]


def moment(written: str) -> datetime | None:
    """A Date field's value as an aware time; None where it is missing, none, or not to be believed.

    "-0000" counts as UTC.
    """
    usual = _DATE.fullmatch(written) or _DATE.fullmatch(written := written[:200].strip())
    try:
        if usual:
            day, month, year, time, hours, minutes = usual.groups()
            found: datetime | None = datetime.fromisoformat(
                f"{year}-{_MONTHS[month]}-{day:0>2}T{time}{hours}:{minutes}"
            )
        else:
            found = _odd_moment(written) if written else None
        return found if found and found.year in _BELIEVED else None
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None


def _odd_moment(written: str) -> datetime:
    from email.utils import parsedate_to_datetime  # here: it takes longer to load than all of this package

    found = parsedate_to_datetime(written)
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    found.astimezone()
    return found
