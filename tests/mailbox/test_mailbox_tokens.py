"""The login by an access token: at a real Dovecot that checks it, and at servers that refuse in other ways."""

from __future__ import annotations

import logging
import shlex
import sys
from base64 import b64encode
from pathlib import Path

import pytest
from servers.dovecot import TestMailbox
from servers.script import running_script
from servers.tokens import access_token

from triage import login, mailbox
from triage.config import Mailbox, Post, Settings
from triage.errors import SettingsError, SourceError
from triage.login import NeedsAPerson

BOTH = pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])


def prints(words: str) -> str:
    """A command that prints them."""
    return shlex.join([sys.executable, "-c", "import sys; print(sys.argv[1])", words])


@BOTH
def test_an_access_token_opens_the_mailbox(dovecot: TestMailbox, auth: str) -> None:
    dovecot.put(b"Subject: one\r\n\r\nx\r\n")
    settings = dovecot.settings(auth=auth, token_command=prints(access_token(dovecot.user)))
    source = mailbox.open_source(settings)
    assert sum(len(batch.raws) for batch in source.pull({})) == 1
    source.close()


@BOTH
@pytest.mark.parametrize(("user", "seconds"), [("", -10), ("somebody-else", 600)])
def test_a_refused_token_says_why_and_what_to_do(
    dovecot: TestMailbox, auth: str, user: str, seconds: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = access_token(user or dovecot.user, seconds)
    with pytest.raises(
        NeedsAPerson, match=f"refuses the access token of {dovecot.user}: .*status (401|invalid_token)"
    ) as caught:
        mailbox.open_source(dovecot.settings(auth=auth, token_command=prints(token)))
    assert "token_command by hand" in caught.value.hint
    for told in (caught.value.message, caught.value.hint, caplog.text):
        assert token not in told
        assert b64encode(f"user={dovecot.user}\1auth=Bearer {token}\1\1".encode()).decode() not in told


def test_every_login_fetches_a_fresh_token(dovecot: TestMailbox, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    script = f"open({str(calls)!r}, 'a').write('x'); print({access_token(dovecot.user)!r})"
    settings = dovecot.settings(auth="xoauth2", token_command=shlex.join([sys.executable, "-c", script]))
    for _login in range(2):
        mailbox.open_source(settings).close()
    assert calls.read_text() == "xx"


def scripted(port: int, auth: str) -> Settings:
    return Settings(
        mailbox=Mailbox(
            host="127.0.0.1",
            port=port,
            user="support@x.example",
            tls="none",
            auth=auth,
            token_command=prints("abc.def"),
        )
    )


@BOTH
@pytest.mark.parametrize(
    ("challenge", "said"),
    [
        (b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}', "scope https://mail.google.com/"),
        (b"\x1b]0;x\x07nonsense", "␛]0;x␇nonsense"),
        (b'[{"a": 1}]', "a"),
        (b"[" * 1500, "["),
        (b"", "AUTHENTICATE failed"),
    ],
)
def test_the_reason_of_a_refusal_is_answered_and_shown_clean(auth: str, challenge: bytes, said: str) -> None:
    lines = [
        b"* OK hello\r\n",
        b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 AUTH=OAUTHBEARER\r\nTAG OK done\r\n",
        b"+ \r\n",
        b"+ " + b64encode(challenge) + b"\r\n",
        b"TAG NO AUTHENTICATE failed.\r\n",
    ]
    with running_script(lines) as (port, heard), pytest.raises(SourceError, match="refuses the access token") as caught:
        mailbox.open_source(scripted(port, auth))
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert heard[3] == (b"\r\n" if auth == "xoauth2" else b"AQ==\r\n")


@BOTH
def test_challenges_without_end_are_left(auth: str) -> None:
    lines = [
        b"* OK hello\r\n",
        b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 AUTH=OAUTHBEARER\r\nTAG OK done\r\n",
        *[b"+ e30=\r\n"] * 8,
    ]
    with running_script(lines) as (port, _heard), pytest.raises(SourceError, match="broke the connection off"):
        mailbox.open_source(scripted(port, auth))


def test_a_server_that_offers_no_token_login_is_sent_none() -> None:
    lines = [b"* OK hello\r\n", b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK done\r\n"]
    with running_script(lines) as (port, heard), pytest.raises(NeedsAPerson, match="no login by XOAUTH2") as caught:
        mailbox.open_source(scripted(port, "xoauth2"))
    assert "AUTH=PLAIN" in caught.value.hint
    assert not any(b"AUTHENTICATE" in said for said in heard)


@pytest.mark.parametrize(("printed", "told"), [("", "no access token"), ("two words", "no access token")])
def test_a_command_that_prints_no_token_is_told(printed: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        login.token(Mailbox(auth="xoauth2", token_command=prints(printed)))
    with pytest.raises(SettingsError, match="token_command failed with exit code 3"):
        login.token(Post(auth="xoauth2", token_command=shlex.join([sys.executable, "-c", "raise SystemExit(3)"])))


def test_a_wrong_password_needs_a_person_but_a_server_out_of_order_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", "geheim")
    for answer, needs_a_person in (
        (b"TAG NO [AUTHENTICATIONFAILED] wrong\r\n", True),
        (b"TAG NO [UNAVAILABLE] Temporary authentication failure.\r\n", False),
    ):
        lines = [b"* OK hello\r\n", b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n", answer]
        with running_script(lines) as (port, _heard), pytest.raises(SourceError) as caught:
            mailbox.open_source(Settings(mailbox=Mailbox(host="127.0.0.1", port=port, user="s", tls="none")))
        assert isinstance(caught.value, NeedsAPerson) is needs_a_person
