"""What can go wrong, by what the caller can do about it.

    TriageError          one line for a person, and a hint how to mend it
    ├── SettingsError    the settings file, or a file or option a person named, is wrong
    ├── SourceError      the mailbox cannot be read now; nothing was lost
    ├── OutletError      a letter could not leave; the ledger knows
    ├── StoreError       the store is locked, full, read-only, foreign or damaged
    ├── RefusedError     a rule says no: no way around it, only the ways on that it names
    └── NotFoundError    no such address, letter or protocol

The command line prints message and hint and leaves with `exit_code`; the screen shows them.
"""

from __future__ import annotations

from typing import ClassVar

DONE, FAILED, USAGE, REFUSED, PARTLY = 0, 1, 2, 3, 4
"""Exit codes of every command."""


class TriageError(Exception):
    """Base of all errors that a person should read."""

    exit_code: ClassVar[int] = FAILED

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SettingsError(TriageError):
    """The settings, or a file or option that a person named, are wrong."""

    exit_code = USAGE


class SourceError(TriageError):
    """The mailbox cannot be read now; what was read before it is kept."""


class OutletError(TriageError):
    """A letter could not leave. The ledger holds what became of it."""


class StoreError(TriageError):
    """The store is locked, full, read-only, foreign or damaged; nothing half was written."""


class RefusedError(TriageError):
    """A rule says no. There is no override; the hint names the ways on."""

    exit_code = REFUSED


class NotFoundError(TriageError):
    """No such address, letter or protocol."""
