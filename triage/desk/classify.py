"""Understanding mails without settings and without a store: what `triage classify` prints."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from triage import bounces, mailbox
from triage.errors import TriageError
from triage.model import Bounce, Failure, Raw

_MOST_STDIN = 64_000_000


@dataclass(frozen=True, slots=True)
class Classified:
    """One message, or why it could not be read."""

    file: str
    index: int
    """Its place in an mbox or a folder, from 0."""
    bounce: Bounce | None
    error: str = ""


def classify(paths: Iterable[Path]) -> Iterator[Classified]:
    """Every message of files, folders, mboxes, Maildirs and `-`; a path that cannot be read is one line of its own."""
    for path in paths:
        try:
            for index, raw in enumerate(_raws(path)):
                bounce = bounces.parse(raw.content)
                yield Classified(raw.source, index, bounce, ", ".join(bounce.faults))
        except TriageError as error:
            yield Classified(str(path), 0, None, error.message)


def _raws(path: Path) -> Iterator[Raw]:
    if str(path) == "-":
        yield Raw(sys.stdin.buffer.read(_MOST_STDIN), "-")
        return
    yield from mailbox.read_files(path)


def as_object(found: Classified) -> dict[str, Any]:
    """The JSON object of one message, as the design lists its names."""
    bounce = found.bounce
    if bounce is None:
        return {
            "file": found.file,
            "index": found.index,
            "is_bounce": False,
            "kind": None,
            "recipients": [],
            "failures": [],
            "original_message_id": "",
            "error": found.error,
        }
    return {
        "file": found.file,
        "index": found.index,
        "is_bounce": bounce.is_bounce,
        "kind": bounce.kind.value,
        "recipients": list(dict.fromkeys(failure.address.written for failure in bounce.failures)),
        "failures": [_failure(failure) for failure in bounce.failures],
        "original_message_id": bounce.original_message_id,
        "error": found.error,
    }


def _failure(failure: Failure) -> dict[str, str]:
    return {
        "recipient": failure.address.written,
        "final_recipient": failure.final_recipient,
        "kind": failure.kind.value,
        "action": failure.action,
        "status": failure.status,
        "reply": failure.reply,
        "diagnostic": failure.diagnostic,
        "remote_mta": failure.remote_mta,
    }
