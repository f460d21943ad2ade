"""The ladder, rung by rung, with a directory in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linking_world import (
    BECK,
    DIRECTORY,
    FORWARDED_TO,
    NOBODY,
    NOON,
    PATTERNS,
    WEBER,
    WITHOUT_IDS,
    InMemory,
    bounce,
    delivery,
    failure,
    found,
    guesses,
    returned,
)

from triage import address, config
from triage.linking import RUNGS, Patterns, link, our_own
from triage.model import Evidence, Link, Returned, Strength

# --- rung 2: our Message-ID -------------------------------------------------------------------------------------------


def test_our_message_id_of_a_mail_to_the_reported_address_is_proof() -> None:
    result = found(failure(WEBER), bounce(original_message_id="one@iprot.example"))
    assert result == Link("2026-0001", "a1", Strength.PROOF, Evidence.MESSAGE_ID, "one@iprot.example")


@pytest.mark.parametrize("written", ["<one@iprot.example>", " <one@iprot.example>\t", "<one@\r\n iprot.example>"])
def test_angle_brackets_and_white_space_do_not_part_a_message_id(written: str) -> None:
    assert found(failure(WEBER), bounce(original_message_id=written)).evidence is Evidence.MESSAGE_ID


def test_a_message_id_in_another_case_is_another_one() -> None:
    assert link(failure(WEBER), bounce(original_message_id="ONE@iprot.example", date=None), DIRECTORY, PATTERNS) is None


@pytest.mark.parametrize(
    "parts",
    [
        {"returned": Returned(message_id="<one@iprot.example>")},
        {"related_ids": ("unknown@exchange.example", "one@iprot.example")},
        {"original_message_id": "rewritten@exchange.example", "related_ids": ("<one@iprot.example>",)},
    ],
)
def test_the_message_id_is_looked_for_in_the_returned_part_and_among_related_ones(parts: dict[str, object]) -> None:
    assert found(failure(WEBER), bounce(**parts)).strength is Strength.PROOF


def test_a_mail_that_was_forwarded_before_it_failed_is_proof_for_the_address_we_wrote_to() -> None:
    result = found(failure(WEBER, final=FORWARDED_TO), bounce(original_message_id="one@iprot.example"))
    assert (result.strength, result.evidence) == (Strength.PROOF, Evidence.FORWARDED)


def test_a_final_recipient_that_is_the_same_address_is_no_forwarding() -> None:
    result = found(failure(WEBER, final=WEBER.upper()), bounce(original_message_id="one@iprot.example"))
    assert result.evidence is Evidence.MESSAGE_ID


def test_a_protocol_that_the_directory_does_not_hold_is_linked_without_an_author() -> None:
    lookup = InMemory(deliveries=[delivery("2026-0009", WEBER, "nine@iprot.example")])
    assert found(failure(WEBER), bounce(original_message_id="nine@iprot.example"), lookup).author == ""


# --- rung 3: our own header -------------------------------------------------------------------------------------------


def test_our_own_header_in_a_mail_from_our_sender_is_strong_for_its_number_is_no_secret() -> None:
    report = bounce(returned=returned(headers=(("x-protocol", " 2026-0001 "),)))
    result = found(failure(WEBER), report, WITHOUT_IDS)
    assert (result.strength, result.evidence) == (Strength.STRONG, Evidence.OUR_HEADER)
    assert result.matched == "x-protocol: 2026-0001"


def test_our_own_header_proves_nothing_for_an_address_that_protocol_never_went_to() -> None:
    report = bounce(returned=returned(headers=(("x-protocol", "2026-0002"),)))
    result = link(failure(NOBODY), report, DIRECTORY, PATTERNS)
    assert result is None or not result.strength.counts


def test_without_a_header_in_the_settings_none_is_looked_at() -> None:
    report = bounce(returned=Returned(headers=(("", "2026-0001"),)), date=None)
    assert link(failure(WEBER), report, DIRECTORY, replace(PATTERNS, header="")) is None


# --- rung 4: link or number -------------------------------------------------------------------------------------------


def test_the_protocols_link_in_our_returned_mail_is_strong_and_its_token_is_not_kept() -> None:
    report = bounce(returned=returned(text="Ihr Protokoll: https://iprot.example/p/tok-2."))
    result = found(failure(BECK), report, WITHOUT_IDS)
    assert result == Link("2026-0002", "a2", Strength.STRONG, Evidence.LINK_IN_MAIL, "https://iprot.example/p/…")


@pytest.mark.parametrize(
    "parts",
    [
        {"subject": "Protokoll 2026-0002 Jour fixe 2"},
        {"text": "Protokoll 2026-0002 liegt bereit"},
        {"headers": (("x-mailer-job", "2026-0002"),)},
    ],
)
def test_the_protocols_number_in_our_returned_mail_is_strong(parts: dict[str, object]) -> None:
    result = found(failure(BECK), bounce(returned=returned(**parts)), WITHOUT_IDS)
    assert (result.protocol, result.strength) == ("2026-0002", Strength.STRONG)
    assert (result.evidence, result.matched) == (Evidence.NUMBER_IN_MAIL, "2026-0002")


TWO_LINKS = "https://iprot.example/p/tok-1 https://iprot.example/p/tok-2"


def test_the_subject_decides_where_the_text_names_several_protocols() -> None:
    report = bounce(returned=returned(subject="Protokoll 2026-0002", text=TWO_LINKS))
    assert found(failure(BECK), report).protocol == "2026-0002"


def test_several_protocols_in_the_mail_and_no_way_to_tell_are_a_guess() -> None:
    report = bounce(returned=returned(text=TWO_LINKS), date=None)
    result = found(failure(BECK), report)
    assert (result.strength, result.score) == (Strength.GUESS, 0.35)


def test_a_number_of_a_protocol_the_address_is_not_listed_on_is_passed_over_for_one_it_is() -> None:
    report = bounce(returned=returned(subject="2026-0002", text="2026-0001"), date=None)
    assert found(failure(WEBER), report, WITHOUT_IDS) == Link(
        "2026-0001", "a1", Strength.STRONG, Evidence.NUMBER_IN_MAIL, "2026-0001"
    )


def test_digits_in_headers_that_every_mail_has_are_no_protocol_number() -> None:
    report = bounce(returned=returned(headers=(("received", "id 2026-0002"),)), date=None)
    assert link(failure(BECK), report, DIRECTORY, PATTERNS) is None


def test_a_link_counts_only_for_an_address_on_that_protocols_list() -> None:
    report = bounce(returned=returned(text="https://iprot.example/p/tok-2"))
    result = found(failure(NOBODY), report)
    assert (result.strength, result.evidence) == (Strength.GUESS, Evidence.LINK_IN_MAIL)


def test_a_link_in_a_mail_from_another_sender_says_nothing() -> None:
    foreign = Returned(from_='"iprot@iprot.example" <x@elsewhere.example>', text="https://iprot.example/p/tok-2")
    assert link(failure(BECK), bounce(returned=foreign), DIRECTORY, PATTERNS) is None


def test_a_link_with_the_number_in_it_needs_no_known_url() -> None:
    patterns = Patterns.from_settings(
        config.Sender(domains=("iprot.example",)), config.Linking(protocol_url="https://iprot.example/n/{number}/x")
    )
    report = bounce(returned=returned(text="https://iprot.example/n/2026-0002/x"))
    assert found(failure(BECK), report, patterns=patterns).evidence is Evidence.LINK_IN_MAIL


# --- rung 5: mailed lately --------------------------------------------------------------------------------------------


def test_the_one_protocol_mailed_lately_is_strong_if_our_mail_came_back() -> None:
    result = found(failure(WEBER), bounce(returned=returned()), WITHOUT_IDS)
    assert (result.protocol, result.strength) == ("2026-0001", Strength.STRONG)
    assert result.evidence is Evidence.MAILED_RECENTLY


def test_the_one_protocol_mailed_lately_is_a_guess_if_nothing_came_back() -> None:
    assert found(failure(WEBER), bounce()).strength is Strength.GUESS


def test_what_was_mailed_before_the_window_is_not_lately() -> None:
    only_old = InMemory(deliveries=[delivery("2026-0001", WEBER, "", days_ago=15)])
    assert link(failure(WEBER), bounce(returned=returned()), only_old, PATTERNS) is None


def test_what_was_mailed_after_the_bounce_is_not_what_failed() -> None:
    later = InMemory(deliveries=[delivery("2026-0001", WEBER, "", days_ago=-1)])
    assert link(failure(WEBER), bounce(returned=returned()), later, PATTERNS) is None


def test_the_day_of_arrival_is_believed_before_the_date_a_bounce_claims() -> None:
    report = bounce(returned=returned(), date=NOON - timedelta(days=400))
    assert link(failure(WEBER), report, WITHOUT_IDS, PATTERNS) is None
    result = link(failure(WEBER), report, WITHOUT_IDS, PATTERNS, at=NOON)
    assert result is not None
    assert result.strength is Strength.STRONG


def test_several_protocols_mailed_lately_are_a_guess_at_the_newest() -> None:
    lookup = InMemory(
        deliveries=[delivery("2026-0001", WEBER, "", days_ago=5), delivery("2026-0002", WEBER, "", days_ago=2)]
    )
    result = found(failure(WEBER), bounce(returned=returned()), lookup)
    assert (result.protocol, result.strength) == ("2026-0002", Strength.GUESS)
    assert (result.evidence, result.matched) == (Evidence.SEVERAL_PROTOCOLS, "2")


# --- rung 6: guesses --------------------------------------------------------------------------------------------------


def test_our_message_id_of_a_mail_to_others_is_only_a_guess() -> None:
    result = found(failure(NOBODY), bounce(original_message_id="one@iprot.example"))
    assert (result.strength, result.evidence) == (Strength.GUESS, Evidence.OTHERS_MESSAGE_ID)


def test_a_guess_is_better_the_nearer_the_address_is_to_one_we_mailed() -> None:
    report = bounce(original_message_id="one@iprot.example")
    scores = [
        found(failure("x@new.example", final=WEBER), report).score,
        found(failure("x@bau-huber.example"), report).score,
        found(failure(NOBODY), report).score,
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 3


def test_the_best_guess_is_offered() -> None:
    report = bounce(
        original_message_id="two@iprot.example", returned=returned(text="2026-0001 https://iprot.example/p/tok-1")
    )
    assert found(failure(NOBODY), report).evidence is Evidence.OTHERS_MESSAGE_ID


def test_each_of_several_protocols_is_a_guess_the_newest_first() -> None:
    lookup = InMemory(
        deliveries=[delivery(f"2026-000{n}", WEBER, f"{n}@iprot.example", days_ago=9 - n) for n in (1, 2, 3)]
    )
    expected = [(f"2026-000{n}", "several_protocols") for n in (3, 2, 1)]
    assert guesses(failure(WEBER), bounce(returned=returned()), lookup) == expected


def test_of_several_deliveries_a_day_the_one_that_left_when_the_returned_mail_was_written_is_strong() -> None:
    lookup = InMemory(
        deliveries=[delivery("2026-0001", WEBER, "", days_ago=1.25), delivery("2026-0002", WEBER, "", days_ago=1)]
    )
    report = bounce(returned=returned(date=NOON - timedelta(days=1.25, minutes=2)))
    assert found(failure(WEBER), report, lookup).protocol == "2026-0001"
    assert found(failure(WEBER), report, lookup).strength is Strength.STRONG


def test_a_message_id_that_we_never_gave_speaks_against_the_mail_of_these_days() -> None:
    spam = bounce(returned=returned(message_id="<spam@botnet.example>"))
    assert guesses(failure(WEBER), spam) == [("2026-0001", "mailed_recently")]


def test_a_mail_whose_message_id_a_server_rewrote_is_known_by_its_date() -> None:
    report = bounce(returned=returned(message_id="<new@exchange.example>", date=NOON - timedelta(days=1)))
    assert found(failure(WEBER), report, WITHOUT_IDS).strength is Strength.STRONG


@pytest.mark.parametrize(
    "parts", [{"date": NOON - timedelta(days=6)}, {"subject": "Protokoll 2026-9999"}, {"subject": "Re: 2025-0001"}]
)
def test_a_mail_of_another_day_or_protocol_is_not_the_one_mailed_lately(parts: dict[str, object]) -> None:
    assert guesses(failure(WEBER), bounce(returned=returned(**parts)), WITHOUT_IDS) == [
        ("2026-0001", "mailed_recently")
    ]


def test_the_subject_of_a_bounce_in_prose_is_a_guess() -> None:
    report = bounce(subject="Unzustellbar: Protokoll 2026-0002 Jour fixe 2")
    assert guesses(failure(BECK), report)[0] == ("2026-0002", "number_in_mail")


@pytest.mark.parametrize(
    "reported",
    [
        "p.webr@bau-huber.example",
        "p.wbeer@bau-huber.example",
        "p.weber@bau-hubre.example",
        "p.weber+x@bau-huber.example",
    ],
)
def test_an_address_that_is_like_one_mailed_lately_is_a_guess(reported: str) -> None:
    assert guesses(failure(reported), bounce(returned=returned()))[0] == ("2026-0001", "similar_address")


def test_a_short_address_is_like_no_other() -> None:
    lookup = InMemory(deliveries=[delivery("2026-0001", "ab@bau.example", "")])
    assert ("2026-0001", "similar_address") not in guesses(failure("cd@bau.example"), bounce(), lookup)


def test_a_domain_to_which_one_protocol_went_is_the_last_guess() -> None:
    [guess] = guesses(failure("somebody.else@bau-huber.example"), bounce(returned=returned()))
    assert guess == ("2026-0001", "mailed_recently")


def test_a_protocol_is_guessed_once_by_its_best_evidence() -> None:
    report = bounce(original_message_id="one@iprot.example", subject="Unzustellbar: 2026-0001", returned=returned())
    assert guesses(failure("p.webr@bau-huber.example"), report) == [("2026-0001", "others_message_id")]


# --- what never counts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", ["iprot@iprot.example", "IPROT@iprot.example", "iprot+t7k3=x@iprot.example"])
def test_our_own_address_is_never_a_failure(own: str) -> None:
    lookup = InMemory(deliveries=[delivery("2026-0001", own, "own@iprot.example")])
    assert our_own(address.parse(own).key, PATTERNS)
    assert link(failure(own), bounce(original_message_id="own@iprot.example"), lookup, PATTERNS) is None


def test_a_colleagues_address_at_our_domain_may_fail() -> None:
    assert not our_own("colleague@iprot.example", PATTERNS)


def test_a_forged_bounce_with_an_unknown_message_id_and_address_is_linked_to_nothing() -> None:
    forged = bounce(original_message_id="never@iprot.example", returned=returned(subject="Protokoll 2099-0001"))
    assert link(failure(NOBODY), forged, DIRECTORY, PATTERNS) is None


def test_a_malformed_address_is_linked_like_any_other() -> None:
    lookup = InMemory(deliveries=[delivery("2026-0001", "P.Weber@firma,example", "m@iprot.example")])
    assert found(
        failure("p.weber@firma,example"), bounce(original_message_id="m@iprot.example"), lookup
    ).strength.counts


def test_the_rungs_that_count_come_before_the_guesses() -> None:
    assert [rung.__name__ for rung in RUNGS] == [
        "by_return_path",
        "by_signed_message_id",
        "by_message_id",
        "by_our_header",
        "by_content",
        "by_window",
        "by_others_message_id",
        "by_subject",
        "by_similar_address",
        "by_domain",
    ]


_addresses = st.sampled_from([WEBER, BECK, NOBODY, FORWARDED_TO, "p.weber@firma,example", "", "iprot@iprot.example"])
_ids = st.sampled_from(["one@iprot.example", "<two@iprot.example>", "never@iprot.example", "", "<>"])
_froms = st.sampled_from(["iprot@iprot.example", "I <x@iprot.example>", "x@elsewhere.example", "", "<", "@", "a@b@c"])
_texts = st.lists(
    st.sampled_from(["https://iprot.example/p/tok-1", "https://iprot.example/p/tok-2", "2026-0001", "2026-0002", "x"])
    | st.text(max_size=20),
    max_size=4,
).map(" ".join)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    _addresses,
    _addresses,
    _ids,
    st.lists(_ids, max_size=3),
    st.none() | st.builds(returned, from_=_froms, subject=_texts, text=_texts, message_id=_ids),
    st.none() | st.sampled_from([NOON, NOON - timedelta(days=29), NOON + timedelta(days=400)]),
)
def test_a_link_that_counts_names_a_protocol_the_address_was_mailed_about_or_is_listed_on(
    failed: str, final: str, message_id: str, related: list[str], part: Returned | None, at: datetime | None
) -> None:
    report = bounce(original_message_id=message_id, related_ids=tuple(related), returned=part, date=at)
    result = link(failure(failed, final), report, DIRECTORY, PATTERNS)
    if result is not None and result.strength.counts:
        key = address.parse(failed).key
        assert DIRECTORY.mailed_about(key, result.protocol) or DIRECTORY.is_on_list(key, result.protocol)
    assert result is None or 0 <= result.score <= 1
