"""Rows to the words of the model and back."""

from __future__ import annotations

from datetime import datetime

from triage import clock
from triage.model import (
    AddressFault,
    Case,
    Evidence,
    Kind,
    Letter,
    LetterItem,
    LetterState,
    Link,
    Notice,
    Purpose,
    Section,
    Strength,
)
from triage.store.base import Row


def moment(written: str | None) -> datetime | None:
    """What `clock.to_store` wrote; read by the faster of the two parsers, for every case has ten of them."""
    return datetime.fromisoformat(written) if written else None


def stored(at: datetime | None) -> str | None:
    return clock.to_store(at) if at else None


def case(row: Row) -> Case:
    """A row of `cases`, with `author_name` joined in."""
    return Case(
        id=row["id"],
        key=row["key"],
        written=row["written"],
        kind=Kind(row["kind"]),
        section=Section(row["section"]),
        wakes_at=moment(row["wakes_at"]),
        strength=Strength(row["strength"]) if row["strength"] else None,
        evidence=Evidence(row["evidence"]) if row["evidence"] else None,
        matched=row["matched"],
        protocol=row["protocol"],
        author=row["author"],
        author_name=row.get("author_name") or "",
        notices=row["notices"],
        bounces=row["bounces"],
        first_seen=moment(row["first_seen"]),
        last_seen=moment(row["last_seen"]),
        failing_since=moment(row["failing_since"]),
        last_failed=moment(row["last_failed"]),
        last_left=moment(row["last_left"]),
        open_letter=LetterState(row["open_letter"]) if row["open_letter"] else None,
        waits_until=moment(row["waits_until"]),
        closed_at=moment(row["closed_at"]),
        closed_because=row["closed_because"],
        held=row["held"],
        held_until=moment(row["held_until"]),
        taken_by=row["taken_by"],
        note=row["note"],
        fault=AddressFault(row["fault"]) if row["fault"] else None,
    )


def link(row: Row) -> Link | None:
    """The link columns of a joined row; None where the failure has none."""
    if row["strength"] is None:
        return None
    return Link(
        protocol=row["protocol"],
        author=row["author"],
        strength=Strength(row["strength"]),
        evidence=Evidence(row["evidence"]),
        matched=row["matched"],
        score=row["score"],
    )


def notice(row: Row) -> Notice:
    """A row of `notices` joined with its letter. A released notice is released whatever its letter became."""
    state = LetterState.RELEASED if row["released"] else LetterState(row["state"])
    return Notice(
        key=row["address"],
        number=row["number"],
        letter=row["letter"],
        state=state,
        left_at=moment(row["left_at"] or row["claimed_at"]),
        to=row["to_address"],
        reference=row["reference"],
    )


def letter(row: Row, items: tuple[LetterItem, ...]) -> Letter:
    return Letter(
        id=row["id"],
        purpose=Purpose(row["purpose"]),
        state=LetterState(row["state"]),
        to=row["to_address"],
        to_name=row["to_name"],
        subject=row["subject"],
        body=row["body"],
        language=row["language"],
        items=items,
        author=row["author"],
        reference=row["reference"],
        message_id=row["message_id"],
        template=row["template"],
        origin=row["origin"],
        created_at=moment(row["created_at"]),
        left_at=moment(row["left_at"]),
        detail=row["detail"],
    )


def item(row: Row) -> LetterItem:
    return LetterItem(
        case=row["case_id"],
        key=row["key"],
        written=row["written"],
        number=row["number"],
        protocol=row["protocol"],
        kind=Kind(row["kind"]),
    )
