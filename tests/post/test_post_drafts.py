"""Letters into the Drafts of a real Dovecot: each once, and never in doubt without saying so."""

from __future__ import annotations

import socket
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from servers.dovecot import TestMailbox

from triage import login, post
from triage.config import Post, Settings
from triage.errors import OutletError, SettingsError
from triage.model import Outcome, Sent

ENVELOPE = post.Envelope("support@iprot.example", "i.lang@planung.example")


def letter(number: int = 1) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "support@iprot.example"
    mail["To"] = "i.lang@planung.example"
    mail["Message-ID"] = f"<T-{number}@iprot.example>"
    mail["X-Triage-Ref"] = f"T-{number}"
    mail.set_content("Grüße\n", cte="quoted-printable")
    return mail


def cut(outlet: post.Outlet) -> None:
    """The connection breaks, and nobody has noticed yet."""
    outlet._imap._client.socket().shutdown(socket.SHUT_RDWR)  # type: ignore[attr-defined]


def yes() -> bool:
    return True


def deliver(settings: Settings, mail: EmailMessage, before_data: Callable[[], bool] = yes) -> Outcome:
    outlet = post.open_outlet(settings)
    try:
        return outlet.deliver(mail, ENVELOPE, before_data)
    finally:
        outlet.close()


def test_a_letter_lies_in_drafts_as_a_draft(dovecot: TestMailbox) -> None:
    assert deliver(dovecot.settings(), letter()) == Outcome(Sent.HANDED_OVER, "Drafts")
    with dovecot.client() as client:
        client.select_folder("Drafts", readonly=True)
        (told,) = client.fetch(client.search(), ["FLAGS", "BODY.PEEK[]"]).values()
    assert b"\\Draft" in told[b"FLAGS"]
    assert told[b"BODY[]"] == letter().as_bytes().replace(b"\n", b"\r\n")


def test_a_letter_that_lies_there_is_not_put_there_again(dovecot: TestMailbox) -> None:
    outcomes = [deliver(dovecot.settings(), letter(n)).result for n in (1, 1, 2, 1)]
    assert set(outcomes) == {Sent.HANDED_OVER}
    assert dovecot.count("Drafts") == 2


def test_a_lost_claim_leaves_nothing(dovecot: TestMailbox) -> None:
    assert deliver(dovecot.settings(), letter(), lambda: False).result is Sent.REFUSED
    assert dovecot.count("Drafts") == 0


def test_a_folder_of_the_settings_wins_over_the_special_one(dovecot: TestMailbox) -> None:
    with dovecot.client() as client:
        client.create_folder("Entwürfe")
    deliver(dovecot.settings(drafts="Entwürfe"), letter())
    assert (dovecot.count("Entwürfe"), dovecot.count("Drafts")) == (1, 0)


def test_a_folder_that_is_missing_is_told_before_a_letter_is_claimed(dovecot: TestMailbox) -> None:
    with pytest.raises(OutletError, match="no folder Entwürfe"):
        post.open_outlet(dovecot.settings(drafts="Entwürfe"))


def test_a_no_to_the_append_is_a_refusal(dovecot: TestMailbox) -> None:
    def delete_the_folder() -> bool:
        with dovecot.client() as client:
            client.delete_folder("Archiv")
        return True

    with dovecot.client() as client:
        client.create_folder("Archiv")
    outcome = deliver(dovecot.settings(drafts="Archiv"), letter(), delete_the_folder)
    assert outcome.result is Sent.REFUSED
    assert outcome.detail


def test_a_connection_lost_during_the_append_is_unknown(dovecot: TestMailbox) -> None:
    outlet = post.open_outlet(dovecot.settings())

    def cut_it() -> bool:
        cut(outlet)
        return True

    outcome = outlet.deliver(letter(), ENVELOPE, cut_it)
    outlet.close()
    assert outcome.result is Sent.UNKNOWN
    assert outcome.detail


def test_a_connection_lost_between_two_letters_is_made_anew(dovecot: TestMailbox) -> None:
    outlet = post.open_outlet(dovecot.settings())
    outlet.deliver(letter(1), ENVELOPE, yes)
    cut(outlet)
    assert outlet.deliver(letter(2), ENVELOPE, yes).result is Sent.HANDED_OVER
    outlet.close()
    assert dovecot.count("Drafts") == 2


def test_a_server_gone_before_the_commit_is_a_refusal_and_commits_nothing(
    dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlet = post.open_outlet(dovecot.settings())
    cut(outlet)

    def gone(*_arguments: object) -> None:
        raise OutletError("gone")

    monkeypatch.setattr(login, "Imap", gone)
    assert outlet.deliver(letter(), ENVELOPE, lambda: pytest.fail("committed")) == Outcome(Sent.REFUSED, "gone")
    outlet.close()


def test_a_wrong_password_is_told_as_the_outlets(dovecot: TestMailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", "falsch")
    with pytest.raises(OutletError, match="refuses the login"):
        post.open_outlet(dovecot.settings())


def test_drafts_without_a_mail_server_are_told() -> None:
    with pytest.raises(SettingsError, match="no mail server"):
        post.open_outlet(Settings(post=Post(outlet="drafts")))
