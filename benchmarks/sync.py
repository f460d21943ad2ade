"""How fast a mailbox is read, beside others, in one run: mails a second, and how much memory.

    python benchmarks/sync.py [--mails 10000] [--delay 40] [--rounds 2] [--only triage,socket,mbsync,naive]
    python benchmarks/sync.py --memory [--mails 1000,10000,100000]

A Dovecot is filled with generated bounces and read over TLS, on loopback and through a line with a delay, by

    triage      desk.sync: pulled, understood, linked to the directory, kept in one transaction for each batch
    socket      a bare FETCH of everything, thrown away: the floor
    mbsync      into a Maildir, with its default fsync (Debian: isync)
    naive       fetched one by one, parsed with email.policy.default, a row and a commit each

Every contestant is a process of its own and starts with nothing; the fastest round counts, for disturbance only slows.
`--memory` prints the highest resident size of a process that syncs so many mails.
"""

from __future__ import annotations

import argparse
import json
import os
import pwd
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
HOME = HERE.parents[1]
sys.path[:0] = [str(HOME), str(HOME / "scripts"), str(HOME / "tests")]

from many_bounces import LINKING, OUR_SIDE, ManyBounces  # noqa: E402
from servers import dovecot  # noqa: E402

from triage.config import Mailbox, Settings  # noqa: E402

dovecot.PASSWORD = PASSWORD = "bench"  # noqa: S105 (mbsync knows ASCII only)
USER = "support"
NAIVE_MOST = 1_000
"""Mails that the naive way reads on the slow line: its rate does not depend on how many there are."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", help="how many, by default 10000 (with --memory 1000,10000,100000)")
    parser.add_argument(
        "--delay", type=float, default=40.0, help="milliseconds of a round trip on the slow line; 0: none"
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--only", default=",".join(CONTESTANTS), help="some of " + ", ".join(CONTESTANTS))
    parser.add_argument("--memory", action="store_true")
    parser.add_argument(
        "--alone", nargs=3, help=argparse.SUPPRESS
    )  # contestant, port and folder: in a process of its own
    options = parser.parse_args()
    if options.alone:
        name, port, folder = options.alone
        print(json.dumps(CONTESTANTS[name](int(port), Path(folder), int(options.mails))))
        return 0
    if options.memory:
        for count in map(int, (options.mails or "1000,10000,100000").split(",")):
            memory(count)
        return 0
    count, wanted = int(options.mails or 10_000), options.only.split(",")
    with mailbox_of(count) as (server, base):
        race("loopback", server.tls_port, base, count, wanted, options.rounds)
        if options.delay:
            with slow_line(server.tls_port, options.delay) as port:
                race(f"{options.delay:.0f} ms a round trip", port, base, count, wanted, options.rounds)
    return 0


def race(where: str, port: int, base: Path, count: int, wanted: list[str], rounds: int) -> None:
    print(f"{where}: {count} mails, the best of {rounds} rounds", flush=True)
    best: dict[str, dict[str, float]] = {}
    for _ in range(rounds):
        for name in wanted:
            slow = name == "naive" and "ms" in where
            read = min(count, NAIVE_MOST) if slow else count
            told = alone(name, port, base, read)
            if told and told["rate"] > best.get(name, {"rate": 0.0})["rate"]:
                best[name] = {**told, "mails": read}
    ours = best.get("triage", {}).get("rate", 0.0)
    for name, told in best.items():
        first = f"   first batch kept after {told['first']:.2f} s" if "first" in told else ""
        ratio = f"   triage is {ours / told['rate']:5.2f} times as fast" if ours and name != "triage" else ""
        cores = f"{told['core_seconds'] / told['mails'] * 1e6:>6,.0f} µs of a core a mail"
        print(f"  {name:<8}{told['rate']:>9,.0f} mails/s {cores}{ratio}{first}", flush=True)


def memory(count: int) -> None:
    with mailbox_of(count) as (server, base):
        told = alone("triage", server.tls_port, base, count)
    print(
        f"{count:>8} mails: {told['peak']:6.1f} MB at most, {told['before']:.1f} MB before the sync,"
        f" {told['beside']:.1f} MB in the second process; {told['rate']:,.0f} mails/s",
        flush=True,
    )


def alone(name: str, port: int, base: Path, count: int) -> dict[str, float]:
    """One contestant in a process and a folder of its own; {} if it is not installed."""
    if name == "mbsync" and not shutil.which("mbsync"):
        return {}
    with tempfile.TemporaryDirectory(dir=base.parent) as folder:
        if name == "triage":
            shutil.copy(base / "directory.db", Path(folder) / "triage.db")
        command = [sys.executable, str(HERE), "--alone", name, str(port), folder, "--mails", str(count)]
        paths = {**os.environ, "TRIAGE_PASSWORD": PASSWORD, "SSL_CERT_FILE": str(base / "cert.pem")}
        before = os.times()
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=paths)
        after = os.times()
    if ran.returncode:
        raise SystemExit(f"{name}: {ran.stderr}")
    told: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return {**told, "core_seconds": used}


# --- the mailbox ---


@contextmanager
def mailbox_of(count: int) -> Iterator[tuple[dovecot.Dovecot, Path]]:
    """A Dovecot with so many bounces, and beside it a store that has the directory: (server, its folder)."""
    bounces = ManyBounces(count, datetime.now(UTC))
    with dovecot.running_dovecot() as server:
        fill(server.base / "home" / USER / "Maildir", bounces)
        from triage.desk import open_desk
        from triage.store import directory

        with open_desk(settings(server.tls_port), server.base / "directory.db") as desk:
            directory.import_rows(desk.store, bounces.directory())
        read_all(server.tls_port, server.certificate)  # the server makes its index once
        yield server, server.base


def fill(maildir: Path, bounces: ManyBounces) -> None:
    """Written as Dovecot writes them: sizes in the name, the arrival as the file's time."""
    for folder in ("cur", "new", "tmp"):
        (maildir / folder).mkdir(parents=True)
    for number, (at, content) in enumerate(bounces.messages()):
        size, lines = len(content), content.count(b"\n")
        path = maildir / "cur" / f"{int(at.timestamp())}.M{number}P1.bench,S={size},W={size + lines}:2,"
        path.write_bytes(content)
        os.utime(path, (at.timestamp(), at.timestamp()))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("nobody")
        for path in (maildir.parent, *maildir.parent.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid)


