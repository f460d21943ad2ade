"""The letterbook: every letter we wrote or learned of, its names, and the addresses it is about."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from triage import clock
from triage.claims import reference as reference_of
from triage.errors import NotFoundError, StoreError
from triage.lang import _
from triage.model import Letter, LetterItem, LetterState, Purpose
from triage.store import convert, journal
from triage.store.base import Row, Store, sync_folder

_KEY_OCTETS = 32


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
        digest = hmac.new(secret(store), f"{attempt}\n{text}".encode(), hashlib.sha256).digest()
        message_id = f"<triage.{digest.hex()[:32]}@{domain}>"
        if not store.value("SELECT 1 FROM letters WHERE message_id = ? AND state <> 'composed'", [message_id]):
            break
        attempt += 1
    purpose = Purpose.CORRECTION if any(number for _key, number in claims) else Purpose.POSTMASTER
    own = digest
    while store.value(
        "SELECT 1 FROM letters WHERE reference = ?",
        [reference := reference_of(purpose, [key for key, _number in claims], own)],
    ):
        own = hashlib.sha256(own).digest()
    return message_id, reference


def secret(store: Store) -> bytes:
    """The key of the keyed hashes, in a private file beside the store; made once, whole or not at all."""
    path = key_file(store)
    if not path.exists():
        if store.value("SELECT 1 FROM letters WHERE message_id <> '' AND origin = 'composed'"):
            raise StoreError(
                _("The key {file} is missing: letters that were sent could not be known again.", file=path),
                _("It is part of the backup: put it back beside the store."),
            )
        _make_key(path)
    key = path.read_bytes()
    if len(key) != _KEY_OCTETS:
        raise StoreError(_("The key {file} is damaged.", file=path), _("Put it back from the backup."))
    return key


def _make_key(path: Path) -> None:
    """Written and synced under another name, then linked: nobody ever reads half a key, and the first maker wins."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_KEY_OCTETS))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    sync_folder(path.parent)


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
    """All letters about a case, oldest first; also one whose text names its address without proof."""
    rows = store.rows(
        "SELECT * FROM letters WHERE id IN (SELECT letter FROM letter_items WHERE case_id = :case"
        " UNION SELECT n.letter FROM named n JOIN cases c ON c.key = n.key WHERE c.id = :case) ORDER BY id",
        {"case": case},
    )
    return [convert.letter(row, _items(store, row["id"])) for row in rows]


def letters_with_reference(store: Store, reference: str) -> list[Letter]:
    """Letters that were claimed and bear this visible reference, the newest first."""
    rows = store.rows(
        "SELECT * FROM letters WHERE reference = ? AND reference <> '' AND state <> 'composed' ORDER BY id DESC",
        [reference],
    )
    return [convert.letter(row, _items(store, row["id"])) for row in rows]


def letter_by_message_id(store: Store, message_ids: Sequence[str]) -> int | None:
    """The letter that bears one of these Message-IDs (without <>), be it ours or the one a mail program gave it."""
    for message_id in message_ids:
        found = store.value(
            "SELECT id FROM letters WHERE message_id = :it"
            " UNION ALL SELECT letter FROM other_ids WHERE message_id = :it",
            {"it": in_brackets(message_id)},
        )
        if found is not None and in_brackets(message_id):
            return int(found)
    return None


def learn_id(store: Store, letter: int, message_id: str) -> None:
    """A mail program gave the letter this Message-ID instead of ours: answers and bounces will name it."""
    if in_brackets(message_id) and letter_by_message_id(store, [message_id]) is None:
        store.insert("other_ids", {"message_id": in_brackets(message_id), "letter": letter})


def in_brackets(message_id: str) -> str:
    """A Message-ID as the tables hold it; "" for none."""
    bare = message_id.strip("<> ")
    return f"<{bare}>" if bare else ""


def has_letters(store: Store) -> bool:
    """Whether any letter was ever claimed, recorded or adopted."""
    return bool(store.value("SELECT 1 FROM letters WHERE state <> 'composed' LIMIT 1"))


def cases_of(store: Store, letter: int) -> list[int]:
    """The cases that a letter is about."""
    return [row["case_id"] for row in store.rows("SELECT case_id FROM letter_items WHERE letter = ?", [letter])]


def _items(store: Store, letter: int) -> tuple[LetterItem, ...]:
    rows = store.rows(
        "SELECT i.*, c.key, c.written FROM letter_items i JOIN cases c ON c.id = i.case_id"
        " WHERE i.letter = ? ORDER BY i.id",
        [letter],
    )
    return tuple(convert.item(row) for row in rows)
