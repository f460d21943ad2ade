"""Addresses: spellings of one address have one key; what nobody can mail to keeps its text and names its fault."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from triage import address
from triage.model import AddressFault


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("P.Weber@Planung.EXAMPLE", "p.weber@planung.example"),
        (" <p.weber@planung.example> ", "p.weber@planung.example"),
        ('"p.weber"@planung.example', "p.weber@planung.example"),
        ('"p weber"@planung.example', '"p weber"@planung.example'),
        ("p.weber@planung.example.", "p.weber@planung.example"),
        ("max@straße.example", "max@xn--strae-oqa.example"),
        ("max@xn--strae-oqa.example", "max@xn--strae-oqa.example"),
        ("mu\u0308ller@x.example", "m\u00fcller@x.example"),
        ("STRASSE@x.example", "strasse@x.example"),
        ("Straße@x.example", "straße@x.example"),
        ("info@[192.0.2.1]", "info@[192.0.2.1]"),
        ("max@bücher.example。", "max@xn--bcher-kva.example"),
        ("<<max@x.example>>", "max@x.example"),
    ],
)
def test_one_address_has_one_key_however_it_is_written(written: str, key: str) -> None:
    parsed = address.parse(written)
    assert (parsed.key, parsed.fault) == (key, None)
    assert address.parse(key).key == key


def test_sharp_s_and_double_s_stay_two_domains() -> None:
    assert address.parse("a@straße.example").key != address.parse("a@strasse.example").key


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("p.weber", AddressFault.NO_AT),
        ("@planung.example", AddressFault.EMPTY_LOCAL),
        ("p.weber@", AddressFault.EMPTY_DOMAIN),
        ("a..b@x.example", AddressFault.BAD_LOCAL),
        ("p weber@x.example", AddressFault.SPACE),
        ("info@bau huber.example", AddressFault.SPACE),
        ("p.weber@firma,example", AddressFault.BAD_DOMAIN),
        ("x@-x.example", AddressFault.BAD_DOMAIN),
        ("x@planung_sued.example", AddressFault.BAD_DOMAIN),
        ("x@a..example", AddressFault.BAD_DOMAIN),
        ("x" * 65 + "@x.example", AddressFault.TOO_LONG),
    ],
)
def test_what_nobody_can_mail_to_keeps_its_text_as_key_and_names_its_fault(written: str, fault: AddressFault) -> None:
    parsed = address.parse(written)
    assert (parsed.written, parsed.key, parsed.fault) == (written, written.lower(), fault)


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=100))
def test_any_text_is_parsed_and_its_key_is_stable(written: str) -> None:
    parsed = address.parse(written)
    assert parsed.key == unicodedata.normalize("NFC", parsed.key)
    assert address.parse(parsed.key).key == parsed.key
    assert not any("\ud800" <= c <= "\udfff" for c in parsed.written + parsed.key)


_ODD = [
    "a",
    ".",
    "@",
    "<",
    ">",
    " ",
    '"',
    "\\",
    ",",
    "İ",
    "\u0345",
    "\u0301",
    "\u0338",
    "\u1e9e",
    "\ufb2c",
    "\0",
    "\x1f",
    "。",
    "ü",
    "xn--",
]


@given(st.lists(st.sampled_from(_ODD), max_size=8).map("".join))
@example("<<>>")
@example("max@bücher.example。")
@example("\u1f59\u0345@x.example")
def test_the_key_of_a_key_is_itself_however_oddly_it_is_written(written: str) -> None:
    key = address.parse(written).key
    assert address.parse(key).key == key


@given(st.from_regex(r"[a-z0-9._%+-]{1,20}@([a-z0-9-]{1,20}\.){1,3}example", fullmatch=True))
def test_case_and_brackets_never_matter(written: str) -> None:
    assert address.parse(f"<{written.upper()}>").key == address.parse(written).key
