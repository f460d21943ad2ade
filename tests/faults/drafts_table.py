"""What may go wrong while a letter is put into Drafts, and what becomes of it. docs/faults.md shows this table."""

from __future__ import annotations

from typing import Any

from servers.proxy import Fault

REVIEW = "review"
RELEASED = "released"
UNKNOWN = "unknown"
LIES_THERE = "lies there"
HANDED_OVER = "handed over"
MEANING = {
    REVIEW: "nothing was claimed: the letter stays up for review, and is handed over when it is sent again",
    RELEASED: "certainly nothing lies there: no notice is counted, the letter is released, and a new draft goes",
    UNKNOWN: "unconfirmed: the notice counts, and nothing puts it there again; Drafts holds nothing",
    LIES_THERE: "unconfirmed: the notice counts, and nothing puts it there again; it lies in Drafts once",
    HANDED_OVER: "handed over in the same run, over a new session where need be; it lies in Drafts once",
}

STEPS: dict[str, dict[str, Any]] = {
    "login": {"at": rb"^\S+ (?:AUTHENTICATE|LOGIN) ", "skip": 1},
    "EXAMINE": {"at": rb'^\S+ EXAMINE "?Drafts', "skip": 2},
    "SEARCH": {"at": rb"^\S+ UID SEARCH HEADER Message-ID", "folder": b"Drafts"},
    "APPEND": {"at": rb'^\S+ APPEND "?Drafts'},
    "its literal": {"at": rb'^\S+ APPEND "?Drafts', "uploads": 100},
    "after the literal": {"at": rb'^\S+ APPEND "?Drafts'},
}
NONE = "-"

MATRIX: dict[str, tuple[dict[str, Any], str]] = {
    "cut before the server hears": ({}, "review, handed over, handed over, unknown, unknown, -"),
    "cut before it answers": ({"passes": 0}, "review, handed over, handed over, unknown, -, -"),
    "cut before the last answer": ({"passes": 20}, "-, -, -, -, -, lies there"),
    "reset (RST)": ({"resets": True}, "review, handed over, handed over, unknown, unknown, -"),
    "no answer": ({"is_silent": True}, "review, handed over, handed over, unknown, -, -"),
    "octet after octet": (
        {"dribbles": True},
        "handed over, handed over, handed over, handed over, -, -",
    ),
    "NO": ({"says": b"TAG NO [UNAVAILABLE] not now\r\n"}, "review, handed over, handed over, released, -, -"),
    "BAD": ({"says": b"TAG BAD what?\r\n"}, "review, handed over, handed over, released, -, -"),
    "BYE": (
        {"says": b"* BYE shutting down\r\n", "and_hangs_up": True},
        "review, handed over, handed over, unknown, -, -",
    ),
    "NO [OVERQUOTA]": ({"says": b"TAG NO [OVERQUOTA] full\r\n"}, "-, -, -, released, -, -"),
    "NO [TRYCREATE]": ({"says": b"TAG NO [TRYCREATE] no such mailbox\r\n"}, "-, -, -, released, -, -"),
}


def cells() -> list[tuple[str, str, Fault, str]]:
    """(step, what goes wrong, how, what becomes of it)."""
    return [
        (step, what, Fault(**where, **how), outcome)
        for what, (how, outcomes) in MATRIX.items()
        for (step, where), outcome in zip(STEPS.items(), outcomes.split(", "), strict=True)
        if outcome != NONE
    ]
