"""A real Postfix from a configuration of its own, beside the system's and without touching it. It must run as root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers import free_port, missing
from servers.dovecot import Dovecot, running_dovecot
from servers.mta import DOMAIN, GIVES_UP_AFTER, HOUSE, WARNS_AFTER, Mta
from servers.smtp_peer import SmtpPeer, running_smtp_peer

__all__ = ["DOMAIN", "Postfix", "running_postfix"]

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
mydestination = {house}
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
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
delay_warning_time = {warns_after}s
maximal_queue_lifetime = {gives_up_after}s
bounce_queue_lifetime = {gives_up_after}s
default_destination_concurrency_failed_cohort_limit = 0
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
local     unix  - n n - - local
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


class Postfix(Mta):
    """A running Postfix."""


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
                server.wait_for_greeting()
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
    main = _MAIN.format(
        base=base,
        domain=DOMAIN,
        house=HOUSE,
        lmtp_port=dovecot.lmtp_port,
        peer_port=peer.port,
        warns_after=WARNS_AFTER,
        gives_up_after=GIVES_UP_AFTER,
    )
    (base / "conf" / "main.cf").write_text(main, "utf-8")
    (base / "conf" / "master.cf").write_text(_MASTER.format(port=server.port), "utf-8")
    return server
