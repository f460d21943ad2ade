"""How fast a large directory is imported, and how fast it answers afterwards.

    python benchmarks/directory.py [--recipients 100000] [--deliveries 1000000] [--folder FOLDER]

Writes the export as CSV, imports it into a new store, imports it again, then once more with a thousandth of the
addresses corrected; prints rows a second, the most memory the process held, and look-ups in µs (median, 99th
percentile).
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from triage import config
from triage.desk import Desk, directory, open_desk
from triage.store import corrections
from triage.store import directory as kept

BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)
PER_PROTOCOL = 20


def write_export(folder: Path, recipients: int, deliveries: int) -> None:
    """The four tables: each person on the lists of one protocol, mailed to again and again."""
    folder.mkdir(parents=True, exist_ok=True)
    protocols = max(1, recipients // PER_PROTOCOL)
    with (folder / "authors.csv").open("w") as file:
        file.write("id,name,email\n")
        file.writelines(f"A{n},Author {n},a{n}@office{n % 300}.example\n" for n in range(1 + protocols // 10))
    with (folder / "protocols.csv").open("w") as file:
        file.write("number,title,author,date,url\n")
        for n in range(protocols):
            file.write(f"2026-{n:06},Jour fixe {n},A{n // 10},2026-01-05,https://iprot.example/p/{n:x}\n")
    with (folder / "recipients.csv").open("w") as file:
        file.write("id,name,company,email,protocol,entered_by,entered_at\n")
        for n in range(recipients):
            file.write(
                f"R{n},Person {n},Firm {n % 900},p{n}@firm{n % 900}.example,"
                f"2026-{n // PER_PROTOCOL % protocols:06},A1,2026-01-02T09:00:00Z\n"
            )
    with (folder / "deliveries.csv").open("w") as file:
        file.write("protocol,recipient,address,message_id,sent_at\n")
        for n in range(deliveries):
            who = n % recipients
            sent = (BEGAN + timedelta(seconds=23 * n)).strftime("%Y-%m-%dT%H:%M:%SZ")
            file.write(
                f"2026-{who // PER_PROTOCOL % protocols:06},R{who},p{who}@firm{who % 900}.example,"
                f"<p{n:x}.{n * 2654435761 % 2**32:08x}@iprot.example>,{sent}\n"
            )


def correct_some(folder: Path, every: int = 1_000) -> None:
    file = folder / "recipients.csv"
    lines = file.read_text().splitlines(keepends=True)
    lines[1::every] = [line.replace("@firm", "@new.firm") for line in lines[1::every]]
    file.write_text("".join(lines))


def timed_import(desk: Desk, name: str, rows: int) -> None:
    began = time.monotonic()
    report = directory.import_directory(desk, complete=True)
    took = time.monotonic() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:22} {took:7.1f} s  {rows / took:9,.0f} rows/s  most memory {most:5.0f} MB"
        f"   new {report.new:,} changed {report.changed:,} same {report.same:,}",
        flush=True,
    )


def timed_look_ups(desk: Desk, recipients: int, deliveries: int, times: int = 2_000) -> None:
    chosen = random.Random(5)  # noqa: S311 (the same every time)
    lookup = kept.Lookup(desk.store)
    protocols = max(1, recipients // PER_PROTOCOL)

    def address() -> str:
        n = chosen.randrange(recipients)
        return f"p{n}@firm{n % 900}.example"

    def message_id() -> str:
        n = chosen.randrange(deliveries)
        return f"p{n:x}.{n * 2654435761 % 2**32:08x}@iprot.example"

    def number() -> str:
        return f"2026-{chosen.randrange(protocols):06}"

    until = BEGAN + timedelta(days=4000)
    asked: dict[str, Callable[[], object]] = {
        "deliveries_with": lambda: lookup.deliveries_with(message_id()),
        "deliveries_to": lambda: lookup.deliveries_to(address(), BEGAN, until),
        "protocol": lambda: lookup.protocol(number()),
        "protocol_with_url": lambda: lookup.protocol_with_url(
            f"https://iprot.example/p/{chosen.randrange(protocols):x}"
        ),
        "is_on_list": lambda: lookup.is_on_list(address(), number()),
        "recipient_with": lambda: kept.recipient_with(desk.store, address(), number()),
        "corrections.made_of": lambda: corrections.made_of(desk.store, address()),
        "corrections.delivered": lambda: corrections.delivered(desk.store, address(), None),
    }
    for name, ask in asked.items():
        took: list[float] = []
        for _again in range(times):
            began = time.perf_counter()
            ask()
            took.append((time.perf_counter() - began) * 1e6)
        ninety_nine = statistics.quantiles(took, n=100)[98]
        print(f"{name:22} median {statistics.median(took):7.0f} µs   99 % {ninety_nine:7.0f} µs")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipients", type=int, default=100_000)
    options.add_argument("--deliveries", type=int, default=1_000_000)
    options.add_argument("--folder", type=Path)
    asked = options.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="triage-directory-"))
    export = folder / "export"
    write_export(export, asked.recipients, asked.deliveries)
    settings = config.parse('[directory]\npath = "export/"\n[staff]\nname = "x"\n', folder / "triage.toml")
    rows = asked.recipients + asked.deliveries
    with open_desk(settings, folder / "triage.db") as desk:
        timed_import(desk, "first import", rows)
        timed_import(desk, "the same again", rows)
        correct_some(export)
        timed_import(desk, "some corrected", rows)
        timed_look_ups(desk, asked.recipients, asked.deliveries)
    print(f"store {(folder / 'triage.db').stat().st_size / 2**20:,.0f} MB in {folder}")


if __name__ == "__main__":
    main()
