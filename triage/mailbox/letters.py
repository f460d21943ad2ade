"""Our own letters, known again in Drafts and Sent by the headers that post wrote into them."""

from __future__ import annotations

from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parseaddr

from triage.claims import OUR_MESSAGE_ID, parse_claims
from triage.mailbox.arrival import moment
from triage.model import Found
from triage.text import valid

FIELDS = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID X-TRIAGE-REF X-TRIAGE-CLAIMS TO SUBJECT DATE)]"
_MOST = 100_000


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


def _value(message: Message, name: str) -> str:
    """A header in one line, decoded as far as it can be."""
    written = str(message.get(name, ""))
    with suppress(HeaderParseError, LookupError, ValueError):
        written = str(make_header(decode_header(written)))
    return valid(" ".join(written.split()))
