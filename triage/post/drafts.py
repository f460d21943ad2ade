"""Letters into the Drafts folder of the mailbox, where a person sends them with the usual mail program."""

from __future__ import annotations

from email.message import EmailMessage

from triage import login
from triage.config import Settings
from triage.errors import OutletError, SettingsError, TriageError
from triage.lang import _
from triage.model import Outcome, Sent
from triage.post.outlet import BeforeData, Envelope, claim_lost, octets
from triage.text import line


class DraftsOutlet:
    """Appends each letter once: one that lies there already, by its Message-ID, is not appended again."""

    def __init__(self, settings: Settings) -> None:
        if not settings.mailbox.host:
            raise SettingsError(
                _("Letters are to go into Drafts, but the settings name no mail server."),
                _('Set host in [mailbox], or outlet = "smtp" or "folder" in [post].'),
            )
        self._settings = settings
        self._imap = login.Imap(settings.mailbox, settings, OutletError)
        try:
            with login.in_words(settings.mailbox, self._imap.port, OutletError):
                self._folder = settings.mailbox.drafts or self._imap.special("Drafts")
            if not self._folder:
                raise OutletError(
                    _("{host} has no Drafts folder.", host=line(settings.mailbox.host)),
                    _("Name it as drafts in [mailbox]."),
                )
            self._search("")
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        return f"{line(self._folder)}, {login.account(self._settings.mailbox)}"

    def deliver(self, mail: EmailMessage, envelope: Envelope, before_data: BeforeData) -> Outcome:
        try:
            content = octets(mail)
            lies_there = self._lies_there(str(mail["Message-ID"] or ""))
        except TriageError as error:
            return Outcome(Sent.REFUSED, error.message)
        if not before_data():
            return claim_lost()
        return Outcome(Sent.HANDED_OVER, line(self._folder)) if lies_there else self._append(content)

    def _lies_there(self, message_id: str) -> bool:
        """On a fresh connection if the old one broke between two letters: nothing has left yet."""
        try:
            return self._search(message_id)
        except OutletError:
            self._imap.close()
            self._imap = login.Imap(self._settings.mailbox, self._settings, OutletError)
            return self._search(message_id)

    def _search(self, message_id: str) -> bool:
        """Whether a letter with this Message-ID lies in the folder, which must be there."""
        with login.in_words(self._settings.mailbox, self._imap.port, OutletError):
            try:
                self._imap.examine(self._folder)
            except login.ServerSaysNo:
                raise OutletError(
                    _("There is no folder {folder} for drafts.", folder=line(self._folder)),
                    _("Correct drafts in [mailbox], or leave it out."),
                ) from None
            return bool(message_id and self._imap.search("HEADER", "Message-ID", message_id))

    def _append(self, content: bytes) -> Outcome:
        try:
            with login.in_words(self._settings.mailbox, self._imap.port, OutletError):
                try:
                    self._imap.append(self._folder, content, "\\Draft")
                except login.ServerSaysNo as no:
                    return Outcome(Sent.REFUSED, line(str(no), 300))
        except OutletError as error:
            return Outcome(Sent.UNKNOWN, error.message)
        return Outcome(Sent.HANDED_OVER, line(self._folder))

    def close(self) -> None:
        self._imap.close()
