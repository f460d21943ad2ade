"""Letters by SMTP to a real server: what each step's answer means for the ledger."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest
from servers.certificates import make_certificate
from servers.script import running_script
from servers.smtp_peer import PASSWORD, USER, SmtpPeer, running_smtp_peer

from triage import login, post
from triage.config import Post, Settings
from triage.errors import OutletError, SettingsError
from triage.model import Outcome, Sent


def letter(to: str = "i.lang@planung.example") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "support@iprot.example"
    mail["To"] = to
    mail["Message-ID"] = "<T-1@iprot.example>"
    mail.set_content("Grüße\n.ein Punkt\n", cte="quoted-printable")
    return mail


def yes() -> bool:
    return True


def never() -> bool:
    return pytest.fail("committed although nothing could leave")


def deliver(
    settings: Settings,
    to: str,
    before_data: Callable[[], bool] = yes,
    mail_from: str = "support@iprot.example",
) -> Outcome:
    outlet = post.open_outlet(settings)
    try:
        return outlet.deliver(letter(), post.Envelope(mail_from, to), before_data)
    finally:
        outlet.close()


def test_an_accepted_letter_is_sent_with_the_servers_words(smtp_peer: SmtpPeer) -> None:
    outcome = deliver(smtp_peer.settings(), "i.lang@planung.example")
    assert outcome == Outcome(Sent.SENT, "250 2.0.0 Ok: queued as 4F1C2")
    ((mail_from, rcpt_to, content),) = smtp_peer.accepted
    assert (mail_from, rcpt_to) == ("support@iprot.example", ("i.lang@planung.example",))
    assert content == letter().as_bytes().replace(b"\n", b"\r\n")


def test_the_commit_comes_after_the_recipient_and_before_the_data(smtp_peer: SmtpPeer) -> None:
    seen: list[int] = []

    def commit() -> bool:
        seen.append(len(smtp_peer.accepted))
        return True

    deliver(smtp_peer.settings(), "i.lang@planung.example", commit)
    assert seen == [0]


@pytest.mark.parametrize(
    ("to", "said"),
    [("unknown@x.example", "550 5.1.1"), ("full@x.example", "552 5.2.2"), ("later@x.example", "450 4.2.1")],
)
def test_a_refused_recipient_is_a_refusal_and_commits_nothing(smtp_peer: SmtpPeer, to: str, said: str) -> None:
    outcome = deliver(smtp_peer.settings(), to, never)
    assert outcome.result is Sent.REFUSED
    assert outcome.detail.startswith(said)


def test_a_refused_sender_is_a_refusal_and_commits_nothing(smtp_peer: SmtpPeer) -> None:
    outcome = deliver(smtp_peer.settings(), "i.lang@planung.example", never, mail_from="banned@iprot.example")
    assert outcome == Outcome(Sent.REFUSED, "550 5.7.1 Sender refused")


@pytest.mark.parametrize(("to", "said"), [("spam@x.example", "554 5.7.1"), ("busy@x.example", "451 4.3.0")])
def test_a_no_after_the_data_is_certain(smtp_peer: SmtpPeer, to: str, said: str) -> None:
    outcome = deliver(smtp_peer.settings(), to)
    assert outcome.result is Sent.REFUSED
    assert outcome.detail.startswith(said)
    assert smtp_peer.accepted == []


def test_a_connection_cut_after_the_data_is_unknown(smtp_peer: SmtpPeer) -> None:
    assert deliver(smtp_peer.settings(), "lost@x.example").result is Sent.UNKNOWN
    assert len(smtp_peer.accepted) == 1


def test_a_reply_that_nobody_understands_is_unknown(smtp_peer: SmtpPeer) -> None:
    assert deliver(smtp_peer.settings(), "odd@x.example").result is Sent.UNKNOWN


def test_a_connection_cut_before_the_data_is_a_refusal_and_commits_nothing(smtp_peer: SmtpPeer) -> None:
    assert deliver(smtp_peer.settings(), "cut@x.example", never).result is Sent.REFUSED


def test_a_lost_claim_leaves_nothing_and_the_next_letter_goes(smtp_peer: SmtpPeer) -> None:
    outlet = post.open_outlet(smtp_peer.settings())
    first = post.Envelope("support@iprot.example", "first@x.example")
    second = post.Envelope("support@iprot.example", "second@x.example")
    assert outlet.deliver(letter(), first, lambda: False).result is Sent.REFUSED
    assert outlet.deliver(letter(), second, yes).result is Sent.SENT
    outlet.close()
    assert [rcpt for _from, rcpt, _content in smtp_peer.accepted] == [("second@x.example",)]
    assert smtp_peer.sessions == 1


def test_a_store_that_fails_at_the_commit_lets_nothing_leave(smtp_peer: SmtpPeer) -> None:
    def locked() -> bool:
        raise RuntimeError("locked")

    with pytest.raises(RuntimeError, match="locked"):
        deliver(smtp_peer.settings(), "i.lang@planung.example", locked)
    assert smtp_peer.accepted == []


@pytest.mark.parametrize("after", ["unknown@x.example", "spam@x.example", "lost@x.example", "i.lang@planung.example"])
def test_after_each_outcome_the_next_letter_goes(smtp_peer: SmtpPeer, after: str) -> None:
    outlet = post.open_outlet(smtp_peer.settings())
    outlet.deliver(letter(), post.Envelope("support@iprot.example", after), yes)
    outcome = outlet.deliver(letter(), post.Envelope("support@iprot.example", "next@x.example"), yes)
    outlet.close()
    assert outcome.result is Sent.SENT
    assert smtp_peer.accepted[-1][1] == ("next@x.example",)


def test_a_session_closed_between_two_letters_is_made_anew(smtp_peer: SmtpPeer) -> None:
    smtp_peer.hang_up_after_mail = True
    outlet = post.open_outlet(smtp_peer.settings())
    for number in range(3):
        envelope = post.Envelope("support@iprot.example", f"a{number}@x.example")
        assert outlet.deliver(letter(), envelope, yes).result is Sent.SENT
        smtp_peer.wait_for_hang_up()
    outlet.close()
    assert [rcpt for _from, (rcpt,), _content in smtp_peer.accepted] == [f"a{number}@x.example" for number in range(3)]


def test_a_session_that_the_server_ends_by_421_is_made_anew(smtp_peer: SmtpPeer) -> None:
    outlet = post.open_outlet(smtp_peer.settings())
    smtp_peer.closes_at_next_mail = True
    envelope = post.Envelope("support@iprot.example", "i.lang@planung.example")
    assert outlet.deliver(letter(), envelope, yes).result is Sent.SENT
    outlet.close()
    assert (smtp_peer.sessions, len(smtp_peer.accepted)) == (2, 1)


def test_a_server_that_says_421_to_everybody_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login.limits, "TIMEOUT", 0.2)
    with running_script([b"220 hi\r\n", b"250 peer.test\r\n", b"421 too busy\r\n"]) as (port, _heard):
        outlet = post.open_outlet(Settings(post=Post(outlet="smtp", host="127.0.0.1", port=port, tls="none")))
        envelope = post.Envelope("support@iprot.example", "i.lang@planung.example")
        assert outlet.deliver(letter(), envelope, never).result is Sent.REFUSED
        outlet.close()


@pytest.mark.parametrize("to", ["p.weber@firma,de", "a b@x.example", "x@y.example>\r\nRCPT TO:<all@x.example", ""])
def test_an_envelope_that_is_no_address_is_a_refusal(smtp_peer: SmtpPeer, to: str) -> None:
    assert deliver(smtp_peer.settings(), to, never).result is Sent.REFUSED
    assert deliver(smtp_peer.settings(), "i.lang@planung.example", never, mail_from=to).result is Sent.REFUSED


def test_an_address_beyond_ascii_goes_by_idna_and_smtputf8(smtp_peer: SmtpPeer) -> None:
    outlet = post.open_outlet(smtp_peer.settings())
    envelope = post.Envelope("support@iprot.example", "jürgen@straße.example")
    outcome = outlet.deliver(letter("jürgen@xn--strae-oqa.example"), envelope, yes)
    outlet.close()
    assert outcome.result is Sent.SENT
    assert smtp_peer.accepted[0][1] == ("jürgen@xn--strae-oqa.example",)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    chain, key = make_certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return chain, context


@pytest.mark.parametrize("way", ["implicit", "starttls"])
def test_a_letter_goes_by_tls_after_a_login(
    certificate: tuple[Path, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    chain, context = certificate
    monkeypatch.setenv("TRIAGE_POST_PASSWORD", PASSWORD)
    with running_smtp_peer(context, starttls=way == "starttls") as peer:
        settings = peer.settings(host="localhost", tls=way, user=USER, ca_file=str(chain))
        assert deliver(settings, "i.lang@planung.example").result is Sent.SENT


@pytest.mark.parametrize("wrong", ["falsch", "fälschlich"])
def test_a_wrong_password_is_told_without_it(
    certificate: tuple[Path, ssl.SSLContext],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    wrong: str,
) -> None:
    chain, context = certificate
    monkeypatch.setenv("TRIAGE_POST_PASSWORD", wrong)
    caplog.set_level(logging.INFO)
    with running_smtp_peer(context) as peer, pytest.raises(OutletError, match="refuses the login of post") as caught:
        post.open_outlet(peer.settings(host="localhost", tls="implicit", user=USER, ca_file=str(chain)))
    assert wrong not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize("way", ["implicit", "starttls"])
def test_a_certificate_of_somebody_else_is_refused(
    certificate: tuple[Path, ssl.SSLContext], tmp_path: Path, way: str
) -> None:
    other, _key = make_certificate(tmp_path)
    _chain, context = certificate
    with (
        running_smtp_peer(context, starttls=way == "starttls") as peer,
        pytest.raises(OutletError, match="is not trusted"),
    ):
        post.open_outlet(peer.settings(host="localhost", tls=way, ca_file=str(other)))


def test_starttls_that_is_not_offered_is_told(smtp_peer: SmtpPeer) -> None:
    with pytest.raises(OutletError, match="does not offer what is needed"):
        post.open_outlet(smtp_peer.settings(host="localhost", tls="starttls"))


def test_a_server_that_is_not_there_is_told() -> None:
    with pytest.raises(OutletError, match="localhost:1 cannot be reached"):
        post.open_outlet(Settings(post=Post(outlet="smtp", host="localhost", port=1)))


def test_a_server_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login.limits, "TIMEOUT", 0.2)
    with running_script([]) as (port, _heard), pytest.raises(OutletError):
        post.open_outlet(Settings(post=Post(outlet="smtp", host="127.0.0.1", port=port, tls="none")))


def test_without_tls_only_to_this_very_machine() -> None:
    with pytest.raises(SettingsError, match="in the clear"):
        post.open_outlet(Settings(post=Post(outlet="smtp", host="smtp.iprot.example", tls="none")))
    with pytest.raises(SettingsError, match="no server"):
        post.open_outlet(Settings(post=Post(outlet="smtp")))


def script(*after_rcpt: bytes) -> list[bytes]:
    return [b"220 hi\r\n", b"250 peer.test\r\n", b"250 Ok\r\n", b"250 Ok\r\n", *after_rcpt]


@pytest.mark.parametrize(
    ("after_rcpt", "result"),
    [
        ([b"451 not now\r\n"], Sent.REFUSED),
        ([b"nonsense\r\n"], Sent.REFUSED),
        ([b"250 what?\r\n"], Sent.REFUSED),
        ([], Sent.UNKNOWN),
        ([b"354 go on\r\n"], Sent.UNKNOWN),
        ([b"354 go on\r\n550 \x1b]0;no\x07 thanks\r\n"], Sent.REFUSED),
        ([b"354 go on\r\n5xx\r\n"], Sent.UNKNOWN),
        ([b"354 go on\r\n" + b"5" * 9_000 + b"\r\n"], Sent.UNKNOWN),
    ],
)
def test_only_a_clear_answer_to_the_data_is_certain(after_rcpt: list[bytes], result: Sent) -> None:
    with running_script(script(*after_rcpt)) as (port, _heard):
        settings = Settings(post=Post(outlet="smtp", host="127.0.0.1", port=port, tls="none"))
        outcome = deliver(settings, "i.lang@planung.example")
    assert outcome.result is result
    assert outcome.detail.isprintable()
