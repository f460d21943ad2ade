"""What can be forged, class by class: from outside, and by people who got mails of ours themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import bounce_forms as forms
from bounce_classes import Drawn, Lots, about, body, headers, of, ours
from bounce_world import SENDER, Sent, Truth

_SPAM = "Return-Path: <ceo@elsewhere.example>\nFrom: ceo@elsewhere.example\n"


def _victim(lots: Lots) -> Sent:
    return lots.sent(lambda s: s.address.isascii() and "+" not in s.address)


def _told(lots: Lots, victim: Sent, name: str) -> Truth:
    """Where the directory knows no Message-IDs and nothing is signed, who knows number and address is believed."""
    return about(victim, name, may_count=not (lots.world.has_ids or lots.world.signs))


def _some_time(lots: Lots, victim: Sent) -> str:
    """Who stands outside does not know when a mail left."""
    hours = lots.lot.choice((-1, 1)) * lots.lot.uniform(0.5, 40)
    return format_datetime(victim.sent_at + timedelta(hours=hours))


# --- from outside -----------------------------------------------------------------------------------------------------


@of(40)
def _forged_number(lots: Lots, name: str) -> Drawn:
    """Numbers are counted up, and who is on which project can be known."""
    victim = _victim(lots)
    identity = lots.lot.choice(("", lots.some_id()))
    back = headers(victim, victim.address, identity, Return_Path="", Received="", Date=_some_time(lots, victim))
    back += f"\nProtokoll {victim.number}\n"
    return lots.write(lots.report(victim, back=back, to=SENDER)), _told(lots, victim, name)


@of(30)
def _forged_number_and_message_id(lots: Lots, name: str) -> Drawn:
    """A Message-ID that looks like one of ours."""
    victim = _victim(lots)
    form = f"{victim.number}.{lots.lot.getrandbits(96):024x}@iprot.example"
    identity = (
        form if lots.world.signs_ids or lots.lot.random() < 0.3 else f"{lots.lot.getrandbits(96):024x}@iprot.example"
    )
    back = ours(victim, victim.address, identity, Date=_some_time(lots, victim))
    back = back.replace(victim.protocol.url, "https://iprot.example/p/guessed0123456")
    return lots.write(lots.report(victim, back=back, to=SENDER)), _told(lots, victim, name)


@of(30)
def _forged_return_path(lots: Lots, name: str) -> Drawn:
    """To a return path of our form, its token guessed."""
    victim = _victim(lots)
    path = f"bounces+{victim.number}.{lots.lot.getrandbits(96):024x}@iprot.example"
    head = f"Delivered-To: {path}\n"
    return lots.write(lots.report(victim, back=headers(victim, message_id=""), to=path, head=head)), _told(
        lots, victim, name
    )


@of(25)
def _forged_header(lots: Lots, name: str) -> Drawn:
    victim = _victim(lots)
    back = f"From: iprot <{SENDER}>\nTo: {victim.address}\nSubject: Ihr Protokoll\nX-Protocol: {victim.number}\n"
    return lots.write(lots.report(victim, back=back, to=SENDER), *forms.WITH_REPORT), _told(lots, victim, name)


@of(25)
def _forged_date(lots: Lots, name: str) -> Drawn:
    """Who knows when the protocols leave, but no number."""
    victim = _victim(lots)
    back = headers(victim, victim.address, "", Subject="Ihr Protokoll", X_Protocol="", Return_Path="")
    return lots.write(lots.report(victim, back=back, to=SENDER), *forms.WITH_REPORT), _told(lots, victim, name)


@of(25)
def _forged_report_alone(lots: Lots, name: str) -> Drawn:
    victim = _victim(lots)
    form = (*forms.WITH_REPORT, *forms.IN_WORDS)
    return lots.write(lots.report(victim, back="", to=SENDER), *form), about(victim, name, may_count=False)


@of(25)
def _forged_with_somebody_elses_mail(lots: Lots, name: str) -> Drawn:
    """That quotes a number of ours and one of its links."""
    victim = _victim(lots)
    back = (
        _SPAM + f"To: {victim.address}\nMessage-ID: <{lots.some_id()}>\nSubject: Re: {victim.subject}\n{body(victim)}"
    )
    return lots.write(lots.report(victim, back=back, to=SENDER)), about(victim, name, may_count=False)


@of(25)
def _forged_inside_a_forward(lots: Lots, name: str) -> Drawn:
    victim = _victim(lots)
    back = ours(victim, victim.address, lots.some_id(), Date=_some_time(lots, victim))
    return lots.write(lots.report(victim, back=back, to="support@iprot.example"), forms.forwarded_by_hand), _told(
        lots, victim, name
    )


@of(25)
def _forged_with_question_marks(lots: Lots, name: str) -> Drawn:
    """An address that stands for whoever fits."""
    victim = lots.sent(lambda s: not s.address.partition("@")[0].isascii())
    garbled = "".join(c if c.isascii() else "??" for c in victim.address)
    report = lots.report(victim, garbled, back=headers(victim, "", ""), to=SENDER)
    return lots.write(report, forms.postfix), _told(lots, victim, name)


@of(25)
def _forged_sub_address(lots: Lots, name: str) -> Drawn:
    victim = _victim(lots)
    reported = victim.address.replace("@", "+x@")
    return lots.write(lots.report(victim, reported, back=headers(victim, "", ""), to=SENDER)), about(
        victim, name, may_count=False
    )


@of(20)
def _forged_about_us(lots: Lots, name: str) -> Drawn:
    sent = _victim(lots)
    own = lots.lot.choice((SENDER, "support@iprot.example", sent.path))
    return lots.write(lots.report(sent, own, back=headers(sent, own, ""), to=SENDER)), Truth(name)


# --- by people who got the same protocol, each in a mail of their own -------------------------------------------------


@of(40)
def _forged_with_ones_own_message_id(lots: Lots, name: str) -> Drawn:
    """One's own mail, as it came, but for whom it went to."""
    victim = _victim(lots)
    own = lots.others(victim)
    return lots.write(lots.report(own, victim.address, back=ours(own, victim.address), to=SENDER)), _told(
        lots, victim, name
    )


