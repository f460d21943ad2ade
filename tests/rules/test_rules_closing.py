"""When the directory closes a case, and when an import is doubted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from triage.rules.closing import Closing, Mailed, Moved, closing, is_doubtful, last_delivered

AT = datetime(2026, 11, 12, 9, tzinfo=UTC)
GONE = Moved("P1", AT, "")
CORRECTED = Moved("P1", AT, "new@bau.example")


def day(number: int) -> datetime:
    return AT + timedelta(days=number)


@pytest.mark.parametrize(
    ("moved", "still_on", "wanted"),
    [
        ([], [], None),
        ([], ["P1"], None),
        ([GONE], [], Closing("directory_gone", ())),
        ([GONE], ["P2"], None),
        ([CORRECTED], [], Closing("directory", ("new@bau.example",))),
        ([CORRECTED, GONE, CORRECTED], [], Closing("directory", ("new@bau.example",))),
        ([CORRECTED], ["P2"], Closing("directory", ("new@bau.example",))),
        ([CORRECTED], ["P1", "P2"], None),
    ],
)
def test_a_case_closes_where_no_list_or_not_its_own_holds_the_address(
    moved: list[Moved], still_on: list[str], wanted: Closing | None
) -> None:
    assert closing("P1", moved, still_on) == wanted


@pytest.mark.parametrize(
    ("recipients", "vanish", "change", "doubtful"),
    [(0, 0, 0, False), (100, 5, 50, False), (100, 6, 0, True), (100, 0, 51, True), (4, 1, 0, True), (4, 0, 1, False)],
)
def test_more_than_five_per_cent_vanishing_or_half_of_the_addresses_changing_is_doubtful(
    recipients: int, vanish: int, change: int, doubtful: bool
) -> None:
    assert is_doubtful(recipients, vanish, change) is doubtful


def test_the_newest_mail_that_no_bounce_came_back_for_counts_as_delivered() -> None:
    mailed = [Mailed(day(1), "a"), Mailed(day(3), "b"), Mailed(day(5), "c")]
    assert last_delivered(mailed, []) == day(5)
    assert last_delivered(mailed, [(day(6), "")]) == day(3), "a bounce without a name is for the mail before it"
    assert last_delivered(mailed, [(day(6), "a")]) == day(5), "a late bounce names its own mail"
    assert last_delivered(mailed, [(day(2), ""), (day(4), "b"), (day(6), "unknown")]) is None
    assert last_delivered([], [(day(1), "")]) is None
