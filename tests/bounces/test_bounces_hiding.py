"""Changing what all texts of a mail say changes nothing else: what was found before is found after."""

from __future__ import annotations

import base64
import quopri
import time
from dataclasses import replace
from pathlib import Path

import pytest
from bounce_shares import drawn
from bounce_world import SIGNED, World
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from token_carriers import CARRIERS, LINK, of_a_person, report, token

from triage import bounces
from triage.bounces.hiding import changed
from triage.bounces.reading import read
from triage.desk.hiding import hidden
from triage.model import Bounce
from triage.tokens import Hider

MAILS = Path(__file__).parents[1] / "mails"
HIDE = Hider(b"a key of these tests", LINK.format("{token}"))
ANY = Hider(b"a key of these tests", "the{token}")
"""It finds something in nearly every English text."""


def what_matters(bounce: Bounce) -> Bounce:
    """All that is linked, stored or shown; of the returned headers not those that say how its body was encoded."""
    returned = bounce.returned
    if returned is None:
        return bounce
    said = tuple((n, v) for n, v in returned.headers if n not in ("content-type", "content-transfer-encoding"))
    return replace(bounce, returned=replace(returned, headers=said))


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("name", CARRIERS)
def test_what_a_mail_says_is_found_with_its_tokens_hidden(name: str, line_end: bytes) -> None:
    mail = CARRIERS[name](LINK.format(token(name))).replace(b"\n", line_end)
    after = changed(mail, HIDE)
    assert what_matters(bounces.parse(after)) == what_matters(hidden(bounces.parse(mail), HIDE))


def test_a_hash_in_a_mail_is_hashed_like_any_token_so_that_who_read_the_store_cannot_pass_one_off() -> None:
    once = changed(CARRIERS["prose"](LINK.format("abc123")), HIDE)
    assert changed(once, HIDE) != once


@pytest.mark.parametrize("path", sorted((MAILS / "real").glob("*.eml")), ids=lambda path: path.stem)
def test_a_mail_without_a_link_stays_as_it_is(path: Path) -> None:
    assert changed(path.read_bytes(), HIDE) == path.read_bytes()


def test_of_many_bounces_the_same_is_found() -> None:
    for raw, _truth in drawn(World(signs=SIGNED), 300):
        after = changed(raw, HIDE)
        assert what_matters(bounces.parse(after)) == what_matters(hidden(bounces.parse(raw), HIDE))


_texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=40)
_around = st.tuples(_texts, st.sampled_from(["", " ", "<", '"', "(", "=\n", "\n", "ü", "."]), _texts)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(CARRIERS)), _around, st.booleans())
def test_whatever_stands_around_a_link_no_token_is_left(name: str, around: tuple[str, str, str], is_crlf: bool) -> None:
    before, between, behind = ("".join(c for c in part if c.isascii()).replace("\n", " ") for part in around)
    link = LINK.format(token(name))
    mail = CARRIERS[name](f"{before}{between}{link} {behind}".replace("\n", " "))
    mail = mail.replace(b"\n", b"\r\n") if is_crlf else mail
    assert token(name).encode() not in changed(mail, HIDE)


@pytest.mark.parametrize("hide", [HIDE, ANY], ids=["links", "anything"])
@pytest.mark.parametrize("path", sorted((MAILS / "hostile").glob("*.eml")), ids=lambda path: path.stem)
def test_hostile_mails_pass_in_bounded_time(path: Path, hide: Hider) -> None:
    raw = path.read_bytes()
    begin = time.process_time()
    after = changed(raw, hide)
    took = time.process_time() - begin
    assert took < 1.0
    assert len(after) < 2 * len(raw) + 30_000_000


@pytest.mark.parametrize(
    "mail",
    [
        b"Content-Type: text/plain\n\n" + b"https://iprot.example/p/" * 100_000,
        b"Content-Type: text/plain\n\n" + b"https://iprot.example/p/" + b"=\n" * 500_000,
        b"Content-Type: text/plain\n\n" + b"https://iprot.example/p/" + b"a" * 2_000_000,
        b"Subject: " + b"=?utf-8?q?https://iprot.example/p/?=\n " * 20_000 + b"\n\n",
        b"iprot.example" * 200_000,
        b"\xef\xbf\xbd\xc4\xb0" * 300_000 + b"iprot.example/p/x",
    ],
    ids=["many links", "soft breaks", "a long token", "many words", "hosts alone", "letters that grow"],
)
def test_a_mail_made_to_be_slow_is_not(mail: bytes) -> None:
    begin = time.process_time()
    changed(mail, HIDE)
    assert time.process_time() - begin < 2.0


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
@pytest.mark.parametrize("before", ["", "https://iprot.example/p/"])
def test_of_a_part_that_is_too_large_to_be_decoded_the_end_goes(encoding: str, before: str) -> None:
    said = (before + "x" * 75 + "\n") * 30_000 + LINK.format(token("end"))
    body = base64.encodebytes(said.encode()) if encoding == "base64" else quopri.encodestring(said.encode())
    mail = of_a_person("", encoding=encoding)[:-2] + body
    after = bounces.parse(changed(mail, HIDE))
    content = read(changed(mail, HIDE)).root.content
    assert after.kind is bounces.parse(mail).kind
    assert token("end").encode() not in content
    assert 500_000 < len(content) <= 2_000_000


def test_a_decoded_word_with_a_line_end_makes_no_new_field_of_a_report() -> None:
    word = f"=?utf-8?q?{LINK.format(token('word'))}=0AFinal-Recipient:_rfc822;_x@y.example?="
    mail = report(diagnostic=word)
    [failure] = bounces.parse(changed(mail, HIDE)).failures
    [told] = hidden(bounces.parse(mail), HIDE).failures
    assert failure == replace(told, diagnostic=" ".join(told.diagnostic.split()))
