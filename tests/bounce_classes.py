"""The bounces of a `World`, class by class, each with its truth.

Who forges is either from outside (knows our sender, the form of numbers, any number, addresses) or got mails of ours
himself (knows all that stands in them: Message-ID, return path, link, date, who else got it). Nobody knows another
mail's Message-ID or return path, nor our key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from random import Random

import bounce_forms as forms
from bounce_forms import Form, Report, encoded
from bounce_world import NOW, SENDER, Sent, Truth, World

Drawn = tuple[bytes, Truth]
Maker = Callable[["Lots", str], Drawn]
SHARES: dict[str, tuple[int, Maker]] = {}
"""Class -> how often it is drawn, and who writes it."""
_REPLIES = (
    ("5.1.1", "550 5.1.1 User unknown"),
    ("5.1.2", "550 5.1.2 Host unknown (Name server: host not found)"),
    ("5.2.2", "552 5.2.2 Mailbox full"),
    ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found"),
    ("5.7.1", "554 5.7.1 Message rejected as spam by content filter"),
)


def of(share: int) -> Callable[[Maker], Maker]:
    def register(maker: Maker) -> Maker:
        SHARES[maker.__name__.removeprefix("_").replace("_", " ")] = (share, maker)
        return maker

    return register


class Lots:
    """Draws what a class needs, and writes it."""

    def __init__(self, world: World, lot: Random) -> None:
        self.world = world
        self.lot = lot
        self.number = 0
        self._by_key: dict[str, list[Sent]] = {}
        for sent in world.sent:
            self._by_key.setdefault(sent.key, []).append(sent)

    def sent(self, fits: Callable[[Sent], bool] = lambda _sent: True, *, shared: bool = False) -> Sent:
        while True:
            found = self.lot.choice(self.world.sent)
            if found.is_shared == shared and fits(found):
                return found

    def others(self, sent: Sent, fits: Callable[[Sent], bool] = lambda _sent: True) -> Sent:
        """The same protocol, as another recipient got it."""
        return self.lot.choice(
            [s for s in self.world.sent if s.number == sent.number and s.key != sent.key and fits(s)]
        )

    def is_one_of_several(self, sent: Sent, minutes: int = 0) -> bool:
        """That day the address got another one, so many minutes apart at least."""
        apart = [abs(s.sent_at - sent.sent_at) for s in self._by_key[sent.key] if s.number != sent.number]
        nearest = min(apart, default=timedelta(days=99))
        return timedelta(minutes=minutes) < nearest < timedelta(hours=8)

    def report(self, sent: Sent, reported: str = "", **changes: object) -> Report:
        status, reply = self.lot.choice(_REPLIES)
        waited = timedelta(seconds=self.lot.choice((2, 5, 60, 4_000, 100_000)))
        made = Report(
            reported=(reported or sent.address,),
            at=min(sent.sent_at + waited, NOW),
            to=sent.path,
            back=ours(sent) if self.lot.random() < 0.7 else headers(sent),
            status=status,
            reply=reply,
            subject=sent.subject,
            number=self.number,
        )
        return replace(made, **changes)  # type: ignore[arg-type]

    def write(self, report: Report, *choice: Form) -> bytes:
        return forms.written(report, self.lot.choice(choice or forms.WITH_RETURNED), self.lot)

    def some_id(self) -> str:
        return f"{self.lot.getrandbits(96):024x}@{self.lot.choice(('iprot.example', 'mx9.relay.example'))}"


# --- our mails as they come back --------------------------------------------------------------------------------------


def headers(sent: Sent, to: str = "", message_id: str | None = None, **changes: str) -> str:
    """The header of one; `message_id` "" leaves it out."""
    identity = sent.message_id if message_id is None else message_id
    fields = {
        "Return-Path": f"<{sent.path}>",
        "Received": f"from app1.iprot.example by mail.iprot.example with ESMTPS; {format_datetime(sent.sent_at)}",
        "From": f"iprot <{SENDER}>",
        "To": to or ",\n ".join(sent.to),
        "Subject": encoded(sent.subject),
        "Date": format_datetime(sent.sent_at),
        "Message-ID": f"<{identity}>" if identity else "",
        "X-Protocol": sent.number,
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
    }
    fields |= {name.replace("_", "-"): value for name, value in changes.items()}
    return "".join(f"{name}: {value}\n" for name, value in fields.items() if value)


def body(sent: Sent) -> str:
    return f"\nGuten Tag,\n\ndas Protokoll {sent.number} liegt für Sie bereit:\n\n{sent.protocol.url}\n"


def ours(sent: Sent, to: str = "", message_id: str | None = None, **changes: str) -> str:
    return headers(sent, to, message_id, **changes) + body(sent)


def about(sent: Sent, name: str, *, may_count: bool = True) -> Truth:
    return Truth(name, sent.number, sent.key, may_count)


# --- what servers report ----------------------------------------------------------------------------------------------


@of(300)
def _plain(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii())
    return lots.write(lots.report(sent)), about(sent, name)


@of(120)
def _headers_only(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii())
    return lots.write(lots.report(sent, back=headers(sent))), about(sent, name)


@of(80)
def _nothing_returned(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii())
    return lots.write(lots.report(sent, back=""), *forms.WITH_REPORT), about(
        sent, name, may_count=lots.world.signs_paths
    )


@of(60)
def _nothing_returned_but_named_in_references(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii())
    head = f"References: <{sent.message_id}>\nIn-Reply-To: <{sent.message_id}>\n"
    return lots.write(lots.report(sent, back="", head=head), *forms.WITH_REPORT), about(
        sent, name, may_count=lots.world.has_ids or bool(lots.world.signs)
    )


@of(100)
def _prose_only(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii())
    return lots.write(lots.report(sent, back=""), *forms.IN_WORDS), about(sent, name, may_count=lots.world.signs_paths)


@of(60)
def _forwarded_with_original_recipient(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii())
    report = lots.report(sent, f"privat{lots.number}@freemail.example", original=sent.address)
    return lots.write(report, forms.postfix), about(sent, name)


@of(60)
def _forwarded_without_a_word(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii())
    report = lots.report(sent, f"privat{lots.number}@freemail.example")
    return lots.write(report, forms.postfix, forms.exim), about(sent, name, may_count=bool(lots.world.signs))


@of(60)
def _rewritten_message_id_with_its_parent(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii())
    back = ours(sent, message_id=lots.some_id())
    parent = f"X-MS-Exchange-Parent-Message-Id: <{sent.message_id}>\n"
    report = lots.report(sent, back=parent + back, head=parent if lots.lot.random() < 0.5 else "")
    return lots.write(report, forms.exchange_de, forms.exchange_en), about(sent, name)


@of(50)
def _rewritten_message_id(lots: Lots, name: str) -> Drawn:
    """Without a trace of ours: all else in it is as it was sent."""
    sent = lots.sent(lambda s: s.address.isascii())
    given = f"{lots.lot.getrandbits(96):024x}@prod.exchange.example"
    report = lots.report(sent, back=ours(sent, message_id=given))
    return lots.write(report, *forms.WITH_REPORT), about(
        sent, name, may_count=lots.world.signs_paths or not lots.world.signs_ids
    )


@of(60)
def _umlauts_garbled(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: not s.address.partition("@")[0].isascii())
    garbled = "".join(c if c.isascii() else "??" for c in sent.address)
    return lots.write(lots.report(sent, garbled), forms.postfix, forms.exim), about(sent, name)


@of(40)
def _umlauts_as_they_are(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: not s.address.isascii())
    return lots.write(lots.report(sent), forms.postfix), about(sent, name)


@of(50)
def _domain_in_the_other_spelling(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: not s.address.partition("@")[2].isascii())
    return lots.write(lots.report(sent, sent.key), *forms.WITH_REPORT), about(sent, name)


@of(50)
def _another_sub_address(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: "+" in s.address)
    local, _at, domain = sent.address.partition("@")
    reported = f"{local.partition('+')[0]}{lots.lot.choice(('', '+intern'))}@{domain}"
    known = lots.world.has_ids or bool(lots.world.signs)
    return lots.write(lots.report(sent, reported)), about(sent, name, may_count=known)


@of(50)
def _wrapped_by_forwarding_or_bounce_protection(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii() and "+" not in s.address)
    local, _at, domain = sent.address.partition("@")
    wrapped = lots.lot.choice((f"SRS0=Hk3q=X7={domain}={local}@forwarder.example", f"prvs=4512abcdef={sent.address}"))
    return lots.write(lots.report(sent, wrapped), forms.postfix, forms.exim), about(sent, name)


@of(60)
def _several_a_day_told_by_the_message_id(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii() and lots.is_one_of_several(s))
    return lots.write(lots.report(sent)), about(sent, name)


@of(40)
def _several_a_day_told_by_the_date(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii() and lots.is_one_of_several(s, minutes=16))
    bare = headers(sent, message_id="", Subject="Ihr Protokoll", X_Protocol="")
    return lots.write(lots.report(sent, back=bare), *forms.WITH_REPORT), about(
        sent, name, may_count=lots.world.signs_paths or not lots.world.has_ids
    )


@of(40)
def _several_a_day_told_by_the_subject(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii() and lots.is_one_of_several(s))
    report = lots.report(sent, back="")
    return lots.write(report, forms.exchange_de, forms.exchange_en), about(sent, name, may_count=lots.world.signs_paths)


@of(40)
def _several_a_day_told_by_nothing(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii() and lots.is_one_of_several(s))
    return lots.write(lots.report(sent, back=""), forms.postfix, forms.exim, forms.gmail), about(
        sent, name, may_count=lots.world.signs_paths
    )


@of(80)
def _one_mail_to_many(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii(), shared=True)
    return lots.write(lots.report(sent)), about(sent, name)


@of(30)
def _passed_on_by_hand(lots: Lots, name: str) -> Drawn:
    """To support itself: no return path of ours shows."""
    sent = lots.sent(lambda s: s.address.isascii())
    return lots.write(lots.report(sent, to="support@iprot.example"), forms.forwarded_by_hand), about(sent, name)


@of(30)
def _of_a_mail_not_exported_yet(lots: Lots, name: str) -> Drawn:
    """Signed, it proves itself; else nothing of these days must be taken for it."""
    sent = lots.sent(lambda s: s.address.isascii())
    number = "2026-9999"
    mailed = replace(
        sent,
        protocol=replace(sent.protocol, number=number, url="https://iprot.example/p/nobodyknowsityet"),
        message_id=lots.world.identity(number, sent.key),
        path=lots.world.path(number, sent.key),
        sent_at=sent.sent_at + timedelta(days=lots.lot.choice((0, 3))),
    )
    return lots.write(lots.report(mailed)), about(mailed, name, may_count=bool(lots.world.signs))


# --- no bounces -------------------------------------------------------------------------------------------------------


@of(50)
def _away(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii())
    return _answer(lots, sent, "Abwesend", "Ich bin bis zum 7. Dezember nicht im Büro."), Truth(name)


@of(30)
def _no_longer_with_the_company(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii())
    text = f"Ich bin nicht mehr im Unternehmen tätig. Bitte wenden Sie sich an neu.{sent.address}."
    return _answer(lots, sent, "Automatische Antwort", text), Truth(name)


def _answer(lots: Lots, sent: Sent, word: str, text: str) -> bytes:
    date = format_datetime(min(sent.sent_at + timedelta(seconds=20), NOW))
    return (
        f"Return-Path: <>\nReceived: from mail.there.example by mail.iprot.example; {date}\n"
        f"From: {sent.address}\nTo: {SENDER}\nSubject: {encoded(f'{word}: {sent.subject}')}\nDate: {date}\n"
        f"Message-ID: <{lots.number}.away@there.example>\nIn-Reply-To: <{sent.message_id}>\n"
        f"Auto-Submitted: auto-replied\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    ).encode()


# --- backscatter ------------------------------------------------------------------------------------------------------


@of(40)
def _foreign_backscatter(lots: Lots, name: str) -> Drawn:
    """Spam under somebody's name: nothing of ours, nobody of ours."""
    sent = lots.sent()
    back = ours(sent, "x@elsewhere.example", lots.some_id(), From="shop@elsewhere.example", Subject="Your invoice")
    return lots.write(lots.report(sent, f"x{lots.number}@elsewhere.example", back=back, to=SENDER)), Truth(name)


@of(40)
def _foreign_backscatter_about_one_of_ours(lots: Lots, name: str) -> Drawn:
    sent = lots.sent(lambda s: s.address.isascii())
    back = ours(
        sent, sent.address, lots.some_id(), From="shop@elsewhere.example", Subject="Your invoice", X_Protocol=""
    )
    return lots.write(lots.report(sent, back=back, to=SENDER)), about(sent, name, may_count=False)
