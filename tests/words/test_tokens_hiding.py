"""Keyed hashes: what signs our mails, and what hides the tokens of links."""

from __future__ import annotations

import pickle

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
    ],
)
def test_a_token_is_hidden_however_its_link_is_written(template: str, written: str, told: str) -> None:
    assert Hider(KEY, template)(written) == told.replace("{}", HASH)


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
