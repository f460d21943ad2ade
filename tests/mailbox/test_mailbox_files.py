"""Messages from files: each form, in order, whole, with the time they arrived."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage import mailbox
from triage.config import Mailbox, Settings
from triage.errors import SettingsError, SourceError
from triage.mailbox import files, mbox
from triage.mailbox.arrival import arrived
from triage.model import Raw

WRITTEN_AT = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


def mail(name: str) -> bytes:
    return f"From: MAILER-DAEMON@mx.example\nSubject: {name}\n\nunbekannt\n".encode()


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (WRITTEN_AT.timestamp(), WRITTEN_AT.timestamp()))
    return path


def test_one_eml_is_one_message(tmp_path: Path) -> None:
    (raw,) = mailbox.read_files(write(tmp_path / "a.eml", mail("a")))
    assert (raw.content, raw.source, raw.size) == (mail("a"), str(tmp_path / "a.eml"), len(mail("a")))
    assert raw.received_at == WRITTEN_AT


def test_a_folder_is_read_with_what_lies_below_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b.eml", "a.EML", "sub/c.eml", "notes.txt", "sub/.hidden/d.eml"):
        write(tmp_path / name, mail(name))
    read = [Path(raw.source).name for raw in mailbox.read_files(tmp_path)]
    assert read == ["a.EML", "b.eml", "c.eml", "d.eml"]


def test_a_maildir_is_read_from_cur_and_new_but_not_from_tmp(tmp_path: Path) -> None:
    for name in ("cur/1.M1:2,S", "new/2.M2", "tmp/3.M3.eml", ".Archive/cur/4.M4:2,", ".Archive/new/.gone"):
        write(tmp_path / "Maildir" / name, mail(name))
    (tmp_path / "Maildir" / ".Archive" / "tmp").mkdir()
    write(tmp_path / "Maildir" / "dovecot-uidlist", b"3 V1")
    read = [raw.content for raw in mailbox.read_files(tmp_path / "Maildir")]
    assert sorted(read) == sorted(mail(name) for name in ("cur/1.M1:2,S", "new/2.M2", ".Archive/cur/4.M4:2,"))


def test_an_mbox_is_split_at_its_separators_only(tmp_path: Path) -> None:
    first = b"Subject: 1\n\n>From the start\n>>From quoted twice\nFrom here on no separator\n\nFrom us all\n"
    path = write(
        tmp_path / "bounces",
        b"From MAILER-DAEMON Mon Nov 23 08:00:00 2026\n" + first + b"\n"
        b"From - Mon Nov 23 08:01:00 2026\r\nSubject: 2\r\n\r\nzwei\r\n\r\n"
        b"From 17@xxx Mon Nov 23 08:02:00 +0000 2026\nSubject: 3\n\ndrei",
    )
    assert [raw.content for raw in mailbox.read_files(path)] == [
        b"Subject: 1\n\nFrom the start\n>From quoted twice\nFrom here on no separator\n\nFrom us all\n",
        b"Subject: 2\r\n\r\nzwei\r\n",
        b"Subject: 3\n\ndrei",
    ]


def test_a_message_of_over_ten_megabytes_is_read_in_part(tmp_path: Path) -> None:
    huge = mail("huge") + b"x" * 10_500_000 + b"\n"
    (raw,) = mailbox.read_files(write(tmp_path / "huge.eml", huge))
    assert (raw.content, raw.size, raw.is_partial) == (huge[:1_000_000], len(huge), True)
    separator = b"From x Mon Nov 23 08:00:00 2026\n"
    first, second = mailbox.read_files(write(tmp_path / "mbox", separator + huge + b"\n" + separator + mail("small")))
    assert (first.content, first.is_partial) == (huge[:1_000_000], True)
    assert second.content == mail("small")


def test_the_time_of_arrival_is_the_topmost_received_then_the_date_then_the_files(tmp_path: Path) -> None:
    received = (
        b"Received: from a.example (a.example [192.0.2.1])\n\tby mx.example; Mon, 23 Nov 2026 08:00:00 +0100 (CET)\n"
    )
    older = b"Received: by b.example; Sun, 22 Nov 2026 08:00:00 +0000\n"
    dated = b"Date: Sat, 21 Nov 2026 08:00:00 -0000\n"
    assert arrived(received + older + dated + b"\n") == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert arrived(dated + b"\n" + received) == datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    assert arrived(b"Received: by x; no time at all\n" + dated + b"\n") == datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    (raw,) = mailbox.read_files(write(tmp_path / "a.eml", b"Date: Sat, 99 Foo 20260 08:00\n\nx"))
    assert raw.received_at == WRITTEN_AT


@given(st.binary(max_size=200), st.sampled_from([b"Received: x; ", b"Date: "]))
def test_no_header_makes_the_time_of_arrival_raise(value: bytes, name: bytes) -> None:
    moment = arrived(name + value + b"\n\n")
    assert moment is None or moment.tzinfo is UTC


@pytest.mark.parametrize("year", ["1901", "1969", "9999", "99999"])
def test_a_year_that_no_mail_can_have_is_not_believed(year: str) -> None:
    assert arrived(f"Date: Fri, 31 Dec {year} 23:59:59 -1200\n\n".encode()) is None


@given(st.lists(st.binary(max_size=80), max_size=5))
def test_an_mbox_of_any_octets_is_split_without_loss(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]
) -> None:
    separator = b"From x Mon Nov 23 08:00:00 2026\n"
    messages = [b"Subject: x\n\n" + body.replace(b"From ", b"Vrom ") + b"\n" for body in bodies]
    path = tmp_path_factory.mktemp("mbox") / "mbox"
    path.write_bytes(b"".join(separator + message + b"\n" for message in messages))
    if bodies:
        assert [content for content, _size in mbox.split(path)] == messages


def test_a_source_of_files_hands_out_batches_with_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BATCH_MESSAGES", 2)
    for number in range(5):
        write(tmp_path / "mail" / f"{number}.eml", mail(str(number)))
    source = mailbox.open_source(Settings(mailbox=Mailbox(path="mail"), file=tmp_path / "triage.toml"))
    batches = list(source.pull({}))
    assert [(len(batch.raws), batch.done, batch.total) for batch in batches] == [(2, 2, 5), (2, 4, 5), (1, 5, 5)]
    assert {(b.cursor.folder, b.cursor.uidvalidity, b.cursor.uid) for b in batches} == {(str(tmp_path / "mail"), 0, 0)}
    assert source.name == str(tmp_path / "mail")
    assert list(source.letters(date(2026, 1, 1))) == []
    source.close()


def test_a_path_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        mailbox.open_source(Settings(mailbox=Mailbox(path=str(tmp_path / "none"))))
    with pytest.raises(SettingsError, match="does not exist"):
        list(mailbox.read_files(tmp_path / "none"))


def test_what_is_no_file_is_neither_opened_nor_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.eml")
    write(tmp_path / "z.eml", mail("z"))
    assert [raw.content for raw in mailbox.read_files(tmp_path)] == [mail("z")]
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        list(mailbox.read_files(tmp_path / "pipe.eml"))


def test_a_file_that_cannot_be_read_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.eml", "b.eml"):
        write(tmp_path / name, mail(name))
    read = files._message

    def reading(path: Path) -> Raw:
        if path.name == "a.eml":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(files, "_message", reading)
    unreadable, readable = mailbox.read_files(tmp_path)
    assert (unreadable.content, unreadable.is_partial) == (b"", True)
    assert readable.content == mail("b.eml")
