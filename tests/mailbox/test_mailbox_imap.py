"""Reading a real Dovecot: everything once, nothing changed, and each trouble in words."""

from __future__ import annotations

import logging
from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from servers.certificates import make_certificate
from servers.dovecot import PASSWORD, TestMailbox
from servers.script import running_script

from triage import login, mailbox
from triage.config import Mailbox, Settings
from triage.errors import SettingsError, SourceError
from triage.mailbox import imap
from triage.model import Batch, Cursor, Found, Raw


def mail(number: int, size: int = 0) -> bytes:
    body = b"Der Empf\xc3\xa4nger ist unbekannt.\r\n" + b"x" * max(0, size - 150)
    return b"From: MAILER-DAEMON@mx.example\r\nSubject: failure %d\r\nDate: Mon, 23 Nov 2026 08:00:00 +0100\r\n\r\n" % (
        number
    ) + b"\r\n".join(body[at : at + 900] for at in range(0, len(body), 900))


def pull(settings: Settings, *cursors: Cursor) -> list[Batch]:
    source = mailbox.open_source(settings)
    try:
        return list(source.pull({cursor.folder: cursor for cursor in cursors}))
    finally:
        source.close()


def raws(batches: list[Batch]) -> list[Raw]:
    return [raw for batch in batches for raw in batch.raws]


def test_every_message_is_read_once_with_the_servers_time_and_size(dovecot: TestMailbox) -> None:
    arrived = datetime(2026, 11, 20, 7, 55, tzinfo=UTC)
    dovecot.put(mail(1), mail(2), mail(3), at=arrived)
    first = pull(dovecot.settings())
    assert [raw.content for raw in raws(first)] == [mail(1), mail(2), mail(3)]
    assert {(raw.source, raw.received_at, raw.is_partial) for raw in raws(first)} == {("INBOX", arrived, False)}
    assert [raw.size for raw in raws(first)] == [len(mail(n)) for n in (1, 2, 3)]
    assert pull(dovecot.settings(), first[-1].cursor) == []
    dovecot.put(mail(4))
    second = pull(dovecot.settings(), first[-1].cursor)
    assert [raw.content for raw in raws(second)] == [mail(4)]
    assert second[-1].cursor.uid == 4


def test_reading_neither_marks_nor_deletes(dovecot: TestMailbox) -> None:
    dovecot.put(mail(1), mail(2))
    pull(dovecot.settings())
    assert dovecot.count() == 2
    assert dovecot.count(criterion="UNSEEN") == 2
    assert dovecot.count(criterion="RECENT") == 2


def test_a_folder_made_anew_is_read_from_its_start(dovecot: TestMailbox) -> None:
    with dovecot.client() as client:
        client.create_folder("Bounces")
    dovecot.put(mail(1), mail(2), folder="Bounces")
    settings = dovecot.settings(folders=("Bounces",))
    before = pull(settings)[-1].cursor
    with dovecot.client() as client:
        client.delete_folder("Bounces")
        client.create_folder("Bounces")
    dovecot.put(mail(3), folder="Bounces")
    after = pull(settings, Cursor("Bounces", before.uidvalidity, before.uid))
    assert [raw.content for raw in raws(after)] == [mail(3)]
    assert after[-1].cursor.uidvalidity != before.uidvalidity


def test_a_batch_is_small_in_messages_and_in_octets(dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "BATCH_MESSAGES", 3)
    monkeypatch.setattr(imap, "BATCH_OCTETS", 5_000)
    dovecot.put(*(mail(n) for n in range(4)), *(mail(n, 2_600) for n in range(4, 7)))
    batches = pull(dovecot.settings())
    assert [len(batch.raws) for batch in batches] == [3, 2, 1, 1]
    assert [batch.cursor.uid for batch in batches] == [3, 5, 6, 7]
    assert [(batch.done, batch.total) for batch in batches] == [(3, 7), (5, 7), (6, 7), (7, 7)]


def test_two_hundred_messages_make_a_batch(dovecot: TestMailbox) -> None:
    with dovecot.client() as client:
        client.multiappend("INBOX", [mail(n) for n in range(450)])
    batches = pull(dovecot.settings())
    assert [len(batch.raws) for batch in batches] == [200, 200, 50]
    assert len({raw.content for raw in raws(batches)}) == 450


