"""Delivery reports for machines: RFC 3464, and RFC 6533 for internationalised addresses, read tolerantly.

Fields that MTAs leave unfolded, blocks that lack the blank line between them, several reports in one mail, a report in
base64: all are read. A report's text part is not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from triage.bounces.addresses import sender_wrote, typed_address
from triage.bounces.decoding import decoded_words
from triage.bounces.reading import MOST_TEXT, Part

MOST_RECIPIENTS = 500
MOST_LINES = 20_000
LONGEST_DIAGNOSTIC = 4_000

STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status", "text/delivery-status"})

_KNOWN = frozenset(
    [
        "reporting-mta",
        "dsn-gateway",
        "received-from-mta",
        "arrival-date",
        "original-envelope-id",
        "original-recipient",
        "final-recipient",
        "action",
        "status",
        "remote-mta",
        "diagnostic-code",
        "last-attempt-date",
        "will-retry-until",
        "final-log-id",
        "localized-diagnostic",
        "failed-recipient",
        "reporting-ua",
        "disposition",
        "mdn-gateway",
        "original-message-id",
        "failure",
        "error",
        "warning",
    ]
)
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{2,60})[ \t]*:[ \t]*(.*)")
_OPENS_RECIPIENT = frozenset({"original-recipient", "final-recipient", "x-actual-recipient"})
_PER_RECIPIENT = _OPENS_RECIPIENT | {"action", "status", "diagnostic-code", "remote-mta", "last-attempt-date"}
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient as a report names it. `written` is what the sender wrote, `final` where it ended up."""

    written: str
    final: str = ""
    action: str = ""
    status: str = ""
    diagnostic: str = ""
    remote_mta: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One delivery-status part."""

    recipients: tuple[Recipient, ...]
    reporting_mta: str = ""


def reports(parts: list[Part]) -> list[Report]:
    """All delivery reports among `parts`, at most `MOST_RECIPIENTS` recipients together."""
    found: list[Report] = []
    room = MOST_RECIPIENTS
    for part in parts:
        if part.type in STATUS_TYPES or _is_report_in_disguise(part):
            report = read(part.text, room)
            room -= len(report.recipients)
            found.append(report)
    return found


def _is_report_in_disguise(part: Part) -> bool:
    """A report under a wrong type (text/plain, application/octet-stream): it begins with the fields of one."""
    if part.type not in ("text/plain", "application/octet-stream", "text/rfc822-headers") or part.parts:
        return False
    beginning = part.beginning(600).lower()
    return beginning.startswith((b"reporting-mta:", b"final-recipient:", b"original-recipient:")) or (
        b"\nfinal-recipient:" in beginning and b"\naction:" in beginning
    )


def read(text: str, room: int = MOST_RECIPIENTS) -> Report:
    """The recipients of one delivery-status text."""
    mta = ""
    recipients: list[Recipient] = []
    for block in _blocks(text[:MOST_TEXT]):
        mta = mta or _without_type(block.get("reporting-mta", ""))
        if len(recipients) >= room:
            break
        recipient = _recipient(block)
        if recipient is None:
            continue
        if recipients and not (recipients[-1].action or recipients[-1].status):
            recipients[-1] = replace(recipient, written=recipients[-1].written, final=recipients[-1].final)
        recipients.append(recipient)
    return Report(tuple(recipients), mta)


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """Groups of fields that speak of one recipient (the first, of the message).

    A new group begins where a field comes a second time and where a new recipient is named after the last one's
    fields; an empty line alone ends nothing, for some MTAs put one inside.
    """
    block: dict[str, str] = {}
    name, apart = "", False
    for line in text.split("\n")[:MOST_LINES]:
        if not line.strip():
            apart = True
            continue
        found = None if line[0] in " \t" else _FIELD.match(line)
        key = found[1].lower() if found else ""
        if found and (key in _KNOWN or key.startswith("x-") or apart):
            if key in _PER_RECIPIENT and (key in block or (apart and _is_complete(block))):
                yield block
                block = {}
            name, apart = key, False
            block.setdefault(name, found[2].strip())
        elif (
            name
            and not apart
            and (line[0] in " \t" or name == "diagnostic-code")
            and len(block[name]) < LONGEST_DIAGNOSTIC
        ):
            block[name] += " " + line.strip()
    if block:
        yield block


def _is_complete(block: dict[str, str]) -> bool:
    return bool(_OPENS_RECIPIENT & block.keys()) and bool({"action", "status"} & block.keys())


def _recipient(block: dict[str, str]) -> Recipient | None:
    original = typed_address(block.get("original-recipient", ""))
    final = typed_address(block.get("final-recipient", "")) or typed_address(block.get("x-actual-recipient", ""))
    written = sender_wrote(original, final)
    if not written:
        return None
    status = block.get("status", "")
    diagnostic = block.get("diagnostic-code", "") or block.get("localized-diagnostic", "")
    if not diagnostic and "(" in status:
        diagnostic = status.partition("(")[2].rstrip(") ")
    return Recipient(
        written=written,
        final=final if final != written else "",
        action=block.get("action", "").split("(")[0].strip().lower()[:40],
        status=_dotted(status),
        diagnostic=decoded_words(_without_type(diagnostic))[:LONGEST_DIAGNOSTIC],
        remote_mta=_without_type(block.get("remote-mta", ""))[:300],
    )


def _dotted(status: str) -> str:
    """`5.1.1 (comment)` -> `5.1.1`; a bare `511` too."""
    found = _STATUS.search(status[:200])
    if found:
        return found[0]
    bare = status.strip()
    return ".".join(bare) if len(bare) == 3 and bare.isascii() and bare.isdigit() and bare[0] in "245" else ""


_TYPE = re.compile(r"\s*(?:x-)?[a-z0-9]+(?:[-_][a-z0-9-]+)*\s*;\s*", re.I)


def _without_type(value: str) -> str:
    """`smtp; 550 No such user` -> `550 No such user`."""
    found = _TYPE.match(value[:60])
    return value[found.end() :] if found else value
