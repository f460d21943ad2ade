"""How our own mails are known again."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from triage import config
from triage.linking import Patterns
from triage.model import Returned


def patterns(url: str = "", number: str = r"\b\d{4}-\d{4}\b") -> Patterns:
    sender = config.Sender(addresses=("iProt@iprot.example",), domains=("protokoll-dienst.example", "bücher.example"))
    return Patterns.from_settings(sender, config.Linking(protocol_url=url, protocol_number=number))


@pytest.mark.parametrize(
    "sender",
    [
        "iprot@iprot.example",
        "iProt Protokolle <IPROT@iprot.example>",
        '"Wer <auch> immer" <x@protokoll-dienst.example>',
        "x@bücher.example",
        "x@xn--bcher-kva.example",
    ],
)
def test_a_mail_from_our_address_or_domain_is_ours(sender: str) -> None:
    assert patterns().sent(Returned(from_=sender))


@pytest.mark.parametrize(
    "sender",
    ["", "other@iprot.example", "x@sub.protokoll-dienst.example", "iprot@iprot.example <x@y.example>", "<>", "x y"],
)
def test_a_mail_from_anybody_else_is_not(sender: str) -> None:
    assert not patterns().sent(Returned(from_=sender))


def test_each_different_link_is_found_once_without_the_sentences_full_stop() -> None:
    ours = patterns("https://iprot.example/p/{token}")
    text = (
        "<https://iprot.example/p/a-1> HTTPS://IPROT.example/p/a-1. https://iprot.example/p/b?x=1 https://x.example/p/c"
    )
    assert list(ours.links(text)) == [("https://iprot.example/p/a-1", ""), ("https://iprot.example/p/b", "")]


def test_a_dot_in_the_links_host_is_a_dot() -> None:
    assert list(patterns("https://iprot.example/p/{token}").links("https://iprot-example/p/a")) == []


def test_a_link_that_never_varies_proves_no_protocol() -> None:
    assert list(patterns("https://iprot.example/").links("https://iprot.example/")) == []


def test_a_link_may_hold_token_and_number_and_either_twice() -> None:
    ours = patterns("https://{token}.iprot.example/{number}/{token}")
    assert list(ours.links("https://t1.iprot.example/2026-0001/t1")) == [
        ("https://t1.iprot.example/2026-0001/t1", "2026-0001")
    ]


def test_numbers_are_the_regular_expressions_first_group_if_it_has_one() -> None:
    assert list(patterns(number=r"Protokoll (\d+)").numbers("Protokoll 12, Protokoll 12 und 13")) == ["12"]


def test_without_a_number_pattern_no_number_is_found() -> None:
    assert list(patterns(number="").numbers("2026-0001")) == []


def test_at_most_twenty_numbers_of_a_text_are_looked_up() -> None:
    assert len(list(patterns().numbers(" ".join(f"2026-{n:04}" for n in range(500))))) == 20


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=300))
def test_no_text_makes_the_patterns_raise(text: str) -> None:
    ours = patterns("https://iprot.example/p/{token}")
    list(ours.links(text))
    list(ours.numbers(text))
    ours.sent(Returned(from_=text))
