"""Delivery reports for machines: RFC 3464, and RFC 6533 for internationalised addresses, read tolerantly.

Fields that MTAs leave unfolded, blocks that lack the blank line between them, several reports in one mail, a report in
base64: all are read. A report's text part is not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from triage.bounces.addresses import in_text, sender_wrote, typed_address, without_xtext
from triage.bounces.decoding import decoded_words
from triage.bounces.kinds import DELIVERED_ACTIONS
from triage.bounces.reading import MOST_TEXT, Part

MOST_RECIPIENTS = 500
MOST_LINES = 20_000
LONGEST_DIAGNOSTIC = 4_000

STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status", "text/delivery-status"})

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


def reports(parts: list[Part], faults: list[str]) -> list[Report]:
    """All delivery reports among `parts`, at most `MOST_RECIPIENTS` recipients together; more are named in `faults`."""
    found: list[Report] = []
    room = MOST_RECIPIENTS
    for part in parts:
        if part.type in STATUS_TYPES or _is_report_in_disguise(part):
            report = read(part.text, room + 1)
            if len(part.text) == MOST_TEXT:
                faults.append("cut")
            if len(report.recipients) > room:
                faults.append("too many recipients")
                report = Report(report.recipients[:room], report.reporting_mta)
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
        # Several recipients that share the fields behind the last of them.
        for at in range(len(recipients) - 1 - bare, len(recipients) - 1):
            recipients[at] = replace(recipient, written=recipients[at].written, final=recipients[at].final)
        bare = 0
    return Report(tuple(recipients), mta)


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """Groups of fields that speak of one recipient (the first, of the message).

    A new group begins where a field comes a second time and where a new recipient is named after the last one's
    fields; an empty line alone ends nothing, for some MTAs put one inside.
    """
    block: dict[str, str] = {}
    name, apart = "", False
    for line in text.split("\n")[:MOST_LINES]:
        if not line or line.isspace():
            apart = True
            continue
        key, colon, value = line.partition(":")
        key = key.lower()
        if colon and key not in _KNOWN:
            found = _FIELD.match(line)
            key, value = (found[1].lower(), found[2]) if found else ("", "")
        if colon and key and (key in _KNOWN or key.startswith("x-") or apart):
            if key in _PER_RECIPIENT and (key in block or (apart and _is_complete(block))):
                yield block
                block = {}
            name, apart = key, False
            block.setdefault(name, value.strip())
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
        status=_dotted(status),
        diagnostic=_said(diagnostic),
        remote_mta=_without_type(block.get("remote-mta", ""))[:300],
    )


def _each(recipient: Recipient, block: dict[str, str]) -> list[Recipient]:
    """A recipient of its own for each address, where a field names several (RFC 3464 allows one)."""
    named = block.get("original-recipient") or block.get("final-recipient") or ""
    if named.count("@") < 2 or "," not in named:
        return [recipient]
    several = in_text(named.partition(";")[2] or named)
    return [replace(recipient, written=name, final="") for name in several] if len(several) > 1 else [recipient]


def _said(diagnostic: str) -> str:
    said = _without_type(diagnostic)
    return (decoded_words(said) if "=?" in said else said)[:LONGEST_DIAGNOSTIC]


def _dotted(status: str) -> str:
    """`5.1.1 (comment)` -> `5.1.1`; a bare `511` too."""
    found = _STATUS.search(status[:200])
    if found:
        return found[0]
    bare = status.strip()
    return ".".join(bare) if len(bare) == 3 and bare.isascii() and bare.isdigit() and bare[0] in "245" else ""


_TYPE = re.compile(r"\s*+[a-z0-9][a-z0-9_-]*+\s*+;\s*", re.I)


def _without_type(value: str) -> str:
    """`smtp; 550 No such user` -> `550 No such user`."""
    found = _TYPE.match(value[:60])
    return value[found.end() :] if found else value
