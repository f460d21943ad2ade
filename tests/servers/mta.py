"""What Postfix and Exim have in common here: our service hands mail in, a Dovecot and a refusing peer stand behind.

Mail for `DOMAIN` goes by LMTP to the Dovecot, that for `HOUSE` to nobody, for the server knows no user there; all else
goes by SMTP to a peer that refuses by local part. Reports of what was refused come back by LMTP.
"""

from __future__ import annotations

import smtplib
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from servers.dovecot import Dovecot
from servers.smtp_peer import SmtpPeer

DOMAIN = "iprot.example"
"""Its mailboxes are the Dovecot's: support1@iprot.example is the user support1."""
HOUSE = "verwaltung.example"
"""The MTA's own domain, in which it knows no user."""
WARNS_AFTER, GIVES_UP_AFTER = 1, 5
"""Seconds that a mail is tried in vain before its sender is warned, and before it comes back."""


@dataclass(frozen=True, slots=True)
class Mta:
    """A running server, with the Dovecot and the peer at its two ends."""

    base: Path
    port: int
    dovecot: Dovecot
    peer: SmtpPeer

    def submit(self, mail: EmailMessage, mail_from: str, rcpt_to: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="app.test", timeout=10) as session:
            session.send_message(mail, mail_from, [rcpt_to])

    def log(self) -> str:
        """All that it wrote of itself."""
        return "\n".join(file.read_text("utf-8", "replace") for file in sorted(self.base.glob("log*")))

    def wait_for_greeting(self) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                if connection.recv(100).startswith(b"220"):
                    return
            time.sleep(0.02)
        raise RuntimeError(self.log())
