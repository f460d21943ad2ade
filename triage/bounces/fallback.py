"""flufl.bounce, for reports that nothing else here understands.

It raises on one mail in ten that was damaged on its way, and returns b"" and fragments: wrapped and checked.
"""

from __future__ import annotations

import re

from triage.bounces.addresses import in_text, unwrapped
from triage.text import valid

_EMPTY_LINES = re.compile(rb"\n{3,}")
_LONG_LINES = re.compile(rb"([^\n]{998})[^\n]+")
"""RFC 5322, 2.1.1, allows 998 octets; its patterns are slow on more."""
MOST_BYTES = 16_000
"""Its patterns are slow on long mails, and its answers stand at the beginning."""
MOST_RECIPIENTS = 50


def recipients(raw: bytes) -> list[str]:
    """The failed addresses it finds, those that are addresses; [] where it fails."""
    import logging
    from email import message_from_bytes

    from flufl.bounce import scan_message

    logging.getLogger("flufl.bounce").disabled = True  # it logs every exception of its detectors to the terminal
    try:
        found = scan_message(message_from_bytes(_few_lines(raw[:MOST_BYTES])))
    except Exception:
        return []
    written = sorted(name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name) for name in found)
    whole = [valid(name).strip() for name in written[:MOST_RECIPIENTS]]
    return [unwrapped(name) for name in whole if in_text(name) == [name]]


def _few_lines(raw: bytes) -> bytes:
    return _LONG_LINES.sub(rb"\1", _EMPTY_LINES.sub(b"\n\n", raw))
