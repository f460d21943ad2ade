"""What linking asks of the store."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from datetime import datetime

from triage.model import Delivery, Protocol


class Lookup(typing.Protocol):
    """The directory, as far as a failure's evidence leads into it."""

    def deliveries_with(self, message_id: str) -> Sequence[Delivery]:
        """The deliveries of the mail with this Message-ID; without angle brackets, case counts."""

    def deliveries_to(self, key: str, since: datetime, until: datetime) -> Sequence[Delivery]:
        """What was mailed to an address from `since` to `until`."""

    def protocol(self, number: str) -> Protocol | None: ...

    def protocol_with_url(self, url: str) -> Protocol | None: ...

    def is_on_list(self, key: str, number: str) -> bool:
        """Is the address on the list of the protocol's recipients?"""
