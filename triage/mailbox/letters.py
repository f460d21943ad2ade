"""Our own letters, known again in Drafts and Sent by the headers that post wrote into them, or only by their text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parseaddr

from triage.claims import OUR_MESSAGE_ID, parse_claims
from triage.mailbox.arrival import moment
from triage.model import Found, Raw
from triage.text import valid

FIELDS = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID X-TRIAGE-REF X-TRIAGE-CLAIMS TO SUBJECT DATE)]"
CONTENT_MOST = 200_000
"""Octets of a letter that are read where its headers do not tell what it is about."""
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class Shown(Found):
    """A mail that may be a letter of ours, but whose headers name no claims: its text tells."""

    content: bytes = b""
    """The message, or its beginning."""


def found_letter(headers: bytes, in_sent: bool, shown: str = "") -> Found | None:
    """The letter with these headers; None if it is none of ours. Never raises.

    `shown` is our reference where the server found it in the text.
    """
    message = BytesHeaderParser().parsebytes(headers[:_MOST])
    reference = _value(message, "X-Triage-Ref") or shown
    claims = parse_claims(_value(message, "X-Triage-Claims"))
    message_id = _value(message, "Message-ID")
    if not (reference or claims or OUR_MESSAGE_ID.fullmatch(message_id)):
        return None
    return Found(
        message_id=message_id,
        reference=reference,
        claims=claims,
        in_sent=in_sent,
        to=parseaddr(_value(message, "To"))[1],
        subject=_value(message, "Subject"),
        date=moment(_value(message, "Date")),
    )


def shown_letter(content: bytes, in_sent: bool, shown: str = "") -> Shown:
    """What its headers still tell of a mail that shows the marks of a letter, and the mail itself. Never raises."""
    message = BytesHeaderParser().parsebytes(content[:_MOST])
    return Shown(
        message_id=_value(message, "Message-ID"),
        reference=_value(message, "X-Triage-Ref") or shown,
        claims=(),
        in_sent=in_sent,
        to=parseaddr(_value(message, "To"))[1],
        subject=_value(message, "Subject"),
        date=moment(_value(message, "Date")),
        content=content[:CONTENT_MOST],
    )


def filed_letters(raws: Iterable[Raw], in_sent: bool, since: date | None = None) -> Iterator[Found]:
    """Letters of ours among files that came since a day. Every other mail is handed out to have its text read."""
    for raw in raws:
        if since is not None and raw.received_at is not None and raw.received_at.date() < since:
            continue
        found = found_letter(raw.content, in_sent)
        yield found if found is not None and found.claims else shown_letter(raw.content, in_sent)


def _value(message: Message, name: str) -> str:
    """A header in one line, decoded as far as it can be."""
    written = str(message.get(name, ""))
    with suppress(HeaderParseError, LookupError, ValueError):
        written = str(make_header(decode_header(written)))
    return valid(" ".join(written.split()))
