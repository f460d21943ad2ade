"""Writes data/demo: `make demo-data`. Deterministic; a test holds the committed files equal to what this makes."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from demo_world import mailbox, tables
from demo_world.directory import protocols


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the demo's directory, ledger and mailbox.")
    parser.add_argument("--into", type=Path, default=Path(__file__).resolve().parent.parent / "data" / "demo")
    write(parser.parse_args().into)


def write(into: Path) -> None:
    """Everything but world.toml, which is written by hand."""
    found = protocols()
    shutil.rmtree(into / "mail", ignore_errors=True)
    (into / "directory").mkdir(parents=True, exist_ok=True)
    (into / "mail").mkdir()
    files = {
        "directory/authors.csv": tables.authors(),
        "directory/protocols.csv": tables.protocols(found),
        "directory/recipients.csv": tables.recipients(found),
        "directory/deliveries.csv": tables.deliveries(found),
        "ledger.csv": tables.ledger(),
    }
    files |= {f"mail/{place:04}.eml": mail for place, mail in enumerate(mailbox.mails(found), 1)}
    for name, text in files.items():
        (into / name).write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
