"""Keyed hashes: what signs our mails, and what hides the tokens of links."""

from __future__ import annotations

import base64
import pickle
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.tokens import Hider, is_signed, signature

KEY = b"a key of these tests"
LINK = "https://iprot.example/p/{token}"
HIDE = Hider(KEY, LINK)
HASH = HIDE.hash("abc123")


@pytest.mark.parametrize(
    ("template", "written", "told"),
    [
        (LINK, "https://iprot.example/p/abc123", "https://iprot.example/p/{}"),
        (LINK, "http://IPROT.example/P/abc123, und", "http://IPROT.example/P/{}, und"),
        (LINK, "siehe iprot.example/p/abc123.", "siehe iprot.example/p/{}."),
        (LINK, "<https://iprot.example/p/abc123>", "<https://iprot.example/p/{}>"),
        (LINK, "https://iprot.example/p/abc123/pdf?x=1", "https://iprot.example/p/{}/pdf?x=1"),
        (LINK, "https:=2F=2Fiprot.example=2Fp=2Fabc=\r\n123 fertig", "https:=2F=2Fiprot.example=2Fp=2F{} fertig"),
        (LINK, "?u=https%3A%2F%2Fiprot.example%2Fp%2Fabc123&d", "?u=https%3A%2F%2Fiprot.example%2Fp%2F{}&d"),
        (LINK, "?u=https-3A__iprot.example_p_abc123&d", "?u=https-3A__iprot.example_p_{}&d"),
        (LINK, "iprot.example/p/abc123 iprot.example/p/abc123", "iprot.example/p/{} iprot.example/p/{}"),
        (
            "https://iprot.example/open?n={number}&t={token}",
            "https://iprot.example/open?n=2026-0877&amp;t=abc123",
            "https://iprot.example/open?n=2026-0877&amp;t={}",
        ),
        ("https://{token}.iprot.example/", "https://abc123.iprot.example/", "https://{}.iprot.example/"),
        ("https://{token}.iprot.example/", "?u=https%3A%2F%2Fabc123.iprot.example%2F", None),
        ("https://{token}.iprot.example/", "https-3A__abc123.iprot.example_", None),
        ("https://{number}.{token}.iprot.example/", "https://2026-0877.abc123.iprot.example/", None),
        ("https://p.iprot.example/{token}", "https://p[.]iprot[.]example:8443/abc123", None),
        ("https://iprot.example/{number}/{token}/x", "https://iprot.example/2026-0877/abc123/x", None),
        ("https://iprot.example/{number}/{token}/x", "iprot.example%2F2026_0877%2Fabc123%2Fx%3F", None),
        ("https://iprot.example/{number}/{token}/x", "https-3A__iprot.example_2026-2D0877_abc123_x", None),
        ("https://iprot.example/{number}-{token}", "https://iprot.example/2026-0877-abc123", None),
        ("https://iprot.example/open?t={token}&n={number}", "https%3A//iprot.example/open%3Ft%3Dabc123%26n%3D1", None),
        (LINK, "hxxps://iprot[.]example/p/abc123", None),
        (LINK, "https:\\/\\/iprot.example\\/p\\/abc123", None),
        (LINK, "https&colon;&sol;&sol;iprot&#46;example&#x2f;p&#47;abc123", None),
        (LINK, "https://iprot.example:443/p/abc123", None),
        (LINK, "https%25253A%25252F%25252Fiprot.example%25252Fp%25252Fabc123", None),
    ],
)
def test_a_token_is_hidden_however_its_link_is_written(template: str, written: str, told: str | None) -> None:
    wanted = written.replace("abc123", HASH) if told is None else told.replace("{}", HASH)
    assert Hider(KEY, template)(written) == wanted


TOKEN = "q7xKvR2mZp9TcW4nYb8Lda"
"""As products make them."""


@pytest.mark.parametrize("gap", ["\n", "\r\n> ", "=\n", "\n ", " ", " \n\t"])
def test_a_line_may_be_broken_right_before_a_token_but_a_word_there_is_none(gap: str) -> None:
    text = "siehe https://iprot.example/p/{}. Danke"
    assert HIDE(text.format(gap + TOKEN)) == text.format(gap + HIDE.hash(TOKEN))
    if gap != "=\n":  # which is no gap
        assert HIDE(text.format(f"{gap}Protokoll")) == text.format(f"{gap}Protokoll")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_searched_whatever_it_was_taken_for(encoding: str) -> None:
    wide = f"Ihr Link: https://iprot.example/p/{TOKEN}.".encode(encoding).decode("latin-1")
    told = HIDE(f"\xd0\xcf{wide}\xe0")
    assert told[2:-1].encode("latin-1").decode(encoding) == f"Ihr Link: https://iprot.example/p/{HIDE.hash(TOKEN)}."


@pytest.mark.parametrize("before", ["", "a", "ab", "Guten Tag, "])
@pytest.mark.parametrize("around", ["{}", "?u={}&i=1", "x/{}", "The message was:\n\n{}\n\nEnd: of it"])
def test_base64_that_says_a_link_is_hidden_whole(before: str, around: str) -> None:
    coded = base64.encodebytes(f"{before}https://iprot.example/p/{TOKEN} {before * 30}".encode()).decode().strip()
    coded = coded.replace("\n", "") if "\n" not in around else coded
    told = HIDE(around.format(coded))
    assert coded[-30:] not in told
    assert told.endswith(around.partition("{}")[2])
    other = base64.b64encode(f"{before}iprot@iprot.example".encode()).decode()
    assert HIDE(around.format(other)) == around.format(other), "what says no link stays"


