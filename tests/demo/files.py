"""Reading the demo's committed files, for its tests."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_string
from email.message import Message
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path

from triage.desk.world import render

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"
REFERENCE = datetime.fromisoformat("2026-11-23T09:00:00+01:00")
END = REFERENCE + timedelta(weeks=4)
STAY = timedelta(0)


@cache
def mails() -> list[Message]:
    files = sorted((DEMO / "mail").glob("*.eml"))
    return [message_from_string(render(file.read_text("utf-8"), STAY)) for file in files]


def rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((DEMO / name).read_text("utf-8"))))


def arrived(mail: Message) -> datetime:
    return parsedate_to_datetime(mail["Received"].rpartition(";")[2].strip())


def failed_addresses(mail: Message) -> Iterator[str]:
    """The recipients that a report of Postfix or another MTA with a delivery-status part names."""
    text = mail.as_string()
    if "report-type=delivery-status" in text and re.search(r"^Action: failed", text, re.M):
        original = re.findall(r"^Original-Recipient: *[\w-]+; *(.+)$", text, re.M)
        yield from original or re.findall(r"^Final-Recipient: *[\w-]+; *(.+)$", text, re.M)


def mails_until_reference() -> list[Message]:
    return [mail for mail in mails() if arrived(mail) <= REFERENCE]


def failures(until: datetime = REFERENCE) -> dict[str, list[datetime]]:
    found = defaultdict(list)
    for mail in mails():
        for address in failed_addresses(mail):
            if arrived(mail) <= until:
                found[address].append(arrived(mail))
    return found
