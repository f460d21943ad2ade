"""A directory of some hundred people, and 2,000 bounces of which it is known what each is about.

`World` draws the directory: projects with their protocols over four weeks, some people on several protocols a day, some
mails to a whole list at once, addresses that were mistyped. `bounce_classes` writes the bounces, `bounce_forms` as mail
servers do. Everything follows from the seed.

The world is a setting: `signs` says which of return paths and Message-IDs are signed, `has_ids` whether the directory
knows the Message-IDs of what was mailed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random

from demo_world.cast import AUTHORS, FIRMS, MEN, SURNAMES, WOMEN, address

from triage import address as addresses
from triage import config, tokens
from triage.linking import Patterns
from triage.model import Author, Delivery, DirectoryRows, Protocol, Recipient

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SENDER = "iprot@iprot.example"
KEY = b"the key that signs in this world"
SIGNED = ("verp", "message_id")
SENDING = config.Sender(addresses=(SENDER,), domains=("iprot.example",), letters_from="support@iprot.example")
_FIRST_DAY = NOW - timedelta(days=28)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_UNICODE_DOMAINS = ("bücher-groß.example", "müller-söhne.example", "straßenbau-öz.example")


@dataclass(frozen=True, slots=True)
class Truth:
    """What a bounce is about, and what may honestly be made of it."""

    name: str
    """Of its class."""
    protocol: str = ""
    address: str = ""
    """The key of the address meant; "" where none is."""
    may_count: bool = False
    """It brings what only who got that very mail knows, or our servers; else it is a guess, or nothing."""

    beside: str = ""
    """The key of another address that may count: who forges is believed about his own."""

    @property
    def is_forged(self) -> bool:
        return self.name.startswith("forged")


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail of ours, as one recipient got it."""

    protocol: Protocol
    address: str
    message_id: str
    sent_at: datetime
    path: str
    """Its return path."""
    to: tuple[str, ...]
    """All that its To names."""

    @property
    def key(self) -> str:
        return addresses.parse(self.address).key

    @property
    def number(self) -> str:
        return self.protocol.number

    @property
    def subject(self) -> str:
        return f"Protokoll {self.number} {self.protocol.title}"

    @property
    def is_shared(self) -> bool:
        return len(self.to) > 1