def test_a_mailbox_of_many_uids_is_searched_in_spans(dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "_SEARCH_SPAN", 4)
    dovecot.put(*(mail(n) for n in range(11)))
    assert [raw.uid for raw in raws(pull(dovecot.settings()))] == list(range(1, 12))


def test_an_oversized_message_is_fetched_in_part_and_its_neighbours_whole(dovecot: TestMailbox) -> None:
    huge = mail(2, 10_500_000)
    dovecot.put(mail(1), huge, mail(3))
    first, part, last = raws(pull(dovecot.settings()))
    assert (first.content, last.content) == (mail(1), mail(3))
    assert part.content == huge[:1_000_000]
    assert part.size == len(huge)
    assert part.is_partial


def test_a_message_that_vanishes_while_reading_is_passed_over(
    dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.put(mail(1), mail(2), mail(3))
    list_them = imap.ImapSource._list

    def list_and_expunge(self: imap.ImapSource, uids: list[int]) -> object:
        listed = list_them(self, uids)
        with dovecot.client() as client:
            client.select_folder("INBOX")
            client.delete_messages([2])
            client.expunge()
        return listed

    monkeypatch.setattr(imap.ImapSource, "_list", list_and_expunge)
    batches = pull(dovecot.settings())
    assert [raw.uid for raw in raws(batches)] == [1, 3]
    assert batches[-1].cursor.uid == 3


def test_a_message_that_the_server_cannot_hand_out_stops_nothing(
    dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    dovecot.put(mail(1), mail(2), mail(3))
    fetch = login.Imap.fetch

    def refusing(self: login.Imap, uids: list[int], *items: str) -> object:
        if 2 in uids and items[0].startswith("BODY"):
            raise login.ServerSaysNo("[SERVERBUG] Internal error occurred")
        return fetch(self, uids, *items)

    monkeypatch.setattr(login.Imap, "fetch", refusing)
    read = raws(pull(dovecot.settings()))
    assert [(raw.uid, raw.content) for raw in read] == [(1, mail(1)), (2, b""), (3, mail(3))]
    assert read[1].is_partial


def test_a_damaged_message_that_makes_dovecot_hang_up_stops_nothing(dovecot: TestMailbox) -> None:
    dovecot.put(*(mail(n, 2_000) for n in range(4)))
    pull(dovecot.settings())  # Dovecot remembers the sizes
    new = dovecot.server.base / "home" / dovecot.user / "Maildir" / "new"
    (damaged,) = (file for file in new.iterdir() if b"Subject: failure 1" in file.read_bytes())
    damaged.write_bytes(damaged.read_bytes()[:100])
    read = raws(pull(dovecot.settings()))
    assert [raw.uid for raw in read] == [1, 2, 3, 4]
    assert [raw.content for raw in read] == [mail(0, 2_000), b"", mail(2, 2_000), mail(3, 2_000)]
    assert "Cached message size larger than expected" in (dovecot.server.base / "dovecot.log").read_text("utf-8")


def test_a_message_announced_beyond_all_bounds_is_not_read_into_memory(
    dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login.limits, "LITERAL_MOST", 5_000)
    dovecot.put(mail(1), mail(2, 6_000), mail(3))
    assert [(raw.uid, len(raw.content)) for raw in raws(pull(dovecot.settings()))] == [
        (1, len(mail(1))),
        (2, 0),
        (3, len(mail(3))),
    ]


def test_several_folders_have_each_their_own_cursor(dovecot: TestMailbox) -> None:
    with dovecot.client() as client:
        client.create_folder("Rückläufer")
    dovecot.put(mail(1))
    dovecot.put(mail(2), folder="Rückläufer")
    batches = pull(dovecot.settings(folders=("INBOX", "Rückläufer")))
    assert [batch.cursor.folder for batch in batches] == ["INBOX", "Rückläufer"]
    assert pull(dovecot.settings(folders=("INBOX", "Rückläufer")), *(batch.cursor for batch in batches)) == []


@pytest.mark.parametrize("way", ["implicit", "starttls", "none"])
def test_each_way_of_tls_reads_the_mailbox(dovecot: TestMailbox, way: str) -> None:
    dovecot.put(mail(1))
    port = dovecot.server.tls_port if way == "implicit" else dovecot.server.port
    assert len(raws(pull(dovecot.settings(tls=way, port=port)))) == 1


def our_letter(reference: str, claims: str) -> bytes:
    return (
        f"From: Support <support@iprot.example>\r\nTo: Ina Lang <i.lang@planung.example>\r\n"
        f"Subject: =?utf-8?q?R=C3=BCckl=C3=A4ufer?=\r\nDate: Fri, 20 Nov 2026 09:00:00 +0100\r\n"
        f"Message-ID: <{reference}@iprot.example>\r\nX-Triage-Ref: {reference}\r\n"
        f"X-Triage-Claims: {claims}\r\n\r\nHallo\r\n"
    ).encode()


def test_our_letters_are_found_in_drafts_and_sent_and_others_are_not(dovecot: TestMailbox) -> None:
    dovecot.put(
        mail(1), our_letter("T-1", "1 p.weber%40bau.example, 2 max%2540x%2C%40firma,4 zu%40viel.example"), folder="Sent"
    )
    dovecot.put(our_letter("T-2", ""), folder="Drafts")
    source = mailbox.open_source(dovecot.settings())
    drafted, sent = source.letters(date.today())  # noqa: DTZ011
    assert (drafted.reference, drafted.in_sent, drafted.claims) == ("T-2", False, ())
    assert sent == Found(
        message_id="<T-1@iprot.example>",
        reference="T-1",
        claims=(("p.weber@bau.example", 1), ("max%40x,@firma", 2)),
        in_sent=True,
        to="i.lang@planung.example",
        subject="Rückläufer",
        date=datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
    )
    of_later = source.letters(date.today() + timedelta(days=3))  # noqa: DTZ011
    assert [letter.reference for letter in of_later] == ["T-2"], "what lies in Drafts may still leave, however old"
    source.close()
    assert dovecot.count("Sent", "UNSEEN") == 2


def test_a_wrong_password_is_told_without_it(
    dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", "falsch-1234")
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SourceError, match="localhost refuses the login of support") as caught:
        mailbox.open_source(dovecot.settings())
    assert "password" in caught.value.hint
    assert "falsch-1234" not in f"{caught.value}{caught.value.hint}{caplog.text}"


def test_the_password_stands_in_no_log(dovecot: TestMailbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    dovecot.put(mail(1))
    pull(dovecot.settings())
    assert caplog.text
    assert PASSWORD not in caplog.text
    assert b64encode(f"\0{dovecot.user}\0{PASSWORD}".encode()).decode() not in caplog.text


def test_a_certificate_of_somebody_else_is_refused_before_the_password_leaves(
    dovecot: TestMailbox, tmp_path: Path
) -> None:
    other, _key = make_certificate(tmp_path)
    with pytest.raises(SourceError, match=r"certificate of localhost:.* is not trusted") as caught:
        mailbox.open_source(dovecot.settings(ca_file=str(other)))
    assert "ca_file" in caught.value.hint


def test_starttls_checks_the_certificate_too(dovecot: TestMailbox, tmp_path: Path) -> None:
    other, _key = make_certificate(tmp_path)
    with pytest.raises(SourceError, match="is not trusted"):
        mailbox.open_source(dovecot.settings(tls="starttls", port=dovecot.server.port, ca_file=str(other)))


def test_tls_where_none_is_spoken_is_told(dovecot: TestMailbox) -> None:
    with pytest.raises(SourceError, match=r"No TLS with|cannot be reached") as caught:
        mailbox.open_source(dovecot.settings(port=dovecot.server.port))
    assert "port" in caught.value.hint


def test_a_server_that_is_not_there_is_told(dovecot: TestMailbox) -> None:
    with pytest.raises(SourceError, match="localhost:1 cannot be reached"):
        mailbox.open_source(dovecot.settings(port=1))


def test_an_unknown_host_is_told(dovecot: TestMailbox) -> None:
    with pytest.raises(SourceError, match=r"The host of imap\.iprot\.invalid:993 is unknown"):
        mailbox.open_source(dovecot.settings(host="imap.iprot.invalid", port=0))


def test_a_missing_folder_is_told_with_those_that_exist(dovecot: TestMailbox) -> None:
    with pytest.raises(SourceError, match="There is no folder Rücklauf") as caught:
        pull(dovecot.settings(folders=("Rücklauf",)))
    assert "INBOX" in caught.value.hint


def test_a_server_that_dies_in_the_middle_leaves_what_was_read(
    dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "BATCH_MESSAGES", 1)
    dovecot.put(mail(1), mail(2))
    source = mailbox.open_source(dovecot.settings())
    batches = source.pull({})
    assert next(batches).cursor.uid == 1
    source.close()
    with pytest.raises(SourceError):
        next(batches)


def scripted(port: int, tls: str = "none") -> Settings:
    return Settings(mailbox=Mailbox(host="127.0.0.1", port=port, user="support", tls=tls))


@pytest.fixture
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", PASSWORD)


@pytest.mark.usefixtures("_password")
@pytest.mark.parametrize("tls", ["none", "starttls"])
def test_a_greeting_that_claims_a_login_is_refused(tls: str) -> None:
    lines = [b"* PREAUTH [CAPABILITY IMAP4rev1] hello\r\n", b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n"]
    with running_script(lines) as (port, heard), pytest.raises(SourceError, match="PREAUTH"):
        mailbox.open_source(scripted(port, tls))
    assert not any(b"AUTHENTICATE" in said or b"LOGIN" in said for said in heard)


@pytest.mark.usefixtures("_password")
def test_no_password_leaves_where_starttls_is_not_offered() -> None:
    lines = [b"* OK hello\r\n", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK done\r\n", b"TAG BAD what?\r\n"]
    with running_script(lines) as (port, heard), pytest.raises(SourceError):
        mailbox.open_source(scripted(port, "starttls"))
    assert not any(b"AUTHENTICATE" in said for said in heard)


def test_a_server_that_knows_only_login_gets_it_and_no_log_does(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", 'ge"heim')
    caplog.set_level(logging.DEBUG)
    lines = [b"* OK hello\r\n", b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n", b"TAG OK logged in\r\n"]
    with running_script(lines) as (port, heard):
        mailbox.open_source(scripted(port)).close()
    assert heard[1].endswith(b' LOGIN support "ge\\"heim"\r\n')
    assert "heim" not in caplog.text


@pytest.mark.usefixtures("_password")
def test_a_server_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login.limits, "TIMEOUT", 0.2)
    with running_script([]) as (port, _heard), pytest.raises(SourceError, match="did not answer"):
        mailbox.open_source(scripted(port))


@pytest.mark.usefixtures("_password")
@pytest.mark.parametrize(
    "nonsense",
    [
        b"* OK [CAPABILITY IMAP4rev1] hi\r\n* NO\xff\xff\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"* OK hi\r\n* X {99999999999}\r\n",
        b"* BYE too many\r\n",
        b"",
    ],
)
def test_nonsense_from_a_server_is_one_error(nonsense: bytes) -> None:
    with running_script([nonsense]) as (port, _heard), pytest.raises(SourceError) as caught:
        mailbox.open_source(scripted(port))
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_without_tls_only_to_this_very_machine() -> None:
    with pytest.raises(SettingsError, match="in the clear"):
        mailbox.open_source(Settings(mailbox=Mailbox(host="imap.iprot.example", tls="none")))


def test_a_mailbox_is_named_for_eyes(dovecot: TestMailbox) -> None:
    source = mailbox.open_source(dovecot.settings())
    source.close()
    assert source.name == f"{dovecot.user}@localhost"
    full = Mailbox(host="imap.iprot.example", user="support@iprot.example")
    assert login.account(full) == "support@iprot.example (imap.iprot.example)"


def test_settings_without_a_mailbox_or_with_two_are_told() -> None:
    with pytest.raises(SettingsError, match="no mailbox"):
        mailbox.open_source(Settings())
    with pytest.raises(SettingsError, match="two mailboxes"):
        mailbox.open_source(Settings(mailbox=Mailbox(host="imap.iprot.example", path="mail/")))


def test_no_argument_can_carry_a_second_command(dovecot: TestMailbox) -> None:
    session = login.Imap(dovecot.settings().mailbox, dovecot.settings(), SourceError)
    try:
        for injected in ("INBOX\r\na DELETE INBOX", "x\ny", "x\0"):
            with pytest.raises(ValueError, match="line end"):
                session.examine(injected)
            with pytest.raises(ValueError, match="line end"):
                session.search("HEADER", "Message-ID", injected)
            with pytest.raises(ValueError, match="line end"):
                session.fetch([1], injected)
            with pytest.raises(ValueError, match="line end"):
                session.append(injected, b"")
    finally:
        session.close()
