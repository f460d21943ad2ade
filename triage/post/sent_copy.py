"""A copy in Sent of each letter that left by SMTP: staff see it there, and a restored store learns from it."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

from triage import login
from triage.config import Settings
from triage.errors import OutletError, TriageError
from triage.lang import _
from triage.model import Outcome, Sent
from triage.post.outlet import BeforeData, Envelope, Outlet, octets
from triage.text import line


class WithSentCopy:
    """Another outlet, and a copy of what it sent. A copy that fails changes nothing: the letter has left."""

    def __init__(self, outlet: Outlet, settings: Settings) -> None:
        self._outlet = outlet
        self._settings = settings
        self._imap: login.Imap | None = None

    @property
    def name(self) -> str:
        return self._outlet.name

    def deliver(self, mail: EmailMessage, envelope: Envelope, before_data: BeforeData) -> Outcome:
        outcome = self._outlet.deliver(mail, envelope, before_data)
        if outcome.result is not Sent.SENT:
            return outcome
        try:
            self._copy(mail)
        except TriageError as error:
            self._close_imap()
            return replace(outcome, detail=_("sent, but without a copy in Sent: {error}", error=error.message))
        return outcome

    def _copy(self, mail: EmailMessage) -> None:
        """Once: a server that files copies itself has it there already."""
        mailbox = self._settings.mailbox
        if self._imap is None:
            self._imap = login.Imap(mailbox, self._settings, OutletError)
        imap = self._imap
        with login.in_words(mailbox, imap.port, OutletError):
            folder = mailbox.sent or imap.special("Sent")
            if not folder:
                raise OutletError(_("{host} names no Sent folder.", host=line(mailbox.host)))
            imap.examine(folder)
            if not imap.search("HEADER", "Message-ID", str(mail["Message-ID"])):
                imap.append(folder, octets(mail), "\\Seen")

    def _close_imap(self) -> None:
        if self._imap is not None:
            self._imap.close()
            self._imap = None

    def close(self) -> None:
        self._close_imap()
        self._outlet.close()