@dataclass
class Lookup:
    """The directory in memory, for the ladder alone: what the store answers, without a store."""

    sent: Sequence[Delivery]
    protocols: dict[str, Protocol]
    listed: set[tuple[str, str]]
    _by_id: dict[str, list[Delivery]] = field(default_factory=dict)
    _by_key: dict[str, list[Delivery]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sent = sorted(self.sent, key=lambda d: d.sent_at or NOW)
        for one in self.sent:
            if one.message_id:
                self._by_id.setdefault(one.message_id, []).append(one)
            self._by_key.setdefault(one.key, []).append(one)
        self._urls = {p.url: p for p in self.protocols.values()}

    def deliveries_with(self, message_id: str, key: str | None = None) -> Sequence[Delivery]:
        return [d for d in self._by_id.get(message_id, []) if key in (None, d.key)]

    def deliveries_beginning(self, local: str) -> Sequence[Delivery]:
        return [d for d in self.sent if d.message_id.startswith(f"{local}@")]

    def knows_message_ids(self) -> bool:
        return bool(self._by_id)

    def deliveries_to(self, key: str, since: datetime, until: datetime, most: int = -1) -> Sequence[Delivery]:
        found = [d for d in self._by_key.get(key, []) if d.sent_at and since <= d.sent_at <= until]
        return found if most < 0 else found[-most:]

    def deliveries_at(self, domain: str, since: datetime, until: datetime, most: int) -> Sequence[Delivery]:
        keys = [key for key in self._by_key if key.rpartition("@")[2] == domain]
        return [d for key in keys for d in self.deliveries_to(key, since, until)][-most:]

    def deliveries_named(self, local: str, since: datetime, until: datetime, most: int) -> Sequence[Delivery]:
        keys = [key for key in self._by_key if key.rpartition("@")[0] == local]
        return [d for key in keys for d in self.deliveries_to(key, since, until)][-most:]

    def protocol(self, number: str) -> Protocol | None:
        return self.protocols.get(number)

    def protocol_with_url(self, url: str) -> Protocol | None:
        return self._urls.get(url)

    def is_on_list(self, key: str, number: str) -> bool:
        return (key, number) in self.listed


class World:
    """The directory, and what our mails look like in it."""

    def __init__(self, seed: str = "bounces", *, signs: tuple[str, ...] = (), has_ids: bool = True) -> None:
        self.signs = signs
        self.has_ids = has_ids
        self._lot = Random(seed)
        self.people = self._people()
        self.sent: list[Sent] = []
        for project in range(16):
            self._mail_project(project)
        self.sent.sort(key=lambda sent: sent.sent_at)
        self.protocols = {sent.number: sent.protocol for sent in self.sent}

    @property
    def signs_paths(self) -> bool:
        return "verp" in self.signs

    @property
    def signs_ids(self) -> bool:
        return "message_id" in self.signs

    @cached_property
    def linking(self) -> config.Linking:
        return config.Linking(
            protocol_url="https://iprot.example/p/{token}",
            header="X-Protocol",
            verp="bounces+{number}.{token}@iprot.example" if self.signs_paths else "",
            message_id="<{number}.{token}@iprot.example>" if self.signs_ids else "",
        )

    @cached_property
    def patterns(self) -> Patterns:
        return Patterns.from_settings(SENDING, self.linking, (KEY,) if self.signs else ())

    @cached_property
    def rows(self) -> DirectoryRows:
        """What is imported of it."""
        return DirectoryRows(
            authors=tuple(Author(a.id, a.name, a.email, a.language, a.salutation) for a in AUTHORS),
            protocols=tuple(self.protocols.values()),
            recipients=tuple(
                Recipient(f"R{self.people.index(s.address):04}", "", s.address, s.number) for s in self.sent
            ),
            deliveries=tuple(
                Delivery(s.number, s.address, s.message_id if self.has_ids else "", s.sent_at, "", s.key)
                for s in self.sent
            ),
        )

    @cached_property
    def lookup(self) -> Lookup:
        return Lookup(self.rows.deliveries, self.protocols, {(s.key, s.number) for s in self.sent})

    def identity(self, number: str, key: str) -> str:
        """The Message-ID of a mail to one."""
        if self.signs_ids:
            return f"{number}.{tokens.signature(KEY, number, key)[:24]}@iprot.example"
        return f"{self._lot.getrandbits(96):024x}@iprot.example"

    def path(self, number: str, key: str) -> str:
        """Its return path."""
        tagged = f"bounces+{number}.{tokens.signature(KEY, number, key)[:24]}@iprot.example"
        return tagged if self.signs_paths else SENDER

    # --- how it is drawn ---

    def _people(self) -> list[str]:
        """Addresses: one in eight mistyped, one in ten with letters beyond ASCII, one in twenty with a sub-address."""
        lot, found = self._lot, dict[str, None]()
        while len(found) < 420:
            firm, last = lot.choice(FIRMS), lot.choice(SURNAMES)
            first = lot.choice(lot.choice((WOMEN, MEN)))
            written = address(firm, first, last)
            draw = lot.random()
            if draw < 0.12:
                written = self._mistyped(written)
            elif draw < 0.17:
                written = f"{last.lower()}@{lot.choice(_UNICODE_DOMAINS)}".translate(_UMLAUTS)
                written = f"{written.rpartition('@')[0]}@{lot.choice(_UNICODE_DOMAINS)}"
            elif draw < 0.22:
                written = f"{first.lower()}.{lot.choice(('müller', 'böhm', 'weiß', 'jäger', 'köhler'))}@{firm.domain}"
            elif draw < 0.27:
                written = written.replace("@", f"+{lot.choice(('protokolle', 'bau', 'iprot'))}@")
            if written.isascii() or draw < 0.22:
                found[written] = None
        return list(found)

    def _mistyped(self, written: str) -> str:
        lot = self._lot
        local, _at, domain = written.partition("@")
        at = lot.randrange(1, len(local) - 1)
        return lot.choice(
            (
                f"{local[:at]}{local[at + 1 :]}@{domain}",
                f"{local[: at - 1]}{local[at]}{local[at - 1]}{local[at + 1 :]}@{domain}",
                f"{local}@{domain.replace('.example', '.exmaple')}",
                f"{local}@{domain.replace('-', '')}",
                f"{local}@{domain.replace('a', 'aa', 1)}",
            )
        )

    def _mail_project(self, project: int) -> None:
        """Six meetings; some days two protocols leave. Each fourth project writes one mail to its whole list."""
        lot = self._lot
        team = lot.sample(self.people, 24)
        day = lot.randrange(7)
        for meeting in range(6):
            at = _FIRST_DAY + timedelta(days=day + 4 * meeting - lot.randrange(2), hours=lot.randint(1, 9))
            for again in range(lot.choice((1, 1, 2))):
                at += timedelta(minutes=lot.choice((1, 4, 40, 180)) * again, seconds=lot.randrange(60))
                self._mail_protocol(project, f"Jour fixe {meeting + 1}", at, lot.sample(team, lot.randint(9, 18)))

    def _mail_protocol(self, project: int, title: str, at: datetime, team: list[str]) -> None:
        lot = self._lot
        number = f"2026-{1 + len({s.number for s in self.sent}):04}"
        url = f"https://iprot.example/p/{''.join(lot.choices('abcdefghjkmnpqrstuvwxyz23456789', k=22))}"
        protocol = Protocol(number, title, f"Projekt {project}", at.date(), AUTHORS[project].id, url)
        shared = f"{lot.getrandbits(96):024x}.list@iprot.example" if project % 4 == 3 else ""
        for place, written in enumerate(team):
            key = addresses.parse(written).key
            own = self.identity(number, key)
            self.sent.append(
                Sent(
                    protocol=protocol,
                    address=written,
                    message_id=shared or own,
                    sent_at=at + timedelta(seconds=0 if shared else place),
                    path=self.path(number, key),
                    to=tuple(team) if shared else (written,),
                )
            )
