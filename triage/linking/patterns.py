"""What our own mails look like: sender, link, number and header, compiled once from the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from triage import address, config
from triage.linking import similar
from triage.linking.templates import Template, template
from triage.model import Returned

_SEARCHED = 100_000
"""Characters of a returned text that are searched."""
_MOST_FOUND = 20
"""Links or numbers that are looked up of one text: a mail of ours carries one or two."""
_LONGEST_WINDOW = 36_500
"""Days: with more no date could be reckoned."""
_TOKEN = r"[A-Za-z0-9_.~%=+-]{1,200}"  # noqa: S105 (a pattern, no secret)
_PLACEHOLDER = re.compile(r"\{(token|number)\}")
_IN_ANGLES = re.compile(r"<([^<>]*)>\s*$")


@dataclass(frozen=True, slots=True)
class Patterns:
    """How we know our own mails again."""

    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    url: str = ""
    url_regex: re.Pattern[str] | None = None
    number_regex: re.Pattern[str] | None = None
    header: str = ""
    window: timedelta = timedelta(days=14)
    verp: Template | None = None
    """Our tagged return path."""
    message_id: Template | None = None
    keys: tuple[bytes, ...] = ()
    """What signs our tags; without one no token proves anything."""
    subaddress: str = "+"
    """What parts a mailbox from its sub-address."""

    @classmethod
    def from_settings(cls, sender: config.Sender, linking: config.Linking, keys: tuple[bytes, ...] = ()) -> Patterns:
        own = (*sender.addresses, sender.letters_from)
        return cls(
            addresses=frozenset(address.parse(written).key for written in own if written),
            domains=frozenset(address.parse(f"x@{domain}").domain for domain in sender.domains if domain),
            url=linking.protocol_url,
            url_regex=_url_regex(linking.protocol_url),
            number_regex=re.compile(linking.protocol_number) if linking.protocol_number else None,
            header=linking.header.strip().lower(),
            window=timedelta(days=min(linking.window_days, _LONGEST_WINDOW)),
            verp=template(linking.verp),
            message_id=template(linking.message_id),
            keys=keys,
            subaddress=linking.subaddress,
        )

    def sent(self, returned: Returned) -> bool:
        """Does the returned mail name us as its sender?"""
        in_angles = _IN_ANGLES.search(returned.from_[-1_000:])
        sender = address.parse(in_angles[1] if in_angles else returned.from_[:1_000])
        return sender.key in self.addresses or (sender.fault is None and sender.domain in self.domains)

    def is_of_our_host(self, message_id: str) -> bool:
        """Does the Message-ID claim to be given by a host of ours?"""
        domain = message_id.rpartition("@")[2].lower()
        return domain in self.domains or any(own.rpartition("@")[2] == domain for own in self.addresses)

    def links(self, text: str) -> Iterator[tuple[str, str]]:
        """The (url, number) of each different protocol link in `text`; the number is "" where the link hides it."""
        if self.url_regex is None:
            return
        seen: set[str] = set()
        for found in self.url_regex.finditer(text[:_SEARCHED]):
            parts = {name: (value or "").rstrip(".") for name, value in found.groupdict().items()}
            url = _PLACEHOLDER.sub(lambda hole: parts[hole[1]], self.url)  # noqa: B023 (called at once)
            if url not in seen:
                seen.add(url)
                yield url, parts.get("number", "")
            if len(seen) == _MOST_FOUND:
                return

    def shown_link(self) -> str:
        """Our link without what opens it: fit to be stored and shown."""
        return _PLACEHOLDER.sub("…", self.url)

    def numbers(self, text: str) -> Iterator[str]:
        """Each different protocol number in `text`; the regular expression's first group, if it has one."""
        groups = self.number_regex.groups if self.number_regex else 0
        return (number for found in self._numbered(text) if (number := (found[1] if groups else found[0]) or ""))

    def carried(self, text: str) -> str:
        """All in `text` that names a protocol, a line each: what is kept of a body that is not."""
        links = [url for url, _number in self.links(text)]
        return "\n".join([*links, *(found[0] for found in self._numbered(text))])

    def _numbered(self, text: str) -> Iterator[re.Match[str]]:
        if self.number_regex is None:
            return
        seen: set[str] = set()
        for found in self.number_regex.finditer(text[:_SEARCHED]):
            if found[0] and found[0] not in seen:
                seen.add(found[0])
                yield found
            if len(seen) == _MOST_FOUND:
                return


def our_own(address_key: str, patterns: Patterns) -> bool:
    """One of our sending addresses, tagged ("iprot+x7@…") or not, or a return path: it never counts as failed."""
    if not {address_key, similar.base(address_key, f"+{patterns.subaddress}")}.isdisjoint(patterns.addresses):
        return True
    return patterns.verp is not None and patterns.verp.read(address_key) is not None


def _url_regex(template: str) -> re.Pattern[str] | None:
    """The settings' link as a regular expression; None for a link that does not vary: it proves no protocol."""
    pieces = _PLACEHOLDER.split(template)
    if len(pieces) == 1:
        return None
    regex, seen = re.escape(pieces[0]), set[str]()
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        regex += (rf"(?P={name})" if name in seen else rf"(?P<{name}>{_TOKEN})") + re.escape(text)
        seen.add(name)
    return re.compile(regex, re.IGNORECASE)
