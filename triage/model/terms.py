"""The enums: an enum's value is what files, JSON and the store show."""

from __future__ import annotations

from enum import StrEnum

NOTICES_EVER = 3
"""At most this many notices per address. The schema says the same."""


class Kind(StrEnum):
    """Why a mail was not delivered, in the terms of what staff do next; the second group are no bounces."""

    WRONG_MAILBOX = "wrong_mailbox"
    WRONG_DOMAIN = "wrong_domain"
    MAILBOX_DISABLED = "mailbox_disabled"
    MAILBOX_FULL = "mailbox_full"
    SPAM_OR_POLICY = "spam_or_policy"
    OUR_FAULT = "our_fault"
    TOO_LARGE = "too_large"
    DELIVERY_PROBLEM = "delivery_problem"
    DELAYED = "delayed"
    UNCLEAR = "unclear"

    AUTO_REPLY = "auto_reply"
    CHALLENGE = "challenge"
    FEEDBACK = "feedback"
    DELIVERED = "delivered"
    RECEIPT = "receipt"
    NOT_BOUNCE = "not_bounce"

    @property
    def is_bounce(self) -> bool:
        return self not in NO_BOUNCES

    @property
    def is_permanent(self) -> bool:
        """The receiving side gave up; `mailbox_full`, `delivery_problem` and `delayed` may mend themselves."""
        return self.is_bounce and self not in (Kind.MAILBOX_FULL, Kind.DELIVERY_PROBLEM, Kind.DELAYED, Kind.UNCLEAR)


NO_BOUNCES = frozenset({Kind.AUTO_REPLY, Kind.CHALLENGE, Kind.FEEDBACK, Kind.DELIVERED, Kind.RECEIPT, Kind.NOT_BOUNCE})


class Strength(StrEnum):
    """How much a link is worth, strongest first."""

    PROOF = "proof"
    STRONG = "strong"
    DECIDED = "decided"
    GUESS = "guess"

    @property
    def counts(self) -> bool:
        """A guess neither opens, reopens nor counts."""
        return self is not Strength.GUESS


class Evidence(StrEnum):
    """What ties a failure to a protocol: the rungs of the ladder."""

    TAGGED_RETURN_PATH = "tagged_return_path"
    MESSAGE_ID = "message_id"
    FORWARDED = "forwarded"
    OUR_HEADER = "our_header"
    LINK_IN_MAIL = "link_in_mail"
    NUMBER_IN_MAIL = "number_in_mail"
    MAILED_RECENTLY = "mailed_recently"
    OTHERS_MESSAGE_ID = "others_message_id"
    SEVERAL_PROTOCOLS = "several_protocols"
    SIMILAR_ADDRESS = "similar_address"
    PERSON = "person"


class Section(StrEnum):
    """Where a case lies; the order is that of the keys 1 to 5."""

    NEW = "new"
    BIN = "bin"
    WAITING = "waiting"
    BLOCKED = "blocked"
    DONE = "done"


class Purpose(StrEnum):
    """What a letter is for. Only a correction request is a notice."""

    CORRECTION = "correction"
    POSTMASTER = "postmaster"


class LetterState(StrEnum):
    """The life of a letter; `MOVES` in rules.letters says which step may follow which."""

    COMPOSED = "composed"
    CLAIMED = "claimed"
    LEAVING = "leaving"
    HANDED_OVER = "handed_over"
    UNCONFIRMED = "unconfirmed"
    SENT = "sent"
    RELEASED = "released"

    @property
    def is_open(self) -> bool:
        """Claimed but not settled: it blocks the next letter on its addresses."""
        return self in (
            LetterState.CLAIMED,
            LetterState.LEAVING,
            LetterState.HANDED_OVER,
            LetterState.UNCONFIRMED,
        )


class Refusal(StrEnum):
    """Why a notice may not go out now. The texts for eyes are in lang."""

    THREE_SENT = "three_sent"
    CLOSED = "closed"
    LETTER_OPEN = "letter_open"
    NO_EVIDENCE = "no_evidence"
    NOT_THE_AUTHORS = "not_the_authors"
    OTHER_KIND = "other_kind"
    NOTHING_NEW = "nothing_new"
    TOO_SOON = "too_soon"
    HELD = "held"


class AddressFault(StrEnum):
    """Why nobody could mail to an address as written."""

    NO_AT = "no_at"
    EMPTY_LOCAL = "empty_local"
    BAD_LOCAL = "bad_local"
    EMPTY_DOMAIN = "empty_domain"
    BAD_DOMAIN = "bad_domain"
    SPACE = "space"
    TOO_LONG = "too_long"


class Sent(StrEnum):
    """What became of a letter at the outlet."""

    SENT = "sent"
    HANDED_OVER = "handed_over"
    REFUSED = "refused"
    UNKNOWN = "unknown"
