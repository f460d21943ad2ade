"""The demo's world: data/demo as the script makes it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from demo.files import (
    DEMO,
    END,
    REFERENCE,
    ROOT,
    arrived,
    failed_addresses,
    failures,
    mails,
    mails_until_reference,
    rows,
)

SCRIPT = ROOT / "scripts" / "make_demo.py"

needs_script = pytest.mark.skipif(not SCRIPT.exists(), reason="an sdist has no scripts/")


# --- the committed files ----------------------------------------------------------------------------------------------


@needs_script
@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_the_committed_world_is_what_the_script_makes(tmp_path: Path, hash_seed: str) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Pacific/Auckland"}
    subprocess.run([sys.executable, SCRIPT, "--into", tmp_path], check=True, env=environment)
    made = {file.relative_to(tmp_path): file.read_bytes() for file in tmp_path.rglob("*.*") if file.is_file()}
    kept = {file.relative_to(DEMO): file.read_bytes() for file in DEMO.rglob("*.*") if file.is_file()}
    kept.pop(Path("world.toml"))
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == []


def test_the_world_has_25_authors_some_400_people_and_until_its_reference_80_protocols_and_150_messages() -> None:
    sent = {row["protocol"] for row in rows("directory/deliveries.csv") if row["sent_at"] <= REFERENCE.isoformat()}
    assert len(rows("directory/authors.csv")) == 25
    assert len(sent) == 80
    assert 380 <= len({row["email"] for row in rows("directory/recipients.csv")}) <= 460
    assert len(mails_until_reference()) == 150


def test_it_goes_on_for_four_weeks_with_some_30_protocols_and_some_45_messages() -> None:
    assert len(rows("directory/protocols.csv")) == 80 + 28
    assert 40 <= len(mails()) - 150 <= 50
    assert REFERENCE + timedelta(days=27) < arrived(mails()[-1]) <= END


def test_every_weekday_after_the_reference_brings_some() -> None:
    came = {arrived(mail).date() for mail in mails()}
    days = [REFERENCE.date() + timedelta(days=number) for number in range(29)]
    assert [day for day in days if day.weekday() < 5 and day not in came] == []


def test_every_file_has_the_columns_that_the_design_promises() -> None:
    columns = {
        "directory/authors.csv": "id,name,email,language,salutation,title,company,deputy",
        "directory/protocols.csv": "number,title,project,date,author,url",
        "directory/recipients.csv": "id,name,company,email,protocol,entered_by,entered_at",
        "directory/deliveries.csv": "protocol,recipient,address,message_id,sent_at",
        "ledger.csv": "address,date,to",
    }
    assert {name: (DEMO / name).read_text("utf-8").partition("\n")[0] for name in columns} == columns


def test_rows_refer_to_rows_that_exist() -> None:
    authors = {row["id"] for row in rows("directory/authors.csv")}
    protocols = {row["number"] for row in rows("directory/protocols.csv")}
    recipients = {row["id"]: row for row in rows("directory/recipients.csv")}
    assert {row["author"] for row in rows("directory/protocols.csv")} == authors
    assert {row["deputy"] for row in rows("directory/authors.csv")} <= authors | {""}
    assert {row["protocol"] for row in recipients.values()} == protocols
    assert len(recipients) == len(rows("directory/recipients.csv"))
    for row in rows("directory/deliveries.csv"):
        recipient = recipients[row["recipient"]]
        assert (row["protocol"], row["address"]) == (recipient["protocol"], recipient["email"])


def test_a_message_id_belongs_to_one_mail() -> None:
    mailings = defaultdict(set)
    people: Counter[tuple[str, str]] = Counter()
    for row in rows("directory/deliveries.csv"):
        mailings[row["message_id"]].add((row["protocol"], row["sent_at"]))
        people[row["message_id"], row["address"]] += 1
    assert {len(sent) for sent in mailings.values()} == {1}
    assert set(people.values()) == {1}
    assert max(Counter(row["message_id"] for row in rows("directory/deliveries.csv")).values()) > 10


def test_all_domains_are_reserved() -> None:
    """RFC 2606; `.exmaple` is a typing error of it and no top-level domain."""
    mailbox = "\n".join(file.read_text("utf-8").replace("=\n", "") for file in (DEMO / "mail").glob("*.eml"))
    hosts = re.findall(r"(?:@|://|Received: from |\bby |\bhost |; ?dns; ?)([\w-]+(?:[.,][\w-]+)+)", mailbox)
    for table in DEMO.rglob("*.csv"):
        for row in rows(str(table.relative_to(DEMO))):
            hosts += [value.rpartition("@")[2] for value in row.values() if "@" in value]
    assert len(hosts) > 3000
    assert {re.split("[.,]", host)[-1] for host in hosts} <= {"example", "test", "invalid", "exmaple"}


def test_dates_in_mails_are_placeholders() -> None:
    for file in (DEMO / "mail").glob("*.eml"):
        bare = re.sub(r"\{\{.*?\}\}", "", file.read_text("utf-8"))
        assert not re.search(
            r"\b20\d\d-\d\d-\d\d\b|\b\d{1,2} (?:Sep|Oct|Okt|Nov|Dec|Dez)\w* 20\d\d|\d\.\d\d\.20\d\d", bare
        ), file


# --- what the demo shows ----------------------------------------------------------------------------------------------


def test_the_mailbox_spans_ten_weeks_and_ends_on_the_morning_of_the_reference() -> None:
    assert mails() == sorted(mails(), key=arrived)
    days = [arrived(mail) for mail in mails_until_reference()]
    assert timedelta(weeks=9) < days[-1] - days[0] <= timedelta(weeks=10)
    assert days[-1].date() == REFERENCE.date()
    assert days[-1] < REFERENCE


def test_eight_addresses_and_more_keep_failing_for_four_weeks() -> None:
    lasting = [days for days in failures().values() if len(days) >= 4 and max(days) - min(days) > timedelta(days=27)]
    assert len(lasting) >= 8
    for days in lasting:
        assert all(later - earlier >= timedelta(days=6) for earlier, later in pairwise(days))


def test_one_address_failed_nine_times() -> None:
    assert len(failures()["p.weber@planung-sued.exmaple"]) == 9


def test_eight_of_those_that_keep_failing_go_on_every_week() -> None:
    lasting = {address for address, days in failures().items() if len(days) >= 4}
    on = [[day for day in days if day > REFERENCE] for a, days in failures(END).items() if a in lasting]
    weekly = [days for days in on if len(days) >= 4]
    assert len(weekly) == 8
    for days in weekly:
        assert all(timedelta(days=6) < later - earlier < timedelta(days=8) for earlier, later in pairwise(days))


def test_a_full_box_takes_mail_again_later() -> None:
    [full] = failures(END)["p.guenther@t-online-mail.example"]
    deliveries = [
        row for row in rows("directory/deliveries.csv") if row["address"] == "p.guenther@t-online-mail.example"
    ]
    assert full > REFERENCE
    assert len([row for row in deliveries if datetime.fromisoformat(row["sent_at"]) > full]) == 2


def test_new_addresses_fail_after_the_reference() -> None:
    assert len(failures(END).keys() - failures().keys()) >= 4


def test_a_firm_refused_everything_within_one_hour_some_time_ago() -> None:
    refused = [day for address, days in failures().items() if "@stadtwerke-nord." in address for day in days]
    assert len(refused) >= 12
    assert max(refused) - min(refused) < timedelta(hours=1)
    assert max(refused) < REFERENCE - timedelta(hours=48)


def test_notices_sent_by_hand_came_each_after_a_failure_and_days_apart() -> None:
    failed = failures()
    sent: dict[str, list[date]] = defaultdict(list)
    for row in rows("ledger.csv"):
        sent[row["address"]].append(date.fromisoformat(row["date"]))
    failed["vogl@geologie-mertens.example"] = [
        arrived(mail) for mail in mails() if "\n<vogl@geologie-mertens.example>:" in mail.as_string()
    ]
    assert sorted(map(len, sent.values())) == [1, 1, 1, 2, 2, 3, 3, 3]
    blocked = 0
    for address, days in sent.items():
        before = date.min
        for day in days:
            assert day - before >= timedelta(days=5)
            assert any(before < failure.date() < day for failure in failed[address]), address
            before = day
        blocked += len(days) == 3 and max(failed[address]).date() > max(days)
    assert blocked == 1


def test_a_notice_by_hand_went_to_an_author() -> None:
    assert {row["to"] for row in rows("ledger.csv")} <= {row["email"] for row in rows("directory/authors.csv")}


def test_reports_name_the_message_id_of_a_delivery_to_that_very_address() -> None:
    sent = {(row["message_id"], row["address"]) for row in rows("directory/deliveries.csv")}
    unknown = []
    for mail in mails():
        text = mail.as_string()
        ids = set(re.findall(r"<([^<>\s]+@iprot\.example)>", text))
        unknown += [a for a in failed_addresses(mail) if not any((known, a) in sent for known in ids)]
    assert sorted(unknown) == [
        "geschaeftsleitung@bau-huber.example",
        "max.moritz@freemail.example",
        *(a for a in unknown if "@exch01." in a),
    ]
    assert len(unknown) == 3