def test_base64_ends_before_the_next_field_and_the_next_part() -> None:
    coded = base64.b64encode(f"https://iprot.example/p/{TOKEN} .".encode()).decode()
    assert not coded.endswith("=")
    hidden = HIDE(coded)
    assert len(hidden) == 33
    for behind in ("\nReporting-MTA: dns", "\n--boundary\nContent-Type: text/plain", "\n--boundary--\n"):
        assert HIDE(coded + behind) == hidden + behind


SLOW = [
    "iprot.example/" + "_a" * 100,
    "iprot.example/" + "_" * 200,
    "iprot.example/" + "=\n" * 3 + "_" * 400,
    "iprot.example/" + "a%2F" * 60,
    "a" * 200 + "_",
    "iprot.",
    "iprot.example.",
    "https://iprot.example/" + "a" * 150 + "/" + "a" * 150,
    "aXByb3QuZXhhbXBsZ",
    "a\0" * 20 + "b",
]


@pytest.mark.parametrize(
    "template",
    [
        LINK,
        "https://{token}.iprot.example/",
        "https://iprot.example/{number}/{token}/x",
        "https://iprot.example/{token}/{token}/x",
        "https://iprot.example/p?a={token}&b={number}&c=1",
        "https://iprot.example/{number}-{token}",
        "https://{number}.{token}.iprot.example/",
    ],
)
def test_of_every_form_of_a_link_a_text_that_is_made_to_be_slow_is_searched_in_linear_time(template: str) -> None:
    hide = Hider(KEY, template)
    for evil in SLOW:
        text = f"{evil} " * (300_000 // len(evil)) if evil != "iprot.example." else evil * 20_000
        begin = time.process_time()
        hide(text)
        assert time.process_time() - begin < 1.0, evil


@pytest.mark.parametrize(
    "text", ["", "iprot.example", "https://iprot.example/x/abc123", "https://other.example/p/abc123", "abc123"]
)
def test_what_is_no_link_to_a_protocol_is_the_very_same_text(text: str) -> None:
    assert HIDE(text) is text


@pytest.mark.parametrize("template", ["", "https://iprot.example/login", "https://iprot.example/n/{number}", "{token}"])
def test_links_that_hide_nothing_or_that_nothing_marks_are_left(template: str) -> None:
    text = "https://iprot.example/n/2026-0877 https://iprot.example/login"
    assert Hider(KEY, template)(text) is text


def test_the_directorys_link_and_that_of_a_mail_are_hidden_alike() -> None:
    assert HIDE.link("https://iprot.example/p/abc123") == HIDE("https://iprot.example/p/abc123")
    assert HIDE.link("http://www.iprot.example/p/abc123") == f"https://iprot.example/p/{HASH}"


def test_a_link_of_the_directory_that_is_of_no_known_form_is_hidden_whole() -> None:
    told = HIDE.link("https://elsewhere.example/secret")
    assert told.startswith("~")
    assert "secret" not in told
    assert (
        Hider(KEY, "https://iprot.example/n/{number}").link("https://iprot.example/n/1") == "https://iprot.example/n/1"
    )
    assert HIDE.link("") == ""


def test_a_hash_has_no_digits_that_could_pass_for_a_number_and_depends_on_the_key() -> None:
    assert not any(letter.isdigit() for letter in HASH)
    assert len(HASH) == 33
    assert Hider(b"another key", LINK).hash("abc123") != HASH


def test_it_goes_to_a_second_process_as_it_is() -> None:
    assert pickle.loads(pickle.dumps(HIDE))("iprot.example/p/abc123") == f"iprot.example/p/{HASH}"


@given(st.text(), st.text(alphabet="abcXYZ0123456789_~-", min_size=6, max_size=60), st.text(max_size=1))
def test_whatever_stands_around_it_no_token_is_left(before: str, token: str, behind: str) -> None:
    told = HIDE(f"{before}https://iprot.example/p/{token}\n{behind}")
    assert f"/p/{token}" not in told


# --- signatures -------------------------------------------------------------------------------------------------------


def test_a_signature_ties_number_and_address_to_a_key() -> None:
    whole = signature(KEY, "2026-0877", "p.weber@bau.example")
    assert len(whole) == 64
    assert is_signed(whole[:16].upper(), "2026-0877", "p.weber@bau.example", [b"new", KEY])
    assert not is_signed(whole[:15], "2026-0877", "p.weber@bau.example", [KEY])
    assert not is_signed(whole[:16], "2026-0878", "p.weber@bau.example", [KEY])
    assert not is_signed(whole[:16], "2026-0877", "p.webe@bau.example", [KEY])
    assert not is_signed(whole[:16], "2026-0877", "p.weber@bau.example", [])
    assert not is_signed(f"{whole}0", "2026-0877", "p.weber@bau.example", [KEY])


def test_number_and_address_cannot_lend_each_other_letters() -> None:
    assert signature(KEY, "1", "2@x") != signature(KEY, "12", "@x")
