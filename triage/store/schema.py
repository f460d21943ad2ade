"""The tables. docs/store.md shows this text, a test holds the two equal, and every start holds the file equal to it.

The last walls of the ledger stand here: a notice's number is 1, 2 or 3, an address has each number at most once among
the notices not released, notices are never deleted or renamed, and a letter moves only as rules.letters.MOVES says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from triage.model import NOTICES_EVER, Kind, LetterState, Purpose, Section, Strength
from triage.rules.letters import MOVES
from triage.store.later_tables import HANDED_TO, LINKED, LOOKED_FOR, MOVED_ON

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

    from sqlite_utils import Database, Migrations


def _one_of(members: Iterable[StrEnum]) -> str:
    return ", ".join(f"'{member.value}'" for member in members)


def _moves() -> str:
    return " OR ".join(
        f"(OLD.state = '{old.value}' AND NEW.state IN ({_one_of(sorted(following))}))"
        for old, following in MOVES.items()
        if following
    )


FIRST_TABLES = f"""
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  source TEXT NOT NULL,
  uidvalidity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  received_at TEXT NOT NULL,
  kept_at TEXT NOT NULL,
  size INTEGER NOT NULL,
  kept BLOB NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ({_one_of(Kind)})),
  sender TEXT NOT NULL,
  subject TEXT NOT NULL,
  message_id TEXT NOT NULL,
  original_message_id TEXT NOT NULL,
  rule TEXT NOT NULL,
  words TEXT NOT NULL,
  new_address TEXT NOT NULL,
  faults TEXT NOT NULL,
  section TEXT CHECK (section IN ('bin', 'done')),
  letter INTEGER REFERENCES letters (id)
) STRICT;
CREATE INDEX messages_received ON messages (received_at);
CREATE INDEX messages_letter ON messages (letter) WHERE letter IS NOT NULL;
CREATE INDEX messages_section ON messages (section, received_at) WHERE section IS NOT NULL;

CREATE TABLE cursors (
  folder TEXT PRIMARY KEY,
  uidvalidity INTEGER NOT NULL,
  uid INTEGER NOT NULL
) STRICT;

CREATE TABLE cases (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE CHECK (length(key) BETWEEN 1 AND 1000),
  written TEXT NOT NULL,
  fault TEXT,
  kind TEXT NOT NULL CHECK (kind IN ({_one_of(Kind)})),
  section TEXT NOT NULL CHECK (section IN ({_one_of(Section)})),
  wakes_at TEXT,
  strength TEXT CHECK (strength IN ({_one_of(Strength)})),
  evidence TEXT,
  matched TEXT NOT NULL DEFAULT '',
  protocol TEXT NOT NULL DEFAULT '',
  author TEXT NOT NULL DEFAULT '',
  notices INTEGER NOT NULL DEFAULT 0 CHECK (notices BETWEEN 0 AND {NOTICES_EVER}),
  bounces INTEGER NOT NULL DEFAULT 0,
  first_seen TEXT,
  last_seen TEXT,
  failing_since TEXT,
  last_failed TEXT,
  last_left TEXT,
  open_letter TEXT CHECK (open_letter IN ({_one_of(s for s in LetterState if s.is_open)})),
  waits_until TEXT,
  closed_at TEXT,
  closed_because TEXT NOT NULL DEFAULT '',
  held TEXT NOT NULL DEFAULT '',
  held_until TEXT,
  taken_by TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX cases_section ON cases (section, last_seen);
CREATE INDEX cases_wake ON cases (wakes_at) WHERE wakes_at IS NOT NULL;

CREATE TABLE failures (
  id INTEGER PRIMARY KEY,
  message INTEGER NOT NULL REFERENCES messages (id),
  case_id INTEGER NOT NULL REFERENCES cases (id),
  position INTEGER NOT NULL,
  received_at TEXT NOT NULL,
  written TEXT NOT NULL,
  final_recipient TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ({_one_of(Kind)})),
  action TEXT NOT NULL,
  status TEXT NOT NULL,
  reply TEXT NOT NULL,
  diagnostic TEXT NOT NULL,
  remote_mta TEXT NOT NULL,
  rule TEXT NOT NULL,
  words TEXT NOT NULL,
  UNIQUE (message, position)
) STRICT;
CREATE INDEX failures_case ON failures (case_id, received_at);
CREATE INDEX failures_received ON failures (received_at);

