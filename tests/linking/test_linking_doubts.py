"""What everybody knows who got the protocol proves nothing about another, where the Message-IDs are known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from linking_world import (
    DIRECTORY,
    NOBODY,
    NOON,
    PATTERNS,
    WEBER,
    WITHOUT_IDS,
    bounce,
    delivery,
    failure,
    found,
    guesses,
    returned,
)

from triage.linking import Doubt, Search, why_not
from triage.model import Strength

TOLD_BY_ALL = [
    {"headers": (("x-protocol", "2026-0001"),)},
    {"text": "https://iprot.example/p/tok-1"},
    {"subject": "Protokoll 2026-0001"},
    {"date": NOON - timedelta(days=1)},
]
"""Header, link, number, date."""


@pytest.mark.parametrize("parts", TOLD_BY_ALL)
@pytest.mark.parametrize("message_id", ["", "<new@exchange.example>"])
def test_where_the_message_ids_are_known_nothing_else_counts_without_them(
    parts: dict[str, object], message_id: str
) -> None:
    report = bounce(returned=returned(message_id=message_id, **parts))
    assert found(failure(WEBER), report, WITHOUT_IDS).strength is Strength.STRONG
    assert guesses(failure(WEBER), report)[0][0] == "2026-0001"
    assert why_not(Search(failure(WEBER), report, DIRECTORY, PATTERNS, NOON)) is Doubt.ID_MISSING


SENT = NOON - timedelta(days=1)


@pytest.mark.parametrize("parts", TOLD_BY_ALL[:3])
def test_a_mail_with_a_message_id_of_another_server_is_known_by_its_protocol_and_its_minute(
    parts: dict[str, object],
) -> None:
    def counts(message_id: str = "<new@exchange.example>", minutes: int = 5) -> bool:
        at = SENT + timedelta(minutes=minutes)
        report = bounce(returned=returned(message_id=message_id, **(parts | {"date": at})))
        return found(failure(WEBER), report).strength.counts

    assert counts()
    assert not counts(minutes=90)
    assert not counts(message_id="")
    assert not counts(message_id="<new@iprot.example>")


@pytest.mark.parametrize("parts", TOLD_BY_ALL)
def test_ones_own_mail_is_no_proof_that_anothers_failed(parts: dict[str, object]) -> None:
    lookup = replace(
        WITHOUT_IDS, deliveries=[*WITHOUT_IDS.deliveries, delivery("2026-0001", NOBODY, "mine@iprot.example")]
    )
    report = bounce(returned=returned(message_id="<mine@iprot.example>", **parts))
    assert guesses(failure(WEBER), report, lookup)[0][0] == "2026-0001"


def test_an_address_that_was_never_mailed_is_believed_by_a_number_only_without_message_ids() -> None:
    report = bounce(returned=returned(subject="Protokoll 2026-0002"))
    for lookup, counts in ((DIRECTORY, False), (WITHOUT_IDS, True)):
        listed = replace(lookup, lists={(NOBODY, "2026-0002")})
        assert found(failure(NOBODY), report, listed).strength.counts is counts
