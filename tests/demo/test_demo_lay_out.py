"""The demo's world laid out: as it looks at a moment, and what comes later."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from demo.files import (
    DEMO,
    REFERENCE,
    STAY,
    arrived,
    failed_addresses,
    mails,
    rows,
)

from triage import config
from triage.desk.world import lay_out, render, shifted_csv


def laid_out_mails(target: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted((target / "mail").iterdir())}


def test_the_first_time_in_a_mail_is_that_of_its_arrival() -> None:
    for file, mail in zip(sorted((DEMO / "mail").glob("*.eml")), mails(), strict=True):
        [first, *_others] = re.findall(r"\{\{D:(.*?)\}\}", file.read_text("utf-8"))
        assert datetime.fromisoformat(first) == arrived(mail), file


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        ("2026-11-23T09:30:00+01:00", "2026-11-23"),
        ("2026-11-29T23:59:00+01:00", "2026-11-23"),
        ("2026-11-30T00:00:00+01:00", "2026-11-30"),
        ("2026-11-29T23:30:00+00:00", "2026-11-23"),
        ("2026-06-03T12:00:00+02:00", "2026-06-01"),
        ("2031-01-01T12:00:00+13:00", "2030-12-30"),
    ],
)
def test_the_reference_moves_by_whole_weeks_into_the_week_of_now(tmp_path: Path, now: str, monday: str) -> None:
    lay_out(tmp_path, datetime.fromisoformat(now))
    moved = date.fromisoformat(monday) - REFERENCE.date()
    assert moved % timedelta(weeks=1) == STAY
    first = message_from_bytes(laid_out_mails(tmp_path)["0001.eml"])
    assert arrived(first) - arrived(mails()[0]) == moved
    laid = csv.DictReader(io.StringIO((tmp_path / "directory" / "deliveries.csv").read_text("utf-8")))
    for after, before in zip(laid, rows("directory/deliveries.csv"), strict=False):
        assert datetime.fromisoformat(after["sent_at"]) - datetime.fromisoformat(before["sent_at"]) == moved
        assert after["message_id"] == before["message_id"]


@pytest.mark.parametrize("hours", [-8, 1, 30, 24 * 6, 24 * 8 + 1, 24 * 15, 24 * 27, 24 * 90])
def test_laid_out_is_what_has_been_until_now_and_nothing_of_the_future(tmp_path: Path, hours: int) -> None:
    lay_out(tmp_path, REFERENCE - timedelta(hours=8))
    now = REFERENCE + timedelta(hours=hours)
    lay_out(tmp_path, now)
    assert len(laid_out_mails(tmp_path)) == sum(arrived(mail) <= now for mail in mails())

    def times(name: str, column: str) -> list[datetime]:
        laid = csv.DictReader(io.StringIO((tmp_path / name).read_text("utf-8")))
        return [datetime.fromisoformat(row[column]) for row in laid]

    sent = [datetime.fromisoformat(row["sent_at"]) for row in rows("directory/deliveries.csv")]
    assert times("directory/deliveries.csv", "sent_at") == [at for at in sent if at <= now]
    assert max(times("directory/recipients.csv", "entered_at")) <= now
    assert max(times("directory/protocols.csv", "date")).date() <= now.date()
    assert max(times("ledger.csv", "date")).date() <= now.date()


def test_protocols_and_people_are_laid_out_with_the_first_mail_about_them(tmp_path: Path) -> None:
    lay_out(tmp_path, REFERENCE)
    directory = {file.stem: file.read_text("utf-8") for file in (tmp_path / "directory").iterdir()}
    assert {name: text.count("\n") - 1 for name, text in directory.items()} == {
        "authors": 25,
        "protocols": 80,
        "recipients": 994,
        "deliveries": 994,
    }


def test_while_a_protocol_is_being_sent_only_its_first_mails_are_there(tmp_path: Path) -> None:
    last = datetime.fromisoformat(rows("directory/deliveries.csv")[-1]["sent_at"])
    lay_out(tmp_path, REFERENCE)
    lay_out(tmp_path, last - timedelta(seconds=1))
    laid = (tmp_path / "directory" / "deliveries.csv").read_text("utf-8")
    assert laid == "".join((DEMO / "directory" / "deliveries.csv").read_text("utf-8").splitlines(keepends=True)[:-1])


def test_an_early_monday_shows_what_had_arrived_by_then(tmp_path: Path) -> None:
    lay_out(tmp_path, REFERENCE.replace(hour=7, minute=0))
    assert 100 < len(laid_out_mails(tmp_path)) < 150


def test_the_anchor_is_kept(tmp_path: Path) -> None:
    lay_out(tmp_path, REFERENCE)
    anchor = (tmp_path / "anchor").read_text("utf-8")
    lay_out(tmp_path, REFERENCE + timedelta(weeks=2))
    assert (tmp_path / "anchor").read_text("utf-8") == anchor == "2026-11-23\n"
    assert arrived(message_from_bytes(laid_out_mails(tmp_path)["0001.eml"])) == arrived(mails()[0])


def test_an_anchor_that_cannot_be_read_is_chosen_anew(tmp_path: Path) -> None:
    (tmp_path / "anchor").write_text("", "utf-8")
    lay_out(tmp_path, REFERENCE)
    assert (tmp_path / "anchor").read_text("utf-8") == "2026-11-23\n"


def test_a_week_later_mails_are_added_and_those_that_are_there_stay_as_they_are(tmp_path: Path) -> None:
    lay_out(tmp_path, REFERENCE)
    before = laid_out_mails(tmp_path)
    (tmp_path / "mail" / "0001.eml").write_bytes(b"touched")
    lay_out(tmp_path, REFERENCE + timedelta(weeks=1))
    after = laid_out_mails(tmp_path)
    assert len(after) > len(before) == 150
    assert {name: after[name] for name in before} == before | {"0001.eml": b"touched"}
    assert min(name for name in after if name not in before) == "0151.eml"


def test_three_dates_a_week_apart_each_bring_a_newer_failure(tmp_path: Path) -> None:
    newest = []
    for later in (timedelta(hours=1), timedelta(days=8), timedelta(days=15), timedelta(days=22)):
        lay_out(tmp_path, REFERENCE + later)
        reports = map(message_from_bytes, laid_out_mails(tmp_path).values())
        newest.append(max(arrived(m) for m in reports if "p.weber@planung-sued.exmaple" in failed_addresses(m)))
    assert newest == sorted(set(newest))


def test_laid_out_twice_in_two_places_the_world_is_the_same(tmp_path: Path) -> None:
    worlds = []
    for name in ("one", "other"):
        lay_out(tmp_path / name, REFERENCE + timedelta(hours=1))
        lay_out(tmp_path / name, REFERENCE + timedelta(days=9))
        files = sorted(file for file in (tmp_path / name).rglob("*.*") if file.is_file())
        worlds.append({file.relative_to(tmp_path / name): file.read_bytes() for file in files})
    assert worlds[0] == worlds[1]


def test_laid_out_no_placeholder_is_left(tmp_path: Path) -> None:
    lay_out(tmp_path, datetime(2027, 3, 1, 10, 0, tzinfo=UTC))
    lay_out(tmp_path, datetime(2027, 4, 1, 10, 0, tzinfo=UTC))
    for file in tmp_path.rglob("*.*"):
        assert file.is_dir() or "{{" not in file.read_text("utf-8")


def test_laid_out_every_mail_has_a_date_and_a_received_header_that_can_be_read(tmp_path: Path) -> None:
    lay_out(tmp_path, datetime(2027, 3, 1, 10, 0, tzinfo=UTC))
    lay_out(tmp_path, datetime(2027, 4, 1, 10, 0, tzinfo=UTC))
    for file in (tmp_path / "mail").glob("*.eml"):
        mail = message_from_bytes(file.read_bytes())
        assert abs(parsedate_to_datetime(mail["Date"]) - arrived(mail)) < timedelta(minutes=1), file
        assert mail["From"], file
        assert mail["Subject"], file
        assert mail.defects == []
        assert all(part.defects == [] for part in mail.walk()), file


def test_laid_out_the_settings_are_complete_and_valid(tmp_path: Path) -> None:
    settings = config.load(lay_out(tmp_path, REFERENCE))
    assert settings.resolve(settings.mailbox.path) == tmp_path / "mail"
    assert settings.resolve(settings.directory.path).is_dir()
    assert (settings.post.outlet, settings.post.path) == ("folder", "letters")
    assert settings.sender.addresses[0] == "iprot@iprot.example"
    assert "reference" not in tomllib.loads((tmp_path / "triage.toml").read_text("utf-8"))


# --- placeholders -----------------------------------------------------------------------------------------------------


def test_a_time_is_written_as_its_place_asks() -> None:
    forms = "|".join(f"{{{{{form}:2026-11-16T10:03:12+01:00}}}}" for form in "DIGTE")
    assert render(forms, timedelta(weeks=1)).split("|") == [
        "Mon, 23 Nov 2026 10:03:12 +0100",
        "2026-11-23T09:03:12.000Z",
        "Mo, 23. Nov 2026 10:03:12 +0100",
        "23.11.2026",
        "23 November 2026",
    ]


def test_protocol_numbers_are_no_dates() -> None:
    assert render("Protokoll 2026-0877 {x}", timedelta(weeks=1)) == "Protokoll 2026-0877 {x}"


def test_in_a_table_only_the_columns_of_dates_move(tmp_path: Path) -> None:
    file = tmp_path / "some.csv"
    file.write_text('number,title,date,sent_at\n2026-0877,"2026-11-16, spät",2026-11-16,\n', "utf-8")
    assert shifted_csv(file, timedelta(weeks=1)) == (
        'number,title,date,sent_at\n2026-0877,"2026-11-16, spät",2026-11-23,\n'
    )
