"""What every outlet can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from typing import Protocol

from triage.errors import OutletError
from triage.lang import _
from triage.model import Outcome, Sent

BeforeData = Callable[[], bool]
"""Commits in the store that the letter is leaving; False: the claim was lost meanwhile, nothing may leave."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """RFC 5321, 3.3: where a bounce of the letter goes, and where the letter goes."""

    mail_from: str
    rcpt_to: str


class Outlet(Protocol):
    """A way out."""

    @property
    def name(self) -> str:
        """For eyes: where letters go."""

    def deliver(self, mail: EmailMessage, envelope: Envelope, before_data: BeforeData) -> Outcome:
        """Hand one letter over. Raises nothing but what `before_data` raises; then nothing has left."""

    def close(self) -> None: ...


def octets(mail: EmailMessage) -> bytes:
    """The letter as it goes over the wire, with CRLF; in ASCII unless its addresses are not. Raises OutletError."""
    policy = SMTPUTF8 if needs_utf8(mail) else SMTP
    try:
        return mail.as_bytes(policy=policy)
    except (ValueError, LookupError, TypeError) as error:
        raise OutletError(_("The letter cannot be written as a mail: {error}", error=error)) from None


def needs_utf8(mail: EmailMessage) -> bool:
    """A local part beyond ASCII needs SMTPUTF8 (RFC 6531); domains are IDNA, all else can be encoded."""
    return any(not address.addr_spec.isascii() for name in ("From", "To") for address in mail[name].addresses)


def claim_lost() -> Outcome:
    return Outcome(Sent.REFUSED, _("Another one took this letter meanwhile; nothing left."))
