"""Texts as they were written, whatever charset and encoding a mail claims."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.bounces import parse
from triage.bounces.decoding import decoded_body, decoded_text, decoded_words
from triage.bounces.heads import readable
from triage.bounces.returned import moment


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("宛先不明です", "iso-2022-jp"),
        ("宛先不明です", "ISO-2022-JP"),
        ("宛先不明です", "shift_jis"),
        ("宛先不明です", "euc-jp"),
        ("收件人不存在", "hz-gb-2312"),
        ("收件人不存在", "gb18030"),
        ("Grüße", "utf-7"),
        ("Grüße", "utf-16"),
        ("user unknown", "utf-16-le"),
        ("Сообщение не доставлено", "koi8-r"),
        ("Сообщение не доставлено", "windows-1251"),
        ("Grüße", "iso-8859-1"),
    ],
)
def test_a_text_is_read_in_its_charset(text: str, charset: str) -> None:
    assert decoded_text(text.encode(charset), charset).removeprefix("\ufeff") == text


@pytest.mark.parametrize(
    "charset", ["", "us-ascii", "iso-8859-1", "x-unknown", "rot13", "zlib", "idna", "utf-16", "\0"]
)
def test_a_text_in_ascii_or_utf_8_needs_no_charset_that_is_true(charset: str) -> None:
    assert decoded_text(b"user unknown", charset) == "user unknown"
    if charset != "utf-16":
        assert decoded_text("Grüße".encode(), charset) == "Grüße"


@given(
    st.binary(max_size=60),
    st.sampled_from(["utf-7", "utf-16", "iso-2022-jp", "hz", "utf-32", "gb18030", "koi8-r", "x"]),
)
def test_no_octets_give_text_that_cannot_be_stored(content: bytes, charset: str) -> None:
    decoded_text(content, charset).encode()


def test_encoded_words_that_part_a_character_are_joined() -> None:
    first, second = base64.b64encode("Gr\u00fc\u00dfe".encode()[:3]), base64.b64encode("Gr\u00fc\u00dfe".encode()[3:])
    assert decoded_words(f"=?utf-8?b?{first.decode()}?= =?UTF-8?B?{second.decode()}?=") == "Grüße"
    assert decoded_words("=?iso-2022-jp?q?=1B$B08@h?= =?iso-2022-jp?q?ITL@=1B(B?=") == "宛先不明"


def test_words_in_different_charsets_stand_side_by_side() -> None:
    assert decoded_words("a =?utf-8?q?=C3=BC?= =?iso-8859-1?q?=FC?= b =?utf-8?q?c?=") == "a üü b c"


@pytest.mark.parametrize("text", ["=?", "=?x?=", "=?utf-8?x?a?=", "=?utf-8?b?a", "= ?utf-8?q?a?="])
def test_what_is_no_encoded_word_stays(text: str) -> None:
    assert decoded_words(text) == text


@given(st.binary(max_size=80))
def test_base64_with_anything_between_reads_what_it_can(noise: bytes) -> None:
    decoded_body(noise, "base64")
    assert decoded_body(base64.encodebytes(noise), "base64") == noise


def test_a_header_in_octets_of_utf_8_or_latin_1_is_read() -> None:
    assert readable("Grüße".encode().decode("latin-1")) == "Grüße"
    assert readable("Grüße") == "Grüße"
    assert readable("à la".encode().decode("latin-1") + "\n\tcarte") == "à la carte"


def test_a_report_in_base64_with_crlf_reads_like_one_without() -> None:
    status = "Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n"
    head = (
        "From: MAILER-DAEMON@mx.example\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
    )
    mails = [head + base64.encodebytes(text.encode()).decode() for text in (status, status.replace("\n", "\r\n"))]
    one, other = (parse(mail.encode()) for mail in mails)
    assert one == other
    assert one.failures


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("Mon, 23 Nov 2026 03:07:48 +0000", "2026-11-23T03:07:48+00:00"),
        ("Mon, 23 Nov 2026 03:07:48 +0000 (UTC)", "2026-11-23T03:07:48+00:00"),
        ("1 Feb 2024 23:59:59 -0330", "2024-02-01T23:59:59-03:30"),
        ("Mon, 23 Nov 2026 03:07:48 -0000", "2026-11-23T03:07:48+00:00"),
        ("Mon, 23 Nov 26 03:07 GMT", "2026-11-23T03:07:00+00:00"),
        ("23 Nov 2026 03:07:48 EST", "2026-11-23T03:07:48-05:00"),
    ],
)
def test_a_date_is_read(written: str, iso: str) -> None:
    found = moment(written)
    assert found is not None
    assert found.isoformat() == iso


@pytest.mark.parametrize(
    "written", ["", "now", "31 Feb 2024 10:00:00 +0000", "1 Feb 2024 25:00:00 +0000", "1 Feb 99999"]
)
def test_what_is_no_date_is_none(written: str) -> None:
    assert moment(written) is None


@given(st.datetimes(), st.integers(-1439, 1439))
def test_every_believable_date_is_read_as_the_standard_library_reads_it(day: object, minutes: int) -> None:
    from datetime import datetime, timedelta, timezone
    from email.utils import format_datetime, parsedate_to_datetime

    assert isinstance(day, datetime)
    if day.year < 1900:
        day = day.replace(year=day.year % 200 + 1900, day=min(day.day, 28))
    text = format_datetime(day.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes))))
    try:
        expected = parsedate_to_datetime(text)
        expected.astimezone()
    except (ValueError, OverflowError):
        return
    assert moment(text) == (expected if 1990 <= expected.year < 2100 else None)
