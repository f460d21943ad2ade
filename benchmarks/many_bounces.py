"""A mailbox of any size: bounces in the forms of fifteen mail systems, and the directory that they link to.

The forms and replies are those of the demo's world (scripts/demo_world); people, firms and protocols are drawn by lot,
the same in every run. Four in five addresses fail once, the others again and again; one message in thirty is an
automatic reply.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from demo_world import lots, strays
from demo_world.cast import AUTHORS, FIRMS, MEN, PROJECTS, SURNAMES, WOMEN, Firm, address
from demo_world.directory import Listed, Mail, Person, Protocol
from demo_world.mailbox import SYSTEMS
from demo_world.ours import SENDER, SUPPORT, Failed, Returned, hexes, ip_of, stamp
from demo_world.replies import REPLIES, Reply
from demo_world.stories import STORIES

from triage import model
from triage.config import Linking, Sender
from triage.desk.world import render

OUR_SIDE = Sender(addresses=(SENDER, SUPPORT), domains=("iprot.example",), letters_from=SUPPORT)
LINKING = Linking(protocol_url="https://iprot.example/p/{token}", header="X-Protocol")

_FORMS = sorted({(story.system, story.reply, bool(story.final)) for story in STORIES if "," not in story.address})
_ON_A_LIST = 20
_SPAN = timedelta(days=20)
_AGAIN = 0.2
_AWAY = 1 / 30


class ManyBounces:
    """`count` messages and the directory of the mails that they answer, as of `now`."""

    def __init__(self, count: int, now: datetime) -> None:
        self.count = count
        self._first_day = now - _SPAN
        self._step = _SPAN * 0.99 / count
        self._protocols = [self._protocol(number) for number in range(max(2, count // 25))]

    def directory(self) -> model.DirectoryRows:
        """Twenty people on each protocol's list, each of whom was mailed."""
        protocols = self._protocols
        listed = [(p, mail, mail.to[0]) for p in protocols for mail in p.mails]
        return model.DirectoryRows(
            authors=tuple(
                model.Author(a.id, a.name, a.email, a.language, a.salutation, a.title, a.company) for a in AUTHORS
            ),
            protocols=tuple(
                model.Protocol(p.number, p.title, p.project.name, p.met_on, p.author.id, p.url) for p in protocols
            ),
            recipients=tuple(
                model.Recipient(one.id, one.person.name, one.person.address, p.number, one.person.company, p.author.id)
                for p, _mail, one in listed
            ),
            deliveries=tuple(
                model.Delivery(
                    p.number, one.person.address, mail.message_id, mail.sent_at, one.id, one.person.address.lower()
                )
                for p, mail, one in listed
            ),
        )

    def messages(self) -> Iterator[tuple[datetime, bytes]]:
        """(when it arrived, the message with LF), oldest first."""
        for number in range(self.count):
            at = self._first_day + self._step * (number + 1)
            lot = lots("many", number)
            again = lot.random() < _AGAIN
            mailed = len(self._protocols) * _ON_A_LIST
            place = lot.randrange(mailed // 40) if again else number % mailed
            protocol = self._protocols[place // _ON_A_LIST]
            mail = protocol.mails[place % _ON_A_LIST]
            answer = self._away(protocol, mail, at, lot) if lot.random() < _AWAY else _report(protocol, mail, at, lot)
            yield at, render(answer, timedelta()).encode()

    def _protocol(self, number: int) -> Protocol:
        lot = lots("list", number)
        sent_at = self._first_day - timedelta(hours=lot.randint(1, 40))
        written = f"{1000 + number // 9000:04}-{1000 + number % 9000}"
        firms = lot.sample(FIRMS, 5)
        return Protocol(
            number=written,
            title=f"Jour fixe {lot.randint(1, 90)}",
            project=lot.choice(PROJECTS),
            index=number,
            author=AUTHORS[number % len(AUTHORS)],
            met_on=sent_at.date(),
            sent_at=sent_at,
            url=f"https://iprot.example/p/{hexes(lot, 22)}",
            mails=tuple(
                self._mail(written, number * _ON_A_LIST + place, firms, sent_at, lot) for place in range(_ON_A_LIST)
            ),
        )

    def _mail(self, protocol: str, serial: int, firms: list[Firm], sent_at: datetime, lot: Random) -> Mail:
        firm, last = lot.choice(firms), lot.choice(SURNAMES)
        first = lot.choice(lot.choice((WOMEN, MEN)))
        own = replace(firm, domain=f"{serial % 997}.{firm.domain}")
        local, _at, domain = address(own, first, last).rpartition("@")
        person = Person(f"{first} {last}", firm.name, f"{local}{serial // 997}@{domain}")
        listed = Listed(f"R{serial:07}", person, sent_at - timedelta(days=9))
        return Mail(f"p{protocol}.{hexes(lot, 12)}@iprot.example", (listed,), sent_at)

    def _away(self, protocol: Protocol, mail: Mail, at: datetime, lot: Random) -> str:
        person = mail.to[0].person
        return strays.message(
            person.name,
            person.address,
            f"Abwesend: {protocol.subject}",
            f"Ich bin bis {stamp(at + timedelta(days=9), 'T')} nicht im Büro.\n\n{person.name}",
            at,
            lot,
            f"{hexes(lot, 16)}@mail.{person.address.rpartition('@')[2]}",
            f"In-Reply-To: <{mail.message_id}>\nAuto-Submitted: auto-replied\n",
        )


def _report(protocol: Protocol, mail: Mail, at: datetime, lot: Random) -> str:
    system, answer, forwarded = lot.choice(_FORMS)
    listed = mail.to[0]
    final = f"privat.{listed.person.address}" if forwarded else ""
    reply = _filled(REPLIES[answer], final or listed.person.address, at, lot)
    return SYSTEMS[system](Returned(protocol, mail, (Failed(listed, reply, final),), at, lot))


def _filled(reply: Reply, written: str, at: datetime, lot: Random) -> Reply:
    local, _at, domain = written.rpartition("@")
    host = f"mx1.{domain}"
    values = {"address": written, "local": local, "domain": domain, "host": host, "ip": ip_of(host)}
    return reply.filled(**values, stamp=stamp(at, "I"), token=hexes(lot, 16).lower())
