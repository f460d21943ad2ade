"""What may go wrong while a letter leaves by SMTP, and what becomes of it. docs/faults.md shows this table."""

from __future__ import annotations

from typing import Any

from servers.proxy import Fault

REVIEW = "review"
RELEASED = "released"
UNKNOWN = "unknown"
ARRIVED = "arrived"
SENT = "sent"
MEANING = {
    REVIEW: "nothing was claimed: the letter stays up for review, and leaves when it is sent again",
    RELEASED: "certainly nothing left: no notice is counted, the letter is released, and a new draft leaves",
    UNKNOWN: "unconfirmed: the notice counts, and nothing sends it again; the author has nothing",
    ARRIVED: "unconfirmed: the notice counts, and nothing sends it again; the author has it once",
    SENT: "sent in the same run, over a new session where need be; the author has it once",
}

STEPS: dict[str, dict[str, Any]] = {
    "greeting": {"at": b""},
    "EHLO": {"at": rb"^EHLO "},
    "STARTTLS": {"at": rb"^STARTTLS"},
    "AUTH": {"at": rb"^AUTH "},
    "MAIL": {"at": rb"^MAIL "},
    "RCPT": {"at": rb"^RCPT "},
    "DATA": {"at": rb"^DATA"},
    "the content": {"at": rb"^Subject: "},
    "the final dot": {"at": rb"^\.\r\n$"},
}
NONE = "-"

MATRIX: dict[str, tuple[dict[str, Any], str]] = {
    "cut before the server hears": ({}, "review review review review sent sent unknown unknown unknown"),
    "cut before it answers": ({"passes": 0}, "review review review review sent sent unknown - arrived"),
    "reset (RST)": ({"resets": True}, "review review review review sent sent unknown unknown unknown"),
    "no answer": ({"is_silent": True}, "review review review review sent sent unknown - arrived"),
    "octet after octet": ({"dribbles": True}, "sent sent - sent sent sent sent - sent"),
    "4xx": ({"says": b"451 4.3.0 not now\r\n"}, "review sent review review released released released - released"),
    "5xx": ({"says": b"554 5.7.1 never\r\n"}, "review sent review review released released released - released"),
    "421, and it hangs up": (
        {"says": b"421 4.3.2 closing\r\n", "and_hangs_up": True},
        "review review review review sent released released released released",
    ),
    "what makes no sense": (
        {"says": b"hello?\r\n"},
        "review sent review review released released released - unknown",
    ),
}


def cells() -> list[tuple[str, str, Fault, str]]:
    """(step, what goes wrong, how, what becomes of it)."""
    return [
        (step, what, Fault(**where, **how), outcome)
        for what, (how, outcomes) in MATRIX.items()
        for (step, where), outcome in zip(STEPS.items(), outcomes.split(), strict=True)
        if outcome != NONE
    ]