@of(30)
def _forged_with_ones_own_mail_without_its_id(lots: Lots, name: str) -> Drawn:
    victim = _victim(lots)
    own = lots.others(victim)
    return lots.write(lots.report(own, victim.address, back=ours(own, victim.address, ""), to=SENDER)), _told(
        lots, victim, name
    )


@of(30)
def _forged_with_ones_own_mail_under_a_new_id(lots: Lots, name: str) -> Drawn:
    victim = _victim(lots)
    own = lots.others(victim)
    back = ours(own, victim.address, lots.some_id())
    told = about(victim, name, may_count=not lots.world.signs)
    return lots.write(lots.report(own, victim.address, back=back, to=SENDER)), told


@of(30)
def _forged_with_ones_own_return_path(lots: Lots, name: str) -> Drawn:
    """It names both in what comes back, and is delivered to a return path that is truly ours."""
    victim = _victim(lots)
    own = lots.others(victim)
    back = ours(own, f"{own.address}, {victim.address}", lots.lot.choice(("", own.message_id)))
    told = replace(_told(lots, victim, name), beside=own.key)
    return lots.write(lots.report(own, victim.address, back=back, to=own.path)), told


@of(25)
def _forged_with_ones_own_token(lots: Lots, name: str) -> Drawn:
    """One's own Message-ID and return path under the number of another protocol, of which one knows."""
    victim = _victim(lots)
    own = lots.sent(lambda s: s.number != victim.number and s.key != victim.key)
    path, identity = (written.replace(own.number, victim.number) for written in (own.path, own.message_id))
    back = ours(victim, victim.address, identity).replace(victim.protocol.url, "")
    return lots.write(lots.report(victim, back=back, to=path)), _told(lots, victim, name)


@of(25)
def _forged_about_another_protocol(lots: Lots, name: str) -> Drawn:
    """One's own mail of one protocol, with the subject of another, about an address on that one's list."""
    victim = _victim(lots)
    own = lots.sent(lambda s: s.number != victim.number and s.key != victim.key)
    back = ours(own, victim.address, Subject=victim.subject, X_Protocol=victim.number)
    return lots.write(lots.report(victim, back=back, to=SENDER)), _told(lots, victim, name)


@of(25)
def _forged_beside_oneself(lots: Lots, name: str) -> Drawn:
    """A report about two: oneself, with every proof, and the victim."""
    victim = _victim(lots)
    own = lots.others(victim, lambda s: s.address.isascii())
    report = lots.report(own, back=ours(own, f"{own.address}, {victim.address}"))
    both = replace(report, reported=(own.address, victim.address))
    told = replace(_told(lots, victim, name), beside=own.key)
    return lots.write(both, forms.postfix, forms.exim), told


@of(20)
def _about_oneself_and_a_forwarding(lots: Lots, name: str) -> Drawn:
    """Who says that his own address fails, is believed; not that another's does to which he claims to forward."""
    victim = _victim(lots)
    own = lots.others(victim, lambda s: s.address.isascii())
    report = lots.report(own, victim.address, original=own.address, back=ours(own))
    return lots.write(report, forms.postfix), about(own, name)


# --- by people who got the very same mail -----------------------------------------------------------------------------


@of(30)
def _forged_by_who_got_the_same_mail(lots: Lots, name: str) -> Drawn:
    """Its Message-ID is theirs too: only a return path for each recipient tells them apart."""
    victim = lots.sent(lambda s: s.address.isascii(), shared=True)
    own = lots.others(victim)
    report = lots.report(replace(own, address=victim.address), to=own.path)
    return lots.write(report), replace(about(victim, name, may_count=not lots.world.signs_paths), beside=own.key)