CREATE TABLE links (
  id INTEGER PRIMARY KEY,
  failure INTEGER NOT NULL UNIQUE REFERENCES failures (id),
  protocol TEXT NOT NULL,
  author TEXT NOT NULL,
  strength TEXT NOT NULL CHECK (strength IN ({_one_of(Strength)})),
  evidence TEXT NOT NULL,
  matched TEXT NOT NULL,
  score REAL NOT NULL,
  decided_by TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE letters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  purpose TEXT NOT NULL CHECK (purpose IN ({_one_of(Purpose)})),
  state TEXT NOT NULL CHECK (state IN ({_one_of(LetterState)})),
  to_address TEXT NOT NULL,
  to_name TEXT NOT NULL,
  author TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  language TEXT NOT NULL,
  template TEXT NOT NULL,
  reference TEXT NOT NULL,
  message_id TEXT NOT NULL,
  origin TEXT NOT NULL CHECK (origin IN ('composed', 'recorded', 'adopted')),
  created_at TEXT NOT NULL,
  claimed_at TEXT,
  left_at TEXT,
  owner TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX letters_message_id ON letters (message_id) WHERE message_id <> '';
CREATE INDEX letters_reference ON letters (reference);
CREATE INDEX letters_state ON letters (state);

CREATE TABLE letter_items (
  id INTEGER PRIMARY KEY,
  letter INTEGER NOT NULL REFERENCES letters (id),
  case_id INTEGER NOT NULL REFERENCES cases (id),
  number INTEGER NOT NULL CHECK (number BETWEEN 0 AND {NOTICES_EVER}),
  protocol TEXT NOT NULL,
  kind TEXT NOT NULL,
  UNIQUE (letter, case_id)
) STRICT;
CREATE INDEX letter_items_case ON letter_items (case_id);

CREATE TABLE notices (
  id INTEGER PRIMARY KEY,
  letter INTEGER NOT NULL REFERENCES letters (id),
  address TEXT NOT NULL REFERENCES cases (key),
  number INTEGER NOT NULL CHECK (number BETWEEN 1 AND {NOTICES_EVER}),
  released INTEGER NOT NULL DEFAULT 0 CHECK (released IN (0, 1)),
  claimed_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX notices_never_twice ON notices (address, number) WHERE released = 0;
CREATE INDEX notices_letter ON notices (letter);
CREATE INDEX notices_address ON notices (address);

CREATE TRIGGER notices_stay BEFORE DELETE ON notices
BEGIN SELECT RAISE(ABORT, 'a notice is never deleted'); END;
CREATE TRIGGER notices_keep_their_name BEFORE UPDATE OF id, letter, address, number, claimed_at ON notices
BEGIN SELECT RAISE(ABORT, 'a notice is never renamed'); END;
CREATE TRIGGER notices_are_released_with_their_letter BEFORE UPDATE OF released ON notices
WHEN NEW.released <> (SELECT state = 'released' FROM letters WHERE id = NEW.letter)
BEGIN SELECT RAISE(ABORT, 'a notice is released with its letter, and counts again with it'); END;
CREATE TRIGGER letters_with_notices_stay BEFORE DELETE ON letters WHEN OLD.state <> 'composed'
BEGIN SELECT RAISE(ABORT, 'a letter that was claimed is never deleted'); END;
CREATE TRIGGER letters_leave_as_reviewed BEFORE UPDATE OF to_address, to_name, subject, body, reference ON letters
WHEN OLD.state <> 'composed'
BEGIN SELECT RAISE(ABORT, 'a letter that was claimed is never rewritten'); END;
CREATE TRIGGER letter_items_stay BEFORE DELETE ON letter_items
WHEN (SELECT state FROM letters WHERE id = OLD.letter) <> 'composed'
BEGIN SELECT RAISE(ABORT, 'an address is never taken out of a letter that was claimed'); END;
CREATE TRIGGER letter_items_leave_as_reviewed BEFORE INSERT ON letter_items
WHEN (SELECT state <> 'composed' AND origin = 'composed' FROM letters WHERE id = NEW.letter)
BEGIN SELECT RAISE(ABORT, 'no address is put into a letter that was claimed'); END;
CREATE TRIGGER letters_move_legally BEFORE UPDATE OF state ON letters
WHEN NEW.state <> OLD.state AND NOT ({_moves()})
BEGIN SELECT RAISE(ABORT, 'a letter does not move so'); END;

CREATE TABLE history (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  who TEXT NOT NULL,
  what TEXT NOT NULL,
  case_id INTEGER,
  letter INTEGER,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX history_case ON history (case_id);

CREATE TABLE undo (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  who TEXT NOT NULL,
  label TEXT NOT NULL,
  steps TEXT NOT NULL,
  undone INTEGER NOT NULL DEFAULT 0 CHECK (undone IN (0, 1))
) STRICT;

CREATE TABLE authors (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, language TEXT NOT NULL, salutation TEXT NOT NULL,
  title TEXT NOT NULL, company TEXT NOT NULL, deputy TEXT NOT NULL
) STRICT;
CREATE TABLE protocols (
  number TEXT PRIMARY KEY, title TEXT NOT NULL, project TEXT NOT NULL, date TEXT, author TEXT NOT NULL,
  url TEXT NOT NULL
) STRICT;
CREATE INDEX protocols_url ON protocols (url) WHERE url <> '';
CREATE TABLE recipients (
  id TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, key TEXT NOT NULL, protocol TEXT NOT NULL,
  company TEXT NOT NULL, entered_by TEXT NOT NULL, entered_at TEXT,
  PRIMARY KEY (id, protocol)
) STRICT;
CREATE INDEX recipients_key ON recipients (key, protocol);
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY, protocol TEXT NOT NULL, recipient TEXT NOT NULL, address TEXT NOT NULL, key TEXT NOT NULL,
  message_id TEXT NOT NULL, sent_at TEXT NOT NULL,
  UNIQUE (message_id, key, protocol, sent_at)
) STRICT;
CREATE INDEX deliveries_key ON deliveries (key, sent_at);

CREATE TABLE facts (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
""".strip()

TABLES = f"{FIRST_TABLES}\n\n{LOOKED_FOR}\n\n{MOVED_ON}\n\n{LINKED}\n\n{HANDED_TO}"


def migrations() -> Migrations:
    """All steps from an empty file to today's tables, in order. A step that has landed is never edited."""
    from sqlite_utils import Migrations

    steps = Migrations("triage")

    @steps()
    def first_tables(db: Database) -> None:
        for statement in statements(FIRST_TABLES):
            db.execute(statement)

    @steps()
    def letters_looked_for(db: Database) -> None:
        for statement in statements(LOOKED_FOR):
            db.execute(statement)

    @steps()
    def directory_moves_on(db: Database) -> None:
        for statement in statements(MOVED_ON):
            db.execute(statement)

    @steps()
    def links_hidden(db: Database) -> None:
        for statement in statements(LINKED):
            db.execute(statement)
        db.execute("PRAGMA secure_delete = ON")
        db.execute("UPDATE protocols SET url = '' WHERE url <> ''")  # the next import brings them hidden
        db.execute(
            "INSERT INTO facts SELECT 'in_clear_to', max(id) FROM messages HAVING count(*)"
        )  # store.clear goes on

    @steps()
    def drafts_lie_in_places(db: Database) -> None:
        for statement in statements(HANDED_TO):
            db.execute(statement)

    return steps


def is_foreign(db: Database) -> bool:
    """There are tables, and none of our steps made them. Tables first: somebody may be making ours just now."""
    return bool(db.table_names()) and not migrations().applied(db)


def is_newer(db: Database) -> bool:
    """A step was taken that this program does not know."""
    from sqlite_utils import Database

    steps, nothing = migrations(), Database(memory=True)
    try:
        known = {step.name for step in steps.pending(nothing)}
    finally:
        nothing.close()
    return any(step.name not in known for step in steps.applied(db))


def statements(script: str) -> list[str]:
    """The single statements of `script`; a trigger's own semicolon does not end it."""
    import sqlite3

    found: list[str] = []
    pending = ""
    for line in script.splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    return found


def differences(db: Database) -> list[str]:
    """What the file's schema lacks or has otherwise; `transform()` for one drops triggers without a word."""
    import re

    def squeezed(sql: str) -> str:
        return re.sub(r"\s+", " ", sql).strip().rstrip(";").strip()

    present = {
        name: squeezed(sql)
        for name, sql in db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    }
    wrong: list[str] = []
    for statement in statements(TABLES):
        name = re.match(r"CREATE (?:UNIQUE )?(?:TABLE|INDEX|TRIGGER) (\w+)", statement)
        if name is None or present.get(name[1]) != squeezed(statement):
            wrong.append(name[1] if name else statement[:40])
    return wrong
