"""A letter as a mail."""

from __future__ import annotations

from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage

from triage import address
from triage.claims import HEADER, format_claims
from triage.config import Sender
from triage.errors import OutletError
from triage.lang import _
from triage.model import Letter
from triage.text import address as address_for_eyes
from triage.text import line, valid


def message(letter: Letter, sender: Sender, from_: str, now: datetime) -> EmailMessage:
    """The mail that `letter` is. It is not marked as automatic: a person reviewed it. Raises OutletError."""
    mail = EmailMessage()
    try:
        if any(sign in letter.message_id + letter.reference for sign in "\r\n"):
            raise ValueError(_("a line end in a header"))
        mail["From"] = _mailbox(from_, sender.name)
        mail["To"] = _mailbox(letter.to, letter.to_name)
        mail["Subject"] = line(letter.subject)
        mail["Date"] = now
        if letter.message_id:
            mail["Message-ID"] = letter.message_id
        if claims := format_claims(letter.items):
            mail[HEADER] = claims
        if letter.reference:
            mail["X-Triage-Ref"] = letter.reference
        mail.set_content(valid(letter.body), charset="utf-8", cte="quoted-printable")
    except (ValueError, IndexError, MessageError) as error:
        raise OutletError(
            _("The letter to {to} cannot be written as a mail: {error}", to=line(letter.to), error=line(str(error))),
            _("Check its addresses and its subject."),
        ) from None
    return mail


def _mailbox(written: str, name: str) -> Mailbox:
    """Name and address for a header: the local part as written, the domain in ASCII (IDNA)."""
    parsed = address.parse(written)
    if parsed.fault:
        raise OutletError(
            _("{address} is no address that mail can go to.", address=address_for_eyes(parsed.written)),
            _("Correct it in the directory or in the settings."),
        )
    local, shown = parsed.written.rpartition("@")[0], line(name, 200)
    if local.isascii():
        return Mailbox(shown, addr_spec=f"{local}@{parsed.domain}")
    return Mailbox(shown, username=local, domain=parsed.domain)  # addr_spec= takes ASCII only
