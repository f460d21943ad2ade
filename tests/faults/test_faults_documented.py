"""The page that tells what happens when something breaks is made from the tables that are tested."""

from __future__ import annotations

from faults import drafts_table, imap_table, smtp_table
from faults.table import DOCUMENT, document


def test_the_page_shows_the_tables_as_they_are_tested() -> None:
    assert DOCUMENT.read_text("utf-8") == document(), "run make faults"


def test_every_word_of_the_tables_is_explained() -> None:
    for table in (imap_table, smtp_table, drafts_table):
        assert {outcome for _step, _what, _fault, outcome in table.cells()} <= set(table.MEANING)
    assert {outcome for _fault, outcome in imap_table.LIES.values()} <= set(imap_table.MEANING)
