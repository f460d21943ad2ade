"""Delivery reports for machines: RFC 3464, and RFC 6533 for internationalised addresses, read tolerantly.

Fields that MTAs leave unfolded, blocks that lack the blank line between them, several reports in one mail, a report in
base64: all are read. A report's text part is not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from triage.bounces.addresses import in_text, sender_wrote, typed_address, without_xtext
from triage.bounces.decoding import decoded_words
from triage.bounces.kinds import DELIVERED_ACTIONS
from triage.bounces.reading import MOST_TEXT, Part

MOST_RECIPIENTS = 500
MOST_LINES = 20_000
LONGEST_DIAGNOSTIC = 4_000

STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status", "text/delivery-status"})
_DISGUISES = frozenset({"text/plain", "application/octet-stream", "text/rfc822-headers"})
"""Types under which reports come too."""

_KNOWN = frozenset(
    {
        "reporting-mta", "dsn-gateway", "received-from-mta", "arrival-date", "original-envelope-id",
        "original-recipient", "final-recipient", "action", "status", "remote-mta", "diagnostic-code",
        "last-attempt-date", "will-retry-until", "final-log-id", "localized-diagnostic", "failed-recipient",
        "reporting-ua", "disposition", "mdn-gateway", "original-message-id", "failure", "error", "warning",
    }
)  # fmt: skip
_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{2,60})[ \t]*:[ \t]*(.*)")
_OPENS_RECIPIENT = frozenset({"original-recipient", "final-recipient", "x-actual-recipient"})
_PER_RECIPIENT = _OPENS_RECIPIENT | {"action", "status", "diagnostic-code", "remote-mta", "last-attempt-date"}
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")


class Recipient(NamedTuple):
    """One recipient as a report names it. `written` is what the sender wrote, `final` where it ended up."""

    written: str
    final: str = ""
    action: str = ""
    status: str = ""
    diagnostic: str = ""
    remote_mta: str = ""


class Report(NamedTuple):
    """One delivery-status part."""

    recipients: tuple[Recipient, ...]
    reporting_mta: str = ""


def reports(parts: list[Part], faults: list[str]) -> list[Report]:
    """All delivery reports among `parts`, at most `MOST_RECIPIENTS` recipients together; more are named in `faults`."""
    found: list[Report] = []
    room = MOST_RECIPIENTS
    for part in parts:
        if part.type in STATUS_TYPES or (part.type in _DISGUISES and _begins_as_report(part)):
            text = part.text
            report = read(text, room + 1)
            if len(text) == MOST_TEXT:
                faults.append("cut")
            if len(report.recipients) > room:
                faults.append("too many recipients")
                report = Report(report.recipients[:room], report.reporting_mta)
            room -= len(report.recipients)
            found.append(report)
    return found


def _begins_as_report(part: Part) -> bool:
    """Whether a part of another type begins with the fields of a report."""
    beginning = part.beginning(600).lower()
    return beginning.startswith((b"reporting-mta:", b"final-recipient:", b"original-recipient:")) or (
        b"\nfinal-recipient:" in beginning and b"\naction:" in beginning
    )


def read(text: str, room: int = MOST_RECIPIENTS) -> Report:
    """The recipients of one delivery-status text. Of those that it was delivered to only the first counts."""
    mta = ""
    recipients: list[Recipient] = []
    bare, delivered = 0, False
    for block in _blocks(text[:MOST_TEXT]):
        mta = mta or _without_type(block.get("reporting-mta", ""))
        recipient = _recipient(block)
        if recipient is None:
            continue
        if recipient.action in DELIVERED_ACTIONS:
            if delivered:
                continue
            delivered = True
        if len(recipients) >= room:
            break
        recipients += _each(recipient, block)[: room - len(recipients)]
        if not (recipient.action or recipient.status or recipient.diagnostic):
            bare += 1
            continue
        while bare:  # several recipients that share the fields behind the last of them
            before = recipients[-1 - bare]
            recipients[-1 - bare] = recipient._replace(written=before.written, final=before.final)
            bare -= 1
    return Report(tuple(recipients), mta)


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """Groups of fields that speak of one recipient (the first, of the message).

    A new group begins where a field comes a second time and where a new recipient is named after the last one's
    fields; an empty line alone ends nothing, for some MTAs put one inside.
    """
    block: dict[str, str] = {}
    name, apart = "", False
    for line in text.split("\n")[:MOST_LINES]:
        key, colon, value = line.partition(":")
        key = key.lower()
        if key not in _KNOWN or not colon:
            if not line or line.isspace():
                apart = True
                continue
            found = _FIELD.match(line) if colon else None
            key = found[1].lower() if found else ""
            if not found or not (apart or key.startswith("x-") or key in _KNOWN):
                goes_on = name and not apart and (line[0] in " \t" or name == "diagnostic-code")
                if goes_on and len(block[name]) < LONGEST_DIAGNOSTIC:
                    block[name] += " " + line.strip()
                continue
            value = found[2]
        if key in _PER_RECIPIENT and (key in block or (apart and _is_complete(block))):
            yield block
            block = {}
        name, apart = key, False
        if name not in block:
            block[name] = value.strip()
    if block:
        yield block


def _is_complete(block: dict[str, str]) -> bool:
    return bool(_OPENS_RECIPIENT & block.keys()) and bool({"action", "status"} & block.keys())


def _recipient(block: dict[str, str]) -> Recipient | None:
    final = typed_address(block.get("final-recipient") or "") or typed_address(block.get("x-actual-recipient") or "")
    original = block.get("original-recipient")
    written = sender_wrote(without_xtext(typed_address(original), final), final) if original else final
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
        status=_dotted(status[:200]),
        diagnostic=_said(diagnostic),
        remote_mta=_without_type(block.get("remote-mta", ""))[:300],
    )


def _each(recipient: Recipient, block: dict[str, str]) -> list[Recipient]:
    """A recipient of its own for each address, where a field names several (RFC 3464 allows one)."""
    named = block.get("original-recipient") or block.get("final-recipient") or ""
    if named.count("@") < 2 or "," not in named:
        return [recipient]
    several = in_text(named.partition(";")[2] or named)
    return [recipient._replace(written=name, final="") for name in several] if len(several) > 1 else [recipient]


def _said(diagnostic: str) -> str:
    said = _without_type(diagnostic)
    return (decoded_words(said) if "=?" in said else said)[:LONGEST_DIAGNOSTIC]


@lru_cache(maxsize=256)
def _dotted(status: str) -> str:
    """`5.1.1 (comment)` -> `5.1.1`; a bare `511` too."""
    found = _STATUS.search(status)
    if found:
        return found[0]
    bare = status.strip()
    return ".".join(bare) if len(bare) == 3 and bare.isascii() and bare.isdigit() and bare[0] in "245" else ""


_TYPE = re.compile(r"\s*+[a-z0-9][a-z0-9_-]*+\s*+;\s*", re.I)


def _without_type(value: str) -> str:
    """`smtp; 550 No such user` -> `550 No such user`."""
    found = _TYPE.match(value[:60])
    return value[found.end() :] if found else value
