"""What may go wrong while the mailbox is read, and what becomes of the sync. docs/faults.md shows these tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from servers.proxy import Fault

NEXT = "next"
REST = "rest"
SAME = "same"
NAMED = "named"
LATER = "later"
MEANING = {
    NEXT: "the sync ends with one line that says why, nothing was kept; the next one brings all",
    REST: "the sync ends with one line that says why, what was kept stays; the next one brings the rest",
    SAME: "the same sync brings all",
    LATER: "the sync brings none, and the next one all",
    NAMED: "the one message is kept by its name, without content; the same sync brings all others",
}

STEPS: dict[str, dict[str, Any]] = {
    "greeting": {"at": b""},
    "CAPABILITY": {"at": rb"^\S+ CAPABILITY"},
    "login": {"at": rb"^\S+ (?:AUTHENTICATE|LOGIN) "},
    "EXAMINE": {"at": rb'^\S+ EXAMINE "?INBOX'},
    "SEARCH": {"at": rb"^\S+ UID SEARCH", "folder": b"INBOX"},
    "FETCH of sizes": {"at": rb"^\S+ UID FETCH .*RFC822\.SIZE", "folder": b"INBOX"},
    "FETCH of mails": {"at": rb"^\S+ UID FETCH .*BODY\.PEEK\[\]", "folder": b"INBOX"},
    "next batch": {"at": rb"^\S+ UID FETCH .*RFC822\.SIZE", "folder": b"INBOX", "skip": 1},
    "LOGOUT": {"at": rb"^\S+ LOGOUT"},
}

MATRIX: dict[str, tuple[dict[str, Any], str]] = {
    "cut before the server hears": ({}, "next next next next next next same rest same"),
    "cut before it answers": ({"passes": 0}, "next next next next next next same rest same"),
    "cut in its answer": ({"passes": 2}, "next next next next next next same rest same"),
    "reset (RST)": ({"resets": True}, "next next next next next next next rest same"),
    "NO": ({"says": b"TAG NO [UNAVAILABLE] not now\r\n"}, "next next next next next next same rest same"),
    "BAD": ({"says": b"TAG BAD what?\r\n"}, "next next next next next next same rest same"),
    "BYE": ({"says": b"* BYE shutting down\r\n", "and_hangs_up": True}, "next next next next next next same rest same"),
    "no answer": ({"is_silent": True}, "next next next next next next next rest same"),
    "octet after octet": ({"dribbles": True}, "same same same same same same same same same"),
}


def cells() -> list[tuple[str, str, Fault, str]]:
    """(step, what goes wrong, how, what becomes of it)."""
    return [
        (step, what, Fault(**where, **how), outcome)
        for what, (how, outcomes) in MATRIX.items()
        for (step, where), outcome in zip(STEPS.items(), outcomes.split(), strict=True)
    ]


def _swap(old: bytes, new: bytes, count: int = 0) -> Callable[[bytes], bytes]:
    return lambda answer: re.sub(old, new, answer, count=count, flags=re.DOTALL)


def _longer(by: int) -> Callable[[bytes], bytes]:
    """The first literal announced as if it were so much longer."""
    return lambda answer: re.sub(rb"\{(\d+)\}", lambda m: b"{%d}" % (int(m[1]) + by), answer, count=1)


_EXAMINE, _SEARCH, _SIZES, _MAILS = (STEPS[s] for s in ("EXAMINE", "SEARCH", "FETCH of sizes", "FETCH of mails"))
_SWAPPED = {b"UID 1 ": b"UID 2 ", b"UID 2 ": b"UID 1 "}
_ALWAYS: dict[str, Any] = {"times": 99}

LIES: dict[str, tuple[Fault, str]] = {
    "a literal that is cut in its middle": (Fault(**_MAILS, passes=2_000), SAME),
    "a literal announced too small": (Fault(**_MAILS, edits=_longer(-3)), SAME),
    "a literal announced too large": (Fault(**_MAILS, edits=_longer(3)), NEXT),
    "a literal announced far too large": (Fault(**_MAILS, edits=_longer(99_999)), NEXT),
    "a literal of negative size": (Fault(**_MAILS, edits=_swap(rb"\{\d+\}", b"{-5}", 1)), SAME),
    "a literal of 99,999,999,999 octets": (Fault(**_MAILS, edits=_swap(rb"\{\d+\}", b"{99999999999}", 1)), SAME),
    "always literals too small": (Fault(**_MAILS, **_ALWAYS, edits=_longer(-3)), NEXT),
    "always a NO to the FETCH of mails": (Fault(**_MAILS, **_ALWAYS, says=b"TAG NO [INUSE] locked\r\n"), NEXT),
    "always a BYE at the FETCH of mails": (
        Fault(**_MAILS, **_ALWAYS, says=b"* BYE too much\r\n", and_hangs_up=True),
        NEXT,
    ),
    "always cut in the FETCH of mails": (Fault(**_MAILS, **_ALWAYS, passes=100), NEXT),
    "sizes of 1": (Fault(**_SIZES, edits=_swap(rb"SIZE \d+", b"SIZE 1")), SAME),
    "sizes of 4 GB": (Fault(**_SIZES, edits=_swap(rb"SIZE \d+", b"SIZE 4294967295")), SAME),
    "sizes that are no numbers": (Fault(**_SIZES, edits=_swap(rb"SIZE \d+", b"SIZE NIL")), SAME),
    "times of a zone that does not exist": (Fault(**_SIZES, edits=_swap(rb'[+-]\d{4}"', b'+9900"')), SAME),
    "times of such a zone, and flags": (
        Fault(**_SIZES, edits=_swap(rb'[+-]\d{4}"\)', b'+9900" FLAGS ())')),
        SAME,
    ),
    "a message passed over in the list of sizes": (
        Fault(**_SIZES, edits=_swap(rb"\* 1 FETCH[^\n]*\n", b"", 1)),
        SAME,
    ),
    "a message passed over in the FETCH of mails": (
        Fault(**_MAILS, edits=_swap(rb"\* 1 FETCH.*(\* 2 FETCH)", rb"\1", 1)),
        SAME,
    ),
    "a message without content (NIL)": (
        Fault(**_MAILS, edits=_swap(rb"BODY\[\] \{.*(\)\r\n\* 2 FETCH)", rb"BODY[] NIL\1", 1)),
        SAME,
    ),
    "a message of no octets": (
        Fault(**_MAILS, edits=_swap(rb"BODY\[\] \{.*(\)\r\n\* 2 FETCH)", rb"BODY[] {0}\r\n\1", 1)),
        SAME,
    ),
    "always a NO to one message": (
        Fault(rb"UID FETCH (?:1|1,2|1:2) .*BODY\.PEEK\[\]", b"INBOX", **_ALWAYS, says=b"TAG NO [SERVERBUG] no\r\n"),
        NAMED,
    ),
    "two messages under one UID": (Fault(**_MAILS, edits=_swap(b"UID 2 ", b"UID 1 ")), SAME),
    "two messages under each other's UID": (
        Fault(**_MAILS, edits=lambda answer: re.sub(rb"UID [12] ", lambda m: _SWAPPED[m[0]], answer)),
        SAME,
    ),
    "a message under a foreign UID": (Fault(**_MAILS, edits=_swap(b"UID 2 ", b"UID 4 ")), SAME),
    "UIDs named twice": (Fault(**_SEARCH, edits=_swap(b"SEARCH 1 2", b"SEARCH 1 1 2 2")), SAME),
    "UIDs in disorder": (Fault(**_SEARCH, edits=_swap(b"SEARCH 1 2 3 4 5", b"SEARCH 5 3 1 4 2")), SAME),
    "UIDs that do not exist": (Fault(**_SEARCH, edits=_swap(b"4 5\r", b"4 5 77 99\r")), SAME),
    "a SEARCH that finds nothing once": (Fault(**_SEARCH, edits=_swap(b"SEARCH 1 2 3 4 5", b"SEARCH")), LATER),
    "UIDNEXT too small": (Fault(**_EXAMINE, edits=_swap(rb"UIDNEXT \d+", b"UIDNEXT 1")), SAME),
    "UIDNEXT of 4,294,967,295": (Fault(**_EXAMINE, edits=_swap(rb"UIDNEXT \d+", b"UIDNEXT 4294967295")), SAME),
    "EXISTS of 0": (Fault(**_EXAMINE, edits=_swap(b"5 EXISTS", b"0 EXISTS")), SAME),
    "another UIDVALIDITY": (Fault(**_EXAMINE, edits=_swap(rb"UIDVALIDITY \d+", b"UIDVALIDITY 7")), SAME),
    "no UIDVALIDITY": (Fault(**_EXAMINE, edits=_swap(rb"\* OK \[UIDVALIDITY[^\n]*\n", b"")), SAME),
    "news and foreign flags among the mails": (
        Fault(**_MAILS, edits=lambda answer: b"* 9 EXISTS\r\n* 3 FETCH (UID 1 FLAGS (\\Seen))\r\n" + answer),
        SAME,
    ),
}
