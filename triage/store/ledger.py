"""The notice ledger: letters, and the numbers they hold. No notice leaves but through `claim`.

compose -> claim -> leaving (committed between RCPT and DATA) -> settle. A claim and every later step is a
compare-and-swap on the letter's state and on the token of the process that claimed it, in an immediate transaction: a
process that lost its letter can neither send nor settle it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from triage import clock
from triage.errors import NotFoundError, RefusedError
from triage.lang import _
from triage.model import (
    Allowed,
    Case,
    Letter,
    LetterItem,
    LetterState,
    Limits,
    Outcome,
    Purpose,
    Refused,
    Sent,
)
from triage.rules.letters import MOVES, may_ask_postmaster
from triage.rules.notices import may_notify
from triage.store import cases, convert, journal
from triage.store.base import Row, Store

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A letter as the desk composed it, before the store gives it an id."""

    purpose: Purpose
    to: str
    to_name: str
    author: str
    subject: str
    body: str
    language: str
    template: str
    reference: str
    message_id: str
    items: tuple[LetterItem, ...]


@dataclass(frozen=True, slots=True)
class NotClaimed:
    """Why nothing was claimed: per address a refusal, or None where its number has changed."""

    reasons: tuple[tuple[str, Refused | None], ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to let this letter leave, once."""

    letter: int
    token: str


# --- names ---


def key_file(store: Store) -> Path:
    return store.path.with_name(store.path.name + ".key")


def names_for(store: Store, claims: Sequence[tuple[str, int]], domain: str) -> tuple[str, str]:
    """(Message-ID, visible reference) derived from what a letter claims: after a restore the same claims bear the same
    names, and the letter in Sent is known again. A letter that was released and is written anew gets other names.
    """
    text = "\n".join(f"{number} {key}" for key, number in sorted(claims))
    attempt = 0
    while True:
        digest = hmac.new(_secret(store), f"{attempt}\n{text}".encode(), hashlib.sha256).digest()
        message_id = f"<triage.{digest.hex()[:32]}@{domain}>"
        if not store.value("SELECT 1 FROM letters WHERE message_id = ? AND state <> 'composed'", [message_id]):
            break
        attempt += 1
    length = 4
    while store.value("SELECT 1 FROM letters WHERE reference = ?", [reference := _reference(digest, length)]):
        length += 1
        if length > len(digest):
            break
    return message_id, reference


def _reference(digest: bytes, length: int) -> str:
    return "T-" + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:length])


def _secret(store: Store) -> bytes:
    """The key of the keyed hashes, in a private file beside the store; made once."""
    path = key_file(store)
    with suppress(FileExistsError):
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()


# --- letters ---


def compose(store: Store, act: journal.Act, new: NewLetter) -> int:
    """Put a letter up for review. It claims nothing."""
    letter = act.insert(
        "letters",
        {
            "purpose": new.purpose.value,
            "state": LetterState.COMPOSED.value,
            "to_address": new.to,
            "to_name": new.to_name,
            "author": new.author,
            "subject": new.subject,
            "body": new.body,
            "language": new.language,
            "template": new.template,
            "reference": new.reference,
            "message_id": "",
            "origin": "composed",
            "created_at": clock.to_store(clock.now()),
        },
    )
    for item in new.items:
        act.insert("letter_items", _item_row(letter, item))
        act.cases.add(item.case)
    return letter


def _item_row(letter: int, item: LetterItem) -> Row:
    return {
        "letter": letter,
        "case_id": item.case,
        "number": item.number,
        "protocol": item.protocol,
        "kind": item.kind.value,
    }


def letter(store: Store, identity: int) -> Letter:
    """One letter. Raises NotFoundError."""
    row = store.row("SELECT * FROM letters WHERE id = ?", [identity])
    if row is None:
        raise NotFoundError(_("There is no letter {letter}.", letter=identity), _("`triage letters` lists them."))
    return convert.letter(row, _items(store, identity))


def letters(store: Store, states: Sequence[LetterState]) -> list[Letter]:
    """Letters in these states, oldest first."""
    marks = ", ".join("?" for _state in states)
    rows = store.rows(f"SELECT * FROM letters WHERE state IN ({marks}) ORDER BY id", [s.value for s in states])  # noqa: S608
    return [convert.letter(row, _items(store, row["id"])) for row in rows]


def open_references(store: Store) -> list[str]:
    """Visible references of letters whose fate is open: they are looked for in Sent by their text, too."""
    open_now = [LetterState.HANDED_OVER, LetterState.UNCONFIRMED]
    return [found.reference for found in letters(store, open_now) if found.reference]


def letters_about(store: Store, case: int) -> list[Letter]:
    """All letters about a case, oldest first."""
    rows = store.rows(
        "SELECT l.* FROM letters l JOIN letter_items i ON i.letter = l.id WHERE i.case_id = ? ORDER BY l.id", [case]
    )
    return [convert.letter(row, _items(store, row["id"])) for row in rows]


def letter_by_message_id(store: Store, message_ids: Sequence[str]) -> int | None:
    """The letter of ours that bears one of these Message-IDs (without <>)."""
    for message_id in message_ids:
        found = store.value("SELECT id FROM letters WHERE message_id = ?", [f"<{message_id.strip('<> ')}>"])
        if found is not None:
            return int(found)
    return None


def _items(store: Store, letter: int) -> tuple[LetterItem, ...]:
    rows = store.rows(
        "SELECT i.*, c.key, c.written FROM letter_items i JOIN cases c ON c.id = i.case_id"
        " WHERE i.letter = ? ORDER BY i.id",
        [letter],
    )
    return tuple(convert.item(row) for row in rows)


# --- the way out ---


def claim(store: Store, identity: int, now: datetime, limits: Limits, domain: str) -> Claim | NotClaimed:
    """Take the numbers that the reviewed letter names, all or none. `may_notify` decides, inside the transaction.

    Raises RefusedError if the letter is no longer up for review, NotFoundError if it is gone.
    """
    with store.write():
        found = letter(store, identity)
        if found.state is not LetterState.COMPOSED:
            raise RefusedError(
                _("Letter {reference} is no longer up for review.", reference=found.reference),
                _("`triage letters` shows what became of it."),
            )
        refused: list[tuple[str, Refused | None]] = []
        for item in found.items:
            case = cases.refresh(store, item.case)
            answer = _may_leave(store, case, found.purpose, now, limits) if case else None
            if isinstance(answer, Refused) or answer is None or answer.number != item.number:
                refused.append((item.written, answer if isinstance(answer, Refused) else None))
        if refused:
            return NotClaimed(tuple(refused))
        token = f"{_process()}/{secrets.token_hex(8)}"
        claims = [(item.key, item.number) for item in found.items]
        message_id, _unused = names_for(store, claims, domain)
        at = clock.to_store(now)
        store.update(
            "letters",
            identity,
            {"state": LetterState.CLAIMED.value, "claimed_at": at, "owner": token, "message_id": message_id},
        )
        for item in found.items:
            if item.number:
                store.insert(
                    "notices",
                    {"letter": identity, "address": item.key, "number": item.number, "claimed_at": at},
                )
        journal.seal(store, identity)
        _after(store, identity, "claimed")
    return Claim(identity, token)


def _may_leave(store: Store, case: Case, purpose: Purpose, now: datetime, limits: Limits) -> Allowed | Refused:
    if purpose is Purpose.CORRECTION:
        return may_notify(case, cases.notices(store, case.key), now, limits)
    return may_ask_postmaster(case)


def leaving(store: Store, claim: Claim) -> bool:
    """Commit that the letter is leaving; False if the claim was lost, and then nothing may leave."""
    return _move(store, claim.letter, LetterState.CLAIMED, LetterState.LEAVING, claim.token)


def settle(store: Store, claim: Claim, outcome: Outcome) -> LetterState:
    """Write down what became of a claimed or leaving letter; returns the state it is in now."""
    wanted = {
        Sent.SENT: LetterState.SENT,
        Sent.HANDED_OVER: LetterState.HANDED_OVER,
        Sent.REFUSED: LetterState.RELEASED,
        Sent.UNKNOWN: LetterState.UNCONFIRMED,
    }[outcome.result]
    with store.write():
        present = letter(store, claim.letter).state
        if wanted in MOVES[present]:
            _move(store, claim.letter, present, wanted, claim.token, outcome.detail)
        return letter(store, claim.letter).state


def decide(store: Store, identity: int, *, sent: bool, detail: str = "") -> Letter:
    """A person, or the Sent folder, settles an open letter: it left, or it certainly did not. Raises RefusedError."""
    with store.write():
        found = letter(store, identity)
        wanted = LetterState.SENT if sent else LetterState.RELEASED
        if found.state not in (LetterState.HANDED_OVER, LetterState.UNCONFIRMED):
            raise RefusedError(
                _("Letter {reference} needs no settling: {state}.", reference=found.reference, state=found.state.value),
                _("Only letters in Drafts and unconfirmed ones can be settled."),
            )
        _move(store, identity, found.state, wanted, None, detail)
        return letter(store, identity)


def recover(store: Store) -> list[Letter]:
    """Letters whose process died: claimed ones never left and are released, leaving ones become unconfirmed."""
    open_now = [LetterState.CLAIMED, LetterState.LEAVING]
    if not any(not _is_alive(_owner(store, found.id)) for found in letters(store, open_now)):
        return []
    with store.write():
        orphans = [found for found in letters(store, open_now) if not _is_alive(_owner(store, found.id))]
        for found in orphans:
            leaves = found.state is LetterState.LEAVING
            wanted = LetterState.UNCONFIRMED if leaves else LetterState.RELEASED
            _move(store, found.id, found.state, wanted, None, _("the program ended before it was settled"))
    return [letter(store, found.id) for found in orphans]


def _move(store: Store, identity: int, old: LetterState, new: LetterState, token: str | None, detail: str = "") -> bool:
    """Compare-and-swap of a letter's state; with a token also of its owner."""
    now = clock.to_store(clock.now())
    with store.write():
        left = now if new in (LetterState.LEAVING, LetterState.HANDED_OVER, LetterState.SENT) else None
        changed = store.do(
            "UPDATE letters SET state = :new, left_at = coalesce(left_at, :left), detail = :detail"
            " WHERE id = :id AND state = :old AND (:token IS NULL OR owner = :token)",
            {"new": new.value, "old": old.value, "left": left, "detail": detail, "id": identity, "token": token},
        )
        if changed and new is LetterState.RELEASED:
            store.do("UPDATE notices SET released = 1 WHERE letter = ?", [identity])
            store.do("UPDATE letters SET left_at = NULL WHERE id = ?", [identity])
        if changed:
            _after(store, identity, new.value, detail)
    return bool(changed)


def _after(store: Store, identity: int, what: str, detail: str = "") -> None:
    """History and cases follow the letter."""
    for row in store.rows("SELECT case_id FROM letter_items WHERE letter = ?", [identity]):
        journal.note(store, what, case=row["case_id"], letter=identity, detail=detail)
        cases.refresh(store, row["case_id"])


# --- processes ---


def _process() -> str:
    """This process, so that another can see whether it still lives: host, pid, and when it began."""
    return f"{socket.gethostname()}/{os.getpid()}/{_began(os.getpid())}"


def _began(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _is_alive(owner: str) -> bool:
    host, pid, began = ([*owner.split("/"), "", "", ""])[:3]
    if host != socket.gethostname() or not pid.isdigit():
        return True  # of another host nobody here can tell: a person settles it
    return bool(began) and _began(int(pid)) == began


def _owner(store: Store, identity: int) -> str:
    return str(store.value("SELECT owner FROM letters WHERE id = ?", [identity]))
