"""What a template is given: cleaned text, numbers, nothing that came by mail as it came.

The names are those that templates use: a name changed here breaks templates of the users' own.
"""

from __future__ import annotations

from triage import clock, lang, text
from triage.letters.greeting import greeting
from triage.letters.request import Request, RequestItem

_LONGEST_DIAGNOSTIC = 500
_MENDED_BY_SPELLING = ("wrong_mailbox", "wrong_domain")


def words(request: Request, language: str) -> dict[str, object]:
    """The template's variables."""
    to_name = _clean(request.to_name)
    items = [_item(item, language) for item in request.items]
    numbers = {item.number for item in request.items}
    return {
        "greeting": greeting(to_name, _clean(request.salutation), _clean(request.title), language),
        "items": items,
        "many": len(items) > 1,
        "number": max(numbers, default=0),
        "same_number": len(numbers) <= 1,
        "misspelt": all(item["kind"] in _MENDED_BY_SPELLING or item["fault"] for item in items),
        "suggestions": sum(1 for item in items if item["suggestion"]),
        "reference": _clean(request.reference),
        "to_name": to_name,
        "staff_name": _clean(request.staff_name),
        "sender_name": _clean(request.sender_name),
        "deputy_for": _clean(request.deputy_for),
        "senders": [text.address(sender) for sender in request.senders],
        "sender_ips": [_clean(ip) for ip in request.sender_ips],
    }


def _item(item: RequestItem, language: str) -> dict[str, object]:
    return {
        "address": text.address(item.address),
        "kind": item.kind.value,
        "sentence": lang.label(item.kind, "sentence", into=language),
        "fault": lang.label(item.fault, into=language) if item.fault else "",
        "number": item.number,
        "name": _clean(item.name),
        "company": _clean(item.company),
        "protocol": _clean(item.protocol),
        "protocol_title": _clean(item.protocol_title),
        "protocol_date": lang.letter_day(item.protocol_date, language) if item.protocol_date else "",
        "project": _clean(item.project),
        "failures": item.failures,
        "first_failed": lang.letter_day(item.first_failed, language) if item.first_failed else "",
        "last_failed": lang.letter_day(item.last_failed, language) if item.last_failed else "",
        "last_moment": clock.local(item.last_failed).strftime("%Y-%m-%d %H:%M %z") if item.last_failed else "",
        "diagnostic": _clean(item.diagnostic, _LONGEST_DIAGNOSTIC),
        "suggestion": text.address(item.suggestion),
    }


def _clean(raw: str, cap: int = 200) -> str:
    """One line, single spaces."""
    return " ".join(text.line(raw, cap).split())
