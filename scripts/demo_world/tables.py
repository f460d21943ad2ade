"""The CSV files of data/demo, with the columns that the directory readers expect."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from demo_world.cast import AUTHORS, PROJECTS
from demo_world.directory import Protocol
from demo_world.stories import STORIES


def authors() -> str:
    columns = ("id", "name", "email", "language", "salutation", "title", "company", "deputy")
    return _csv(columns, ([getattr(author, column) for column in columns] for author in AUTHORS))


def protocols(found: list[Protocol]) -> str:
    return _csv(
        ("number", "title", "project", "date", "author", "url"),
        ((p.number, p.title, p.project.name, p.met_on.isoformat(), p.author.id, p.url) for p in found),
    )


def recipients(found: list[Protocol]) -> str:
    return _csv(
        ("id", "name", "company", "email", "protocol", "entered_by", "entered_at"),
        (
            (
                *(one.id, one.person.name, one.person.company, one.person.address),
                *(p.number, p.author.id, one.entered_at.isoformat()),
            )
            for p in found
            for mail in p.mails
            for one in mail.to
        ),
    )


def deliveries(found: list[Protocol]) -> str:
    return _csv(
        ("protocol", "recipient", "address", "message_id", "sent_at"),
        (
            (p.number, one.id, one.person.address, mail.message_id, mail.sent_at.isoformat())
            for p in found
            for mail in p.mails
            for one in mail.to
        ),
    )


def ledger() -> str:
    """Notices that staff sent by hand, before there was a Triage."""
    mails = {author.id: author.email for author in AUTHORS}
    author_of = {project.key: mails[project.author] for project in PROJECTS}
    sent = sorted((day, story.address, author_of[story.project]) for story in STORIES for day in story.notices)
    return _csv(("address", "date", "to"), ((address, day.isoformat(), to) for day, address, to in sent))


def _csv(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return written.getvalue()
