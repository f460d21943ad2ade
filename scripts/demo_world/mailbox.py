"""The support mailbox: every failure's report and the strays between them, in order of arrival."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

from demo_world import foreign, lots, reports_office, reports_unix, strays
from demo_world.cast import END, STADTWERKE
from demo_world.directory import Mail, Protocol
from demo_world.ours import Dated, Failed, Returned, hexes, ip_of, stamp
from demo_world.replies import REPLIES, Reply
from demo_world.stories import BURST, STORIES, TOGETHER, Story

SYSTEMS: dict[str, Callable[[Returned], str]] = {
    "postfix": reports_unix.postfix,
    "postfix_there": reports_unix.postfix_there,
    "exim": reports_unix.exim,
    "exim_malformed": reports_unix.exim_malformed,
    "sendmail": reports_unix.sendmail,
    "qmail": reports_unix.qmail,
    "qmail_bare": reports_unix.qmail_bare,
    "exchange_de": reports_office.exchange_de,
    "exchange_en": reports_office.exchange_en,
    "m365_de": reports_office.m365_de,
    "m365_en": reports_office.m365_en,
    "gmail": reports_office.gmail,
    "gmx": reports_office.gmx,
    "domino": reports_office.domino,
    "domino_de": reports_office.domino_de,
}
_GIVES_UP_AFTER = timedelta(days=5)
_WARNS_AFTER = timedelta(hours=4)
_TRIES_ONLY = {"timed_out", "retry_timeout", "greylisted"}
"""Replies after which a server tries again for days."""


def mails(protocols: list[Protocol]) -> list[str]:
    """Every message of the mailbox, oldest first."""
    found = [
        *_of_stories(protocols),
        *_burst(protocols),
        *_together(protocols),
        *strays.all_of(protocols),
        *foreign.all_of(protocols),
    ]
    return [text for at, text in sorted(found, key=lambda dated: dated[0]) if at <= END]


def _of_stories(protocols: list[Protocol]) -> Iterator[Dated]:
    for story in STORIES:
        if story in TOGETHER:
            continue
        for protocol in protocols:
            if protocol.project.key == story.project and protocol.index in story.on:
                yield from _reports(story, protocol)


def _reports(story: Story, protocol: Protocol) -> Iterator[Dated]:
    """The warnings and the failure that one protocol brings for one address."""
    mail = protocol.mail_to(story.address)
    lot = lots(protocol.number, story.address)
    reply = _reply(story, mail.sent_at, lot)
    failed = _failed(mail, story.address, reply, story.final)
    for day in range(story.delays):
        at = mail.sent_at + _WARNS_AFTER + timedelta(days=day, seconds=lot.randint(5, 900))
        yield at, SYSTEMS[story.system](Returned(protocol, mail, (failed,), at, lot, delayed=True))
    if story.gives_up:
        waited = _GIVES_UP_AFTER if story.reply in _TRIES_ONLY else timedelta()
        at = mail.sent_at + waited + timedelta(seconds=lot.randint(2, 90))
        yield at, SYSTEMS[story.system](Returned(protocol, mail, (failed,), at, lot))


def _reply(story: Story, at: datetime, lot: Random) -> Reply:
    """What is answered for the address, or for the one to which it is forwarded."""
    address = story.final or story.address
    host = f"mx1.{story.domain}"
    return REPLIES[story.reply].filled(
        address=address,
        local=address.rpartition("@")[0],
        domain=story.domain,
        host=host,
        ip=ip_of(host),
        stamp=stamp(at, "I"),
        token=hexes(lot, 16).lower(),
    )


def _failed(mail: Mail, address: str, reply: Reply, final: str = "") -> Failed:
    return Failed(next(one for one in mail.to if one.person.address == address), reply, final)


def _burst(protocols: list[Protocol]) -> Iterator[Dated]:
    """One firm's gateway refuses everything within half an hour."""
    last_week = max(p.sent_at.date() for p in protocols if p.project.key in BURST)
    for protocol in protocols:
        if protocol.project.key not in BURST or protocol.sent_at.date() != last_week:
            continue
        for mail in protocol.mails:
            address = mail.to[0].person.address
            if not address.endswith(STADTWERKE.domain):
                continue
            lot = lots(protocol.number, address)
            reply = REPLIES["gateway_policy"].filled(token=hexes(lot, 10))
            at = mail.sent_at + timedelta(seconds=lot.randint(2, 30))
            yield at, SYSTEMS["postfix"](Returned(protocol, mail, (_failed(mail, address, reply),), at, lot))


def _together(protocols: list[Protocol]) -> Iterator[Dated]:
    """One mail to many, two of whom fail in one report."""
    story = TOGETHER[0]
    protocol = next(p for p in protocols if p.project.key == story.project and p.index in story.on)
    mail = protocol.mail_to(story.address)
    lot = lots(protocol.number)
    failed = tuple(_failed(mail, one.address, _reply(one, mail.sent_at, lot)) for one in TOGETHER)
    at = mail.sent_at + timedelta(seconds=12)
    yield at, SYSTEMS[story.system](Returned(protocol, mail, failed, at, lot))
