"""A real Exim from a configuration of its own. It must run as root.

Debian lets no two mail servers be installed at once: `.ci/run` unpacks Exim's package into `UNPACKED`, beside Postfix.
"""

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

UNPACKED = Path("/var/cache/triage-tests/exim")
"""Outside of anybody's home: Exim leaves root's rights behind and starts itself anew for each delivery."""
_USER = "Debian-exim"

_CONFIGURATION = """
primary_hostname = mx.{domain}
exim_path = {program}
spool_directory = {base}/spool
log_file_path = {base}/log.%s
pid_file_path = {base}/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
hostlist relay_from_hosts = 127.0.0.1
acl_smtp_rcpt = acl_accept
acl_smtp_data = acl_accept
host_lookup =
rfc1413_query_timeout = 0s
never_users = root
keep_environment =
deliver_drop_privilege = true
smtp_enforce_sync = false
delay_warning = {warns_after}s:1d
queue_run_max = 5
begin acl
acl_accept:
  accept
begin routers
support:
  driver = manualroute
  domains = {domain}
  transport = lmtp
  route_list = * 127.0.0.1
  self = send
house:
  driver = redirect
  domains = {house}
  allow_fail
  data = :fail: Unknown user
peer:
  driver = manualroute
  domains = !nowhere.invalid
  transport = remote
  route_list = * 127.0.0.1
  self = send
begin transports
lmtp:
  driver = smtp
  protocol = lmtp
  port = {lmtp_port}
  allow_localhost
  return_path_add
remote:
  driver = smtp
  port = {peer_port}
  hosts_try_chunking =
  allow_localhost
begin retry
* * F,{gives_up_after}s,1s
begin rewrite
begin authenticators
"""


class Exim(Mta):
    """A running Exim."""


@contextmanager
def running_exim() -> Iterator[Exim]:
    """Started in a folder under the system's temporary one; gone afterwards, with the servers at its ends."""
    program = shutil.which("exim4") or shutil.which(UNPACKED / "usr/sbin/exim4")
    if not program or os.geteuid() != 0:
        missing("exim4 (.ci/run unpacks it), with root's rights to start it,")
    base = Path(tempfile.mkdtemp(prefix="triage-exim-"))
    try:
        with running_dovecot(lmtp=True) as dovecot, running_smtp_peer() as peer:
            server = _configured(program, base, dovecot, peer)
            command = (program, "-C", str(base / "exim.conf"), "-bdf", "-q1s")
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                server.wait_for_greeting()
                yield server
            finally:
                process.terminate()
                process.wait(5)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _configured(program: str, base: Path, dovecot: Dovecot, peer: SmtpPeer) -> Exim:
    base.chmod(0o755)
    (base / "spool").mkdir()
    shutil.chown(base / "spool", _USER, _USER)
    shutil.chown(base, _USER)
    server = Exim(base, free_port(), dovecot, peer)
    configuration = _CONFIGURATION.format(
        program=program,
        base=base,
        domain=DOMAIN,
        house=HOUSE,
        port=server.port,
        lmtp_port=dovecot.lmtp_port,
        peer_port=peer.port,
        warns_after=WARNS_AFTER,
        gives_up_after=GIVES_UP_AFTER,
    )
    (base / "exim.conf").write_text(configuration, "utf-8")
    return server
