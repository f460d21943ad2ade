"""What was added to the first tables, in the order in which `schema.migrations` takes the steps."""

from __future__ import annotations

LOOKED_FOR = """
CREATE TABLE missed (
  letter INTEGER PRIMARY KEY REFERENCES letters (id),
  since TEXT NOT NULL,
  last TEXT NOT NULL
) STRICT;

CREATE TABLE named (
  letter INTEGER NOT NULL REFERENCES letters (id),
  key TEXT NOT NULL,
  PRIMARY KEY (letter, key)
) STRICT;
CREATE INDEX named_key ON named (key);

CREATE TABLE other_ids (
  message_id TEXT PRIMARY KEY,
  letter INTEGER NOT NULL REFERENCES letters (id)
) STRICT;
""".strip()
"""Letters looked for in Drafts and Sent: which are missed there, which addresses the text of one names that proves
nothing, and the Message-IDs that mail programs gave them."""

MOVED_ON = """
CREATE TABLE address_history (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  recipient TEXT NOT NULL,
  protocol TEXT NOT NULL,
  old_key TEXT NOT NULL,
  old_address TEXT NOT NULL,
  new_key TEXT NOT NULL,
  new_address TEXT NOT NULL
) STRICT;
CREATE INDEX address_history_old ON address_history (old_key, at);
CREATE INDEX address_history_new ON address_history (new_key, at) WHERE new_key <> '';

CREATE TABLE gone_authors (
  author TEXT PRIMARY KEY,
  at TEXT NOT NULL
) STRICT;
""".strip()
"""What imports of the directory changed: addresses that were corrected ("" as the new one: that went away), and authors
who are no longer in it."""

LINKED = """
CREATE TABLE guesses (
  failure INTEGER NOT NULL REFERENCES failures (id),
  protocol TEXT NOT NULL,
  author TEXT NOT NULL,
  evidence TEXT NOT NULL,
  matched TEXT NOT NULL,
  score REAL NOT NULL,
  PRIMARY KEY (failure, protocol)
) STRICT;

CREATE TABLE carried (
  message INTEGER PRIMARY KEY REFERENCES messages (id),
  text TEXT NOT NULL
) STRICT;

CREATE INDEX deliveries_domain ON deliveries (substr(key, instr(key, '@') + 1), sent_at);
CREATE INDEX deliveries_local ON deliveries (substr(key, 1, instr(key, '@') - 1), sent_at);
""".strip()
"""What linking found: all guesses about a failure, of which `links` has the best; what the dropped body of a returned
mail carried of ours, a line each (links with their token hidden, numbers); and what went to a domain, or to one name at
any domain, lately."""

HANDED_TO = """
CREATE TABLE drafts_in (
  letter INTEGER PRIMARY KEY REFERENCES letters (id),
  place TEXT NOT NULL
) STRICT;
""".strip()
"""The mailbox and the folder to which a letter was handed, or where it was seen last: only there it can be missed."""
