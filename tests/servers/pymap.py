"""An IMAP server in pure Python (pymap), for machines without Dovecot. It knows neither CONDSTORE nor SPECIAL-USE.

Its mailbox lies in a folder and outlives the server, which can be started anew on it.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers import free_port
from servers.certificates import make_certificate
from triage.config import Mailbox, Settings

USER, PASSWORD = "support", "geheim"


@dataclass(frozen=True, slots=True)
class Pymap:
    """The running server with its one mailbox."""

    port: int
    certificate: Path

    def settings(self, **changes: Any) -> Settings:
        usual: dict[str, Any] = {
            "host": "localhost",
            "port": self.port,
            "user": USER,
            "tls": "starttls",
            "ca_file": str(self.certificate),
        }
        return Settings(mailbox=Mailbox(**(usual | changes)))

    @contextmanager
    def client(self) -> Iterator[Any]:
        import ssl

        from imapclient import IMAPClient

        with IMAPClient("localhost", self.port, ssl=False, timeout=10) as client:
            client.starttls(ssl.create_default_context(cafile=str(self.certificate)))
            client.plain_login(USER, PASSWORD)
            yield client

    def put(self, *contents: bytes, folder: str = "INBOX") -> None:
        with self.client() as client:
            for content in contents:
                client.append(folder, content)

    def contents(self, *folders: str) -> list[bytes]:
        """All messages as it hands them out, with LF for CRLF."""
        found: list[bytes] = []
        with self.client() as client:
            for folder in folders:
                client.select_folder(folder, readonly=True)
                found += [told[b"BODY[]"] for told in client.fetch(client.search(), ["BODY.PEEK[]"]).values()]
        return found


@contextmanager
def running_pymap(folder: Path) -> Iterator[Pymap]:
    """On the mailbox in `folder`, which is made where there is none."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    if not certificate.exists():
        make_certificate(folder)
        _make_user(folder / "mail")
    server = Pymap(free_port(), certificate)
    program = Path(sys.executable).with_name("pymap")
    listens = ("--host", "127.0.0.1", "--port", str(server.port), "--cert", str(certificate), "--key", str(key))
    with (folder / "pymap.log").open("ab") as log:
        process = subprocess.Popen([program, *listens, "maildir", str(folder / "mail")], stdout=log, stderr=log)
        try:
            _wait_for_greeting(server, process, folder / "pymap.log")
            yield server
        finally:
            process.terminate()
            process.wait(5)


def _make_user(folder: Path) -> None:
    """As in passwd and shadow."""
    from pysasl.hashing import BuiltinHash

    folder.mkdir()
    hashed = BuiltinHash(rounds=1_000).hash(PASSWORD)
    (folder / "pymap-etc-passwd").write_text(f"{USER}:x::::{USER}:\n", "utf-8")
    (folder / "pymap-etc-shadow").write_text(f"{USER}:{hashed}:::::::\n", "utf-8")


def _wait_for_greeting(server: Pymap, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 1) as connection:
            if connection.recv(100).startswith(b"* OK"):
                return
        time.sleep(0.05)
    raise RuntimeError(log.read_text("utf-8", "replace"))
