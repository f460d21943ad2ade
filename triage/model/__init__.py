"""The words of the house: what the rooms hand each other.

    terms      enums; their values are what files and JSON show     mail     what comes in
    directory  authors, protocols, deliveries, links                letters  what goes out
    desk       cases, the rules' answers, lists, numbers

Frozen dataclasses and enums only. Every datetime is aware. Text that came by mail stands here as it came (valid str, no
surrogates) and is cleaned where it leaves for eyes.
"""

from triage.model.desk import (
    Allowed,
    Case,
    Entry,
    Event,
    Hold,
    Limits,
    Placed,
    Refused,
    Seen,
    Stray,
    Term,
    Undoable,
    WeekNumbers,
)
from triage.model.directory import (
    Author,
    Delivery,
    DirectoryRows,
    Link,
    Protocol,
    Recipient,
    Rejection,
)
from triage.model.letters import (
    Found,
    Letter,
    LetterItem,
    Notice,
    Outcome,
)
from triage.model.mail import (
    Address,
    Arrival,
    AutoReply,
    Batch,
    Bounce,
    Cursor,
    Failure,
    Raw,
    Reason,
    Returned,
)
from triage.model.terms import (
    NO_BOUNCES,
    NOTICES_EVER,
    AddressFault,
    Evidence,
    Kind,
    LetterState,
    Purpose,
    Refusal,
    Section,
    Sent,
    Strength,
)

__all__ = [
    "NOTICES_EVER",
    "NO_BOUNCES",
    "Address",
    "AddressFault",
    "Allowed",
    "Arrival",
    "Author",
    "AutoReply",
    "Batch",
    "Bounce",
    "Case",
    "Cursor",
    "Delivery",
    "DirectoryRows",
    "Entry",
    "Event",
    "Evidence",
    "Failure",
    "Found",
    "Hold",
    "Kind",
    "Letter",
    "LetterItem",
    "LetterState",
    "Limits",
    "Link",
    "Notice",
    "Outcome",
    "Placed",
    "Protocol",
    "Purpose",
    "Raw",
    "Reason",
    "Recipient",
    "Refusal",
    "Refused",
    "Rejection",
    "Returned",
    "Section",
    "Seen",
    "Sent",
    "Stray",
    "Strength",
    "Term",
    "Undoable",
    "WeekNumbers",
]
