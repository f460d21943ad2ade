"""Amazon SES by way of SNS: a notification as JSON, mailed as plain text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from triage.bounces.addresses import typed_address
from triage.bounces.reports import LONGEST_DIAGNOSTIC, MOST_RECIPIENTS, Recipient
from triage.model import Kind
from triage.text import valid

MOST_TEXT = 300_000

_KINDS = {"complaint": Kind.FEEDBACK, "delivery": Kind.DELIVERED}


@dataclass(frozen=True, slots=True)
class Notification:
    """What happened: `kind` for what is no bounce, else the recipients that bounced."""

    kind: Kind | None = None
    recipients: tuple[Recipient, ...] = ()


def read(text: str) -> Notification | None:
    """The notification that a text consists of, or None."""
    if "otificationType" not in text and "eventType" not in text:
        return None
    event = _event(text[:MOST_TEXT])
    what = str(event.get("notificationType") or event.get("eventType") or "").lower()
    if what in _KINDS:
        return Notification(_KINDS[what])
    bounce = event.get("bounce")
    if what != "bounce" or not isinstance(bounce, dict):
        return None
    named = bounce.get("bouncedRecipients")
    found = [_recipient(entry) for entry in named[:MOST_RECIPIENTS]] if isinstance(named, list) else []
    return Notification(recipients=tuple(recipient for recipient in found if recipient))


def _event(text: str) -> dict[str, Any]:
    """The event, which SNS wraps as a string into an object of its own; {} for anything else."""
    import json

    begin, end = text.find("{"), text.rfind("}")
    try:
        # Relays break long lines with "!\\n ", which no JSON knows.
        outer = json.loads(text[begin : end + 1].replace("!\n ", ""), strict=False)
        if isinstance(outer, dict) and isinstance(outer.get("Message"), str):
            outer = json.loads(outer["Message"], strict=False)
    except (ValueError, RecursionError):
        return {}
    return outer if isinstance(outer, dict) else {}


def _recipient(entry: object) -> Recipient | None:
    if not isinstance(entry, dict):
        return None
    address = typed_address(valid(str(entry.get("emailAddress", ""))))
    if not address:
        return None
    return Recipient(
        address,
        action=valid(str(entry.get("action", "")))[:40].lower(),
        status=valid(str(entry.get("status", "")))[:12],
        diagnostic=valid(str(entry.get("diagnosticCode", ""))).removeprefix("smtp; ")[:LONGEST_DIAGNOSTIC],
    )
