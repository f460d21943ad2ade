"""Which address a report means: garbled letters, sub-addresses, other spellings of a domain."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from linking_world import NOON, PATTERNS, WEBER, InMemory, bounce, delivery, failure, found, returned

from triage import address
from triage.linking import meant
from triage.linking.search import MOST_NEAR
from triage.linking.similar import slips
from triage.model import Bounce, Strength

MUELLER = "j.müller@bau-huber.example"
INFO = "info@bücher-groß.example"
TAGGED = "a.beck+protokolle@tragwerk-beck.example"
PLAIN = "a.beck@tragwerk-beck.example"
MAILED = InMemory(deliveries=[delivery("2026-0001", to, "m@iprot.example") for to in (MUELLER, INFO, TAGGED, WEBER)])
BY_ID = bounce(original_message_id="m@iprot.example")


def address_meant(reported: str, report: Bounce = BY_ID, lookup: InMemory = MAILED) -> str:
    return meant(failure(reported), report, lookup, PATTERNS).address.written


@pytest.mark.parametrize(
    ("reported", "wanted"),
    [
        ("j.m??ller@bau-huber.example", MUELLER),
        ("j.m?ller@bau-huber.example", MUELLER),
        ("j.m\ufffd\ufffdller@bau-huber.example", MUELLER),
        ("info@b??cher-gro??.example", INFO),
        (PLAIN, TAGGED),
        ("a.beck+anderes@tragwerk-beck.example", TAGGED),
    ],
)
def test_a_garbled_address_or_another_sub_address_is_the_one_that_the_mail_went_to(reported: str, wanted: str) -> None:
    told = meant(failure(reported), BY_ID, MAILED, PATTERNS)
    assert (told.address.written, told.final_recipient) == (wanted, address.parse(reported).written)
    assert found(told, BY_ID, MAILED).strength is Strength.PROOF
    assert found(told, BY_ID, MAILED).evidence.value == "message_id", "another spelling is no forwarding"


@pytest.mark.parametrize(
    "reported",
    ["j.m????ller@bau-huber.example", "j.m??er@bau-huber.example", "p.web?r@bau-huber.example", "?@?.example"],
)
def test_a_question_mark_stands_for_a_letter_beyond_ascii_only(reported: str) -> None:
    assert address_meant(reported) == reported


def test_of_two_that_fit_neither_is_meant() -> None:
    two = InMemory(deliveries=[delivery("1", f"m{letter}ller@bau.example", "m@iprot.example") for letter in "üö"])
    assert address_meant("m??ller@bau.example", lookup=two) == "m??ller@bau.example"


def test_without_the_message_id_a_garbled_address_is_the_one_mailed_lately_that_fits() -> None:
    report = bounce(returned=returned())
    assert address_meant("j.m??ller@bau-huber.example", report) == MUELLER
    assert address_meant("info@b??cher-gro??.example", report) == INFO
    assert address_meant("j.m??ller@bau-huber.example", replace(report, date=None)) == "j.m??ller@bau-huber.example"


def test_without_the_message_id_a_sub_address_is_not_taken_off() -> None:
    assert address_meant(PLAIN, bounce(returned=returned())) == PLAIN


def test_a_setting_says_what_parts_a_sub_address() -> None:
    patterns = replace(PATTERNS, subaddress="")
    assert meant(failure(PLAIN), BY_ID, MAILED, patterns).address.written == PLAIN


def test_u_labels_and_a_labels_are_one_address_and_ss_is_no_sharp_s() -> None:
    key = address.parse(INFO).key
    assert key.startswith("info@xn--")
    assert [address.parse(address_meant(r)).key == key for r in (key.upper(), INFO, INFO.replace("ß", "ss"))] == [
        *(True, True, False)
    ]


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("weber", "weber", 0), ("weber", "webr", 1), ("weber", "wbeer", 1), ("weber", "webber", 1), ("weber", "wxbxr", 2)],
)
def test_slips_are_letters_left_out_added_changed_or_swapped(one: str, other: str, count: int) -> None:
    assert slips(one, other) == slips(other, one) == count


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_slips_are_the_same_both_ways_and_none_between_equals(one: str, other: str) -> None:
    assert slips(one, other) == slips(other, one)
    assert (slips(one, other) == 0) == (one == other)
    assert slips(one, other) <= 3


@given(st.text(max_size=30))
def test_no_address_makes_it_raise(written: str) -> None:
    told = meant(failure(written), BY_ID, MAILED, PATTERNS, NOON)
    assert told.address.key in {address.parse(written).key, *(d.key for d in MAILED.deliveries)}


def test_a_garbled_looking_address_that_was_mailed_itself_is_meant_as_it_stands() -> None:
    typed = "j.m?ller@bau-huber.example"
    mailed = [delivery("2026-0002", typed, "t@iprot.example"), delivery("2026-0001", MUELLER, "m@iprot.example")]
    assert address_meant(typed, bounce(returned=returned()), InMemory(mailed)) == typed
    assert address_meant(typed, bounce(returned=returned()), InMemory(mailed[1:])) == MUELLER


def test_where_more_was_mailed_to_a_domain_than_is_looked_through_no_address_is_meant() -> None:
    def mailed(count: int) -> InMemory:
        others = [delivery("2026-0002", f"p{n}@bau-huber.example", "", days_ago=2) for n in range(count)]
        return InMemory([delivery("2026-0001", MUELLER, "m@iprot.example"), *others])

    report = bounce(returned=returned())
    assert address_meant("j.m??ller@bau-huber.example", report, mailed(MOST_NEAR - 2)) == MUELLER
    assert address_meant("j.m??ller@bau-huber.example", report, mailed(MOST_NEAR)) == "j.m??ller@bau-huber.example"
