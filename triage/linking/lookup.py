"""What linking asks of the store."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from datetime import datetime

from triage.model import Delivery, Protocol


class Lookup(typing.Protocol):
    """The directory, as far as a failure's evidence leads into it."""

    def deliveries_with(self, message_id: str, key: str | None = None) -> Sequence[Delivery]:
        """The deliveries of the mail with this Message-ID (without angle brackets, case counts): all, or to one key."""

    def deliveries_beginning(self, local: str) -> Sequence[Delivery]:
        """The deliveries of mails whose Message-ID has this before its `@`."""

    def knows_message_ids(self) -> bool:
        """Does the directory know the Message-ID of any mail?"""

    def deliveries_to(self, key: str, since: datetime, until: datetime, most: int = -1) -> Sequence[Delivery]:
        """What was mailed to an address from `since` to `until`; the newest `most` of it."""

    def deliveries_at(self, domain: str, since: datetime, until: datetime, most: int) -> Sequence[Delivery]:
        """What was mailed to addresses of a domain then: the newest `most`."""

    def deliveries_named(self, local: str, since: datetime, until: datetime, most: int) -> Sequence[Delivery]:
        """What was mailed then to addresses with this local part, of any domain: the newest `most`."""

    def protocol(self, number: str) -> Protocol | None: ...

    def protocol_with_url(self, url: str) -> Protocol | None:
        """The protocol with this link, its token hidden as the store hides it."""

    def is_on_list(self, key: str, number: str) -> bool:
        """Is the address on the list of the protocol's recipients?"""
