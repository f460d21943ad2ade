"""A real Dovecot 2.3 from a configuration of its own, as root or anybody else. One password opens every mailbox, and so
does an access token for its user."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from servers import free_port, missing
from servers.certificates import make_certificate
from servers.tokens import believe_tokens
from triage.config import Mailbox, Settings

PASSWORD = "geheim-ö"

_CONFIGURATION = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/dovecot.log
info_log_path = {base}/dovecot-info.log
protocols = imap {lmtp}
listen = 127.0.0.1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = {uid}
last_valid_uid = {uid}
mail_location = maildir:~/Maildir
mail_max_userip_connections = 100
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_min_protocol = TLSv1.2
postmaster_address = postmaster@support.test
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {tokens}
}}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={base}/home/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = .
  mailbox Drafts {{
    special_use = \\Drafts
    auto = subscribe
  }}
  mailbox Sent {{
    special_use = \\Sent
    auto = subscribe
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {tls_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """The running server; `mailbox` gives each test a user of its own."""

    base: Path
    certificate: Path
    port: int
    tls_port: int
    lmtp_port: int

    def mailbox(self, user: str) -> TestMailbox:
        return TestMailbox(self, user)


@dataclass(frozen=True, slots=True)
class TestMailbox:
    """One user's mailbox, seen from the server's side: put messages in, look what became of them."""

    __test__ = False
    server: Dovecot
    user: str

    def settings(self, **changes: Any) -> Settings:
        """Settings of the program for this mailbox: implicit TLS, the server's own certificate."""
        usual: dict[str, Any] = {
            "host": "localhost",
            "port": self.server.tls_port,
            "user": self.user,
            "ca_file": str(self.server.certificate),
        }
        return Settings(mailbox=Mailbox(**(usual | changes)))

    @contextmanager
    def client(self) -> Iterator[Any]:
        from imapclient import IMAPClient

        with IMAPClient("127.0.0.1", self.server.port, ssl=False, timeout=10) as client:
            client.plain_login(self.user, PASSWORD)
            yield client

    def put(self, *contents: bytes, folder: str = "INBOX", at: datetime | None = None) -> None:
        with self.client() as client:
            for content in contents:
                client.append(folder, content, msg_time=at)

    def count(self, folder: str = "INBOX", criterion: str = "ALL") -> int:
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            return len(client.search([criterion]))


@contextmanager
def running_dovecot(lmtp: bool = False) -> Iterator[Dovecot]:
    """Started in a folder under the system's temporary one, which its own users can reach; gone afterwards."""
    program = shutil.which("dovecot") or shutil.which("/usr/sbin/dovecot")
    if not program:
        missing("dovecot")
    base = Path(tempfile.mkdtemp(prefix="triage-dovecot-"))
    try:
        base.chmod(0o755)
        server = _configured(base, lmtp)
        process = subprocess.Popen(
            [program, "-F", "-c", str(base / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _wait_for_greeting(server, process)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _configured(base: Path, lmtp: bool) -> Dovecot:
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    for name in ("run", "state", "home"):
        (base / name).mkdir()
    if os.geteuid() == 0:
        os.chown(base / "home", user.pw_uid, user.pw_gid)
    certificate, key = make_certificate(base)
    server = Dovecot(base, certificate, free_port(), free_port(), free_port())
    configuration = _CONFIGURATION.format(
        base=base,
        lmtp="lmtp" if lmtp else "",
        user=user.pw_name,
        group=grp.getgrgid(user.pw_gid).gr_name,
        uid=user.pw_uid,
        gid=user.pw_gid,
        certificate=certificate,
        key=key,
        password=PASSWORD,
        tokens=believe_tokens(base),
        port=server.port,
        tls_port=server.tls_port,
        lmtp_port=server.lmtp_port,
    )
    (base / "dovecot.conf").write_text(configuration, "utf-8")
    return server


def _wait_for_greeting(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 1) as connection:
            if connection.recv(100).startswith(b"* OK"):
                return
        time.sleep(0.02)
    log = server.base / "dovecot.log"
    raise RuntimeError(log.read_text("utf-8", "replace") if log.exists() else "Dovecot did not start")