@contextmanager
def slow_line(port: int, delay: float) -> Iterator[int]:
    command = [sys.executable, str(HERE.with_name("slow_line.py")), str(port), str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def settings(port: int) -> Settings:
    certificate = os.environ.get("SSL_CERT_FILE", "")
    mailbox = Mailbox(host="localhost", port=port, user=USER, ca_file=certificate)
    return Settings(mailbox=mailbox, sender=OUR_SIDE, linking=LINKING)


# --- the contestants ---


def ours(port: int, folder: Path, count: int) -> dict[str, float]:
    from triage.desk import open_desk, reading

    first = beside = 0.0
    before = peak()
    begin = time.perf_counter()

    def progress(_step: reading.Progress) -> None:
        nonlocal first, beside
        first = first or time.perf_counter() - begin
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text("ascii").split()
        beside = max([beside, *map(peak, children)])

    with open_desk(settings(port), folder / "triage.db") as desk:
        synced = reading.sync(desk, progress)
        seconds = time.perf_counter() - begin
        linked = desk.store.value("SELECT count(*) FROM links WHERE strength <> 'guess'")
    assert synced.messages == count, synced.messages
    assert linked > count / 2, linked
    sizes = {"before": before, "peak": peak(), "beside": beside}
    return {"rate": count / seconds, "first": first, **sizes}


def bare(port: int, _folder: Path, count: int) -> dict[str, float]:
    begin = time.perf_counter()
    octets = read_all(port, Path(os.environ["SSL_CERT_FILE"]))
    assert octets > 1_000 * count
    return {"rate": count / (time.perf_counter() - begin)}


def read_all(port: int, certificate: Path) -> int:
    """Everything in the INBOX by one FETCH; how many octets it was."""
    context = ssl.create_default_context(cafile=str(certificate))
    with context.wrap_socket(socket.create_connection(("localhost", port)), server_hostname="localhost") as line:
        line.recv(1000)
        octets = 0
        for command in (
            f"LOGIN {USER} {PASSWORD}",
            "EXAMINE INBOX",
            "FETCH 1:* (UID RFC822.SIZE INTERNALDATE BODY.PEEK[])",
        ):
            line.sendall(f"A {command}\r\n".encode())
            tail = b""
            while b"\nA OK" not in b"\n" + tail:
                piece = line.recv(1 << 18)
                octets += len(piece)
                tail = (tail + piece)[-2000:]
        return octets


def mbsync(port: int, folder: Path, count: int) -> dict[str, float]:
    (folder / "rc").write_text(
        f"IMAPAccount server\nHost localhost\nPort {port}\nUser {USER}\nPass {PASSWORD}\nSSLType IMAPS\n"
        f"CertificateFile {os.environ['SSL_CERT_FILE']}\n\nIMAPStore far\nAccount server\n\n"
        f"MaildirStore near\nInbox {folder}/mail\n\nChannel all\nFar :far:\nNear :near:\nPatterns INBOX\n"
        f"Sync Pull\nCreate Near\nSyncState *\n",
        "utf-8",
    )
    begin = time.perf_counter()
    ran = subprocess.run(["mbsync", "-q", "-c", str(folder / "rc"), "-a"], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - begin
    pulled = sum(1 for path in (folder / "mail").rglob("*") if path.parent.name in ("new", "cur"))
    if ran.returncode or pulled != count:
        raise SystemExit(f"mbsync pulled {pulled}: {ran.stderr}")
    return {"rate": count / seconds}


def naive(port: int, folder: Path, count: int) -> dict[str, float]:
    import email
    import email.policy

    from imapclient import IMAPClient

    begin = time.perf_counter()
    context = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    database = sqlite3.connect(folder / "naive.db")
    database.execute("CREATE TABLE bounces (uid INTEGER PRIMARY KEY, recipient TEXT, status TEXT, raw BLOB)")
    with IMAPClient("localhost", port, ssl_context=context) as client:
        client.login(USER, PASSWORD)
        client.select_folder("INBOX", readonly=True)
        for uid in client.search()[:count]:
            raw = client.fetch([uid], ["BODY.PEEK[]"])[uid][b"BODY[]"]
            mail = email.message_from_bytes(raw, policy=email.policy.default)
            recipient = status = ""
            for part in mail.walk():
                if part.get_content_type() == "message/delivery-status":
                    blocks: Any = part.get_payload()
                    for block in blocks:
                        recipient = str(block["Final-Recipient"] or recipient)
                        status = str(block["Status"] or status)
            words = re.search(r"[\w.+-]+@[\w.-]+", recipient or str(mail["Subject"]))
            row = (uid, words[0] if words else "", status, raw)
            database.execute("INSERT INTO bounces VALUES (?, ?, ?, ?)", row)
            database.commit()
    return {"rate": count / (time.perf_counter() - begin)}


CONTESTANTS: dict[str, Callable[[int, Path, int], dict[str, float]]] = {
    "triage": ours,
    "socket": bare,
    "mbsync": mbsync,
    "naive": naive,
}


def peak(process: str = "self") -> float:
    """The highest resident size of a process so far, in MB. (getrusage would tell that of whoever started it.)"""
    status = Path(f"/proc/{process}/status").read_text("ascii", "replace")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    sys.exit(main())
