"""Rung 1: tagged return paths and signed Message-IDs; and what they refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest
from linking_world import (
    BECK,
    DIRECTORY,
    FORWARDED_TO,
    NOBODY,
    PATTERNS,
    WEBER,
    WITHOUT_IDS,
    bounce,
    failure,
    found,
    returned,
)

from triage import tokens
from triage.linking import Doubt, Patterns, Search, climb, meant, our_own, why_not
from triage.linking.templates import template
from triage.model import Bounce, Evidence, Failure, Strength

KEY = b"a key that only these tests know"
OLD_KEY = b"the key that signed before it did"
SIGNED = replace(
    PATTERNS,
    verp=template("bounces+{number}.{token}@iprot.example"),
    message_id=template("<{number}.{token}@iprot.example>"),
    keys=(KEY, OLD_KEY),
)


def sign(number: str, to: str, key: bytes = KEY) -> str:
    return tokens.signature(key, number, to)[:24]


def path(number: str, to: str, key: bytes = KEY) -> str:
    return f"bounces+{number}.{sign(number, to, key)}@iprot.example"


def identity(number: str, to: str, key: bytes = KEY) -> str:
    return f"<{number}.{sign(number, to, key)}@iprot.example>"


def doubt(failed: Failure, report: Bounce, patterns: Patterns = SIGNED) -> Doubt | None:
    assert not any(link.strength.counts for link in climb(failed, report, DIRECTORY, patterns))
    return why_not(Search(failed, report, DIRECTORY, patterns, report.date))


@pytest.mark.parametrize("key", [KEY, OLD_KEY])
def test_a_bounce_at_our_signed_return_path_is_proof_without_anything_else(key: bytes) -> None:
    result = found(failure(BECK), bounce(to=("x@y.example", path("2026-0002", BECK, key))), patterns=SIGNED)
    assert (result.protocol, result.strength) == ("2026-0002", Strength.PROOF)
    assert result.evidence is Evidence.TAGGED_RETURN_PATH


def test_a_server_that_changes_upper_and_lower_case_breaks_no_tag() -> None:
    report = bounce(to=(path("2026-0002", BECK).upper(),))
    assert found(failure(BECK), report, patterns=SIGNED).strength is Strength.PROOF


def test_a_signed_message_id_is_proof_even_if_the_directory_lacks_the_delivery() -> None:
    patterns = replace(SIGNED, verp=None)
    result = found(failure(NOBODY), bounce(original_message_id=identity("2026-0002", NOBODY)), patterns=patterns)
    assert (result.protocol, result.author, result.strength) == ("2026-0002", "a2", Strength.PROOF)


@pytest.mark.parametrize(
    "to",
    [
        path("2026-0002", WEBER),
        path("2026-0001", BECK).replace("2026-0001", "2026-0002"),
        path("2026-0002", BECK, b"another key, of somebody else"),
        f"bounces+2026-0002.{'0' * 24}@iprot.example",
        path("2026-0002", BECK)[: len("bounces+2026-0002.") + 15] + "@iprot.example",
    ],
)
def test_a_token_for_another_address_protocol_or_key_or_a_short_one_proves_nothing(to: str) -> None:
    assert doubt(failure(BECK), bounce(to=(to,), returned=returned(subject="Protokoll 2026-0002"))) is Doubt.UNTAGGED


def test_with_signed_return_paths_link_number_and_window_alone_do_not_count() -> None:
    forged = bounce(returned=returned(subject="Protokoll 2026-0002", text="https://iprot.example/p/tok-2"))
    assert doubt(failure(BECK), forged) is Doubt.UNTAGGED


def test_with_signed_return_paths_who_got_the_same_mail_cannot_forge_a_bounce_for_another() -> None:
    assert doubt(failure(WEBER), bounce(original_message_id="one@iprot.example")) is Doubt.UNTAGGED


def test_the_message_id_of_a_mail_to_one_alone_stays_proof() -> None:
    report = bounce(original_message_id="two@iprot.example")
    assert found(failure(BECK), report, patterns=SIGNED).strength is Strength.PROOF


def test_a_message_id_of_our_form_with_a_false_token_makes_the_rest_unbelievable() -> None:
    patterns = replace(SIGNED, verp=None)
    forged = returned(message_id=f"<2026-0002.{'a' * 24}@iprot.example>", subject="Protokoll 2026-0002")
    assert doubt(failure(BECK), bounce(returned=forged), patterns) is Doubt.BAD_TOKEN


def test_a_message_id_of_our_form_that_the_directory_knows_needs_no_token() -> None:
    number = f"2026-0001.{'a' * 24}@iprot.example"
    lookup = replace(DIRECTORY, deliveries=[replace(DIRECTORY.deliveries[0], message_id=number)])
    patterns = replace(SIGNED, verp=None)
    assert found(failure(WEBER), bounce(original_message_id=number), lookup, patterns).strength is Strength.PROOF


def test_a_mail_from_another_sender_is_named_foreign() -> None:
    report = bounce(returned=returned(from_="ceo@elsewhere.example"))
    assert doubt(failure(NOBODY), report, PATTERNS) is Doubt.FOREIGN


def test_where_nothing_of_ours_came_back_it_is_said() -> None:
    assert doubt(failure(NOBODY), bounce(original_message_id="x@elsewhere.example"), PATTERNS) is Doubt.NOTHING_OURS


def test_where_the_message_id_that_we_know_is_missing_it_is_said() -> None:
    assert doubt(failure(WEBER), bounce(returned=returned()), PATTERNS) is Doubt.ID_MISSING


def test_with_signed_message_ids_nothing_else_counts_without_one() -> None:
    patterns = replace(SIGNED, verp=None)
    report = bounce(returned=returned(subject="Protokoll 2026-0002", text="https://iprot.example/p/tok-2"))
    assert found(failure(BECK), report, WITHOUT_IDS).strength is Strength.STRONG
    assert found(failure(BECK), report, WITHOUT_IDS, patterns).strength is Strength.GUESS


def test_ones_own_return_path_proves_nothing_about_another_who_got_the_same_mail() -> None:
    """Both stand in the returned To."""
    mine = path("2026-0001", BECK)
    report = bounce(to=(mine,), original_message_id="one@iprot.example", returned=returned(to=(BECK, WEBER)))
    assert doubt(failure(WEBER), report) is Doubt.UNTAGGED


# --- other forms ------------------------------------------------------------------------------------------------------


def test_a_return_path_with_a_token_only_is_tried_for_what_was_mailed_to_the_address() -> None:
    patterns = replace(SIGNED, verp=template("bounces+{token}@iprot.example"))
    report = bounce(to=(f"bounces+{sign('2026-0001', WEBER)}@iprot.example",))
    assert found(failure(WEBER), report, patterns=patterns).protocol == "2026-0001"


def test_a_return_path_with_the_delivery_is_proof_for_its_recipient() -> None:
    patterns = replace(PATTERNS, verp=template("bounces+{delivery}@iprot.example"))
    report = bounce(to=("bounces+two@iprot.example",))
    assert found(failure(BECK), report, patterns=patterns).evidence is Evidence.TAGGED_RETURN_PATH
    assert not any(link.strength.counts for link in climb(failure(NOBODY), report, DIRECTORY, patterns))


def test_our_return_paths_are_our_own_addresses() -> None:
    assert our_own(path("2026-0001", WEBER), SIGNED)
    assert not our_own("bounces+other@iprot.example", SIGNED)


# --- forwarded: the tag tells whom we wrote to ------------------------------------------------------------------------


def forwarded(report: Bounce, patterns: Patterns) -> tuple[str, str, Evidence]:
    told = meant(failure(FORWARDED_TO), replace(report, failures=(failure(FORWARDED_TO),)), DIRECTORY, patterns)
    return told.address.key, told.final_recipient, found(told, report, patterns=patterns).evidence


def test_a_return_path_that_names_its_recipient_finds_the_address_behind_a_forwarding() -> None:
    patterns = replace(SIGNED, verp=template("bounces+{number}.{recipient}.{token}@iprot.example"))
    written = f"bounces+2026-0001.{WEBER.replace('@', '=')}.{sign('2026-0001', WEBER)}@iprot.example"
    assert forwarded(bounce(to=(written,)), patterns) == (WEBER, FORWARDED_TO, Evidence.TAGGED_RETURN_PATH)


def test_a_delivery_to_one_alone_finds_the_address_behind_a_forwarding() -> None:
    patterns = replace(PATTERNS, verp=template("bounces+{delivery}@iprot.example"))
    expected = (BECK, FORWARDED_TO, Evidence.TAGGED_RETURN_PATH)
    assert forwarded(bounce(to=("bounces+two@iprot.example",)), patterns) == expected


def test_a_signed_message_id_finds_it_by_the_returned_to() -> None:
    report = bounce(original_message_id=identity("2026-0002", BECK), returned=returned(to=(BECK,)))
    assert forwarded(report, replace(SIGNED, verp=None)) == (BECK, FORWARDED_TO, Evidence.FORWARDED)


def test_a_recipient_that_nobody_signed_is_believed_no_more_than_the_report_itself() -> None:
    patterns = replace(PATTERNS, verp=template("bounces+{recipient}@iprot.example"))
    report = bounce(to=(f"bounces+{WEBER.replace('@', '=')}@iprot.example",))
    told = meant(failure(FORWARDED_TO), replace(report, failures=(failure(FORWARDED_TO),)), DIRECTORY, patterns)
    assert told.address.key == WEBER
    assert found(told, report, patterns=patterns).strength is Strength.GUESS


def test_a_report_about_several_is_not_laid_at_one_recipients_door() -> None:
    patterns = replace(PATTERNS, verp=template("bounces+{delivery}@iprot.example"))
    both = (failure(FORWARDED_TO), failure(NOBODY))
    told = meant(both[0], bounce(to=("bounces+two@iprot.example",), failures=both), DIRECTORY, patterns)
    assert told is both[0]
