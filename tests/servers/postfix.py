"""A real Postfix from a configuration of its own, beside the system's and without touching it. It must run as root.

What it takes for `DOMAIN` goes by LMTP to a Dovecot, everything else by SMTP to a peer that refuses by local part; the
reports of what was refused come back the same way.
"""

from __future__ import annotations

import os
import shutil
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from servers import free_port, missing
from servers.dovecot import Dovecot, running_dovecot
from servers.smtp_peer import SmtpPeer, running_smtp_peer

DOMAIN = "iprot.example"
"""Its mailboxes are the Dovecot's: support1@iprot.example is the user support1."""

_MAIN = """
compatibility_level = 3.6
queue_directory = {base}/spool
data_directory = {base}/data
maillog_file = {base}/log
maillog_file_prefixes = {base}
myhostname = mx.{domain}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
relay_domains =
virtual_mailbox_domains = {domain}
virtual_mailbox_maps =
virtual_transport = lmtp:inet:[127.0.0.1]:{lmtp_port}
default_transport = smtp:[127.0.0.1]:{peer_port}
smtp_dns_support_level = disabled
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_reject_unlisted_recipient = no
notify_classes =
"""

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
error     unix  - - n - - error
retry     unix  - - n - - error
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Postfix:
    """The running server, with the Dovecot and the peer at its two ends."""

    base: Path
    port: int
    dovecot: Dovecot
    peer: SmtpPeer

    def submit(self, mail: EmailMessage, mail_from: str, rcpt_to: str) -> None:
        with smtplib.SMTP("127.0.0.1", self.port, local_hostname="app.test", timeout=10) as session:
            session.send_message(mail, mail_from, [rcpt_to])

    def log(self) -> str:
        file = self.base / "log"
        return file.read_text("utf-8", "replace") if file.exists() else "Postfix wrote no log"


@contextmanager
def running_postfix() -> Iterator[Postfix]:
    """Started in a folder under the system's temporary one; gone afterwards, with the servers at its ends."""
    program = shutil.which("postfix") or shutil.which("/usr/sbin/postfix")
    if not program or os.geteuid() != 0:
        missing("postfix, with root's rights to start it,")
    base = Path(tempfile.mkdtemp(prefix="triage-postfix-"))
    try:
        with running_dovecot(lmtp=True) as dovecot, running_smtp_peer() as peer:
            server = _configured(base, dovecot, peer)
            command = (program, "-c", str(base / "conf"))
            started = subprocess.run([*command, "start"], capture_output=True, text=True, check=False)
            try:
                if started.returncode:
                    raise RuntimeError(started.stderr + server.log())
                _wait_for_greeting(server)
                yield server
            finally:
                subprocess.run([*command, "stop"], capture_output=True, check=False)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _configured(base: Path, dovecot: Dovecot, peer: SmtpPeer) -> Postfix:
    base.chmod(0o755)
    for name in ("conf", "spool", "data"):
        (base / name).mkdir()
    shutil.chown(base / "data", "postfix", "postfix")
    server = Postfix(base, free_port(), dovecot, peer)
    main = _MAIN.format(base=base, domain=DOMAIN, lmtp_port=dovecot.lmtp_port, peer_port=peer.port)
    (base / "conf" / "main.cf").write_text(main, "utf-8")
    (base / "conf" / "master.cf").write_text(_MASTER.format(port=server.port), "utf-8")
    return server


def _wait_for_greeting(server: Postfix) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 1) as connection:
            if connection.recv(100).startswith(b"220"):
                return
        time.sleep(0.02)
    raise RuntimeError(server.log())
