"""SQLite through sqlite-utils: all SQL of the program is here.

base       the file, its connections and transactions      keep       what came in
schema     the tables and their walls                      cases      what a case is derived from, and its place
journal    history, undo and redo                          queue      the lists and their filters
ledger     letters and the numbers they hold               adopt      notices sent beside this store
directory  authors, protocols, recipients, deliveries      week       the numbers of a week
"""

from triage.store.base import Store

__all__ = ["Store"]
