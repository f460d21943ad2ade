"""Why a mail was not delivered: which of text and codes is believed."""

from __future__ import annotations

import pytest

from triage.bounces.kinds import decide, enhanced_code, reply_code, tables
from triage.bounces.tables import table
from triage.model import Kind


def kind(diagnostic: str = "", status: str = "", action: str = "failed", prose: str = "") -> str:
    return decide(action, status, diagnostic, lambda: prose)[0].value


@pytest.mark.parametrize(
    ("diagnostic", "expected"),
    [
        ("550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table", "wrong_mailbox"),
        ("550 5.4.1 [a@b.example]: Recipient address rejected: Access denied", "wrong_mailbox"),
        ("550 Requested action not taken: mailbox unavailable", "wrong_mailbox"),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found", "wrong_mailbox"),
        ("Empfänger unbekannt", "wrong_mailbox"),
        (
            "Host or domain name not found. Name service error for name=b.example type=AAAA: Host not found",
            "wrong_domain",
        ),
        ("556 5.1.10 Domain b.example does not accept mail (nullMX)", "wrong_domain"),
        ("552 5.2.2 The email account that you tried to reach is over quota", "mailbox_full"),
        ("Das Postfach des Empfängers ist voll", "mailbox_full"),
        ("550 5.2.1 The email account that you tried to reach is disabled", "mailbox_disabled"),
        ("554 5.7.1 Message rejected as spam", "spam_or_policy"),
        ("550 5.7.1 RESOLVER.RST.AuthRequired; authentication required", "spam_or_policy"),
        ("552 5.3.4 Message size exceeds fixed limit", "too_large"),
        ("connect to mx.b.example[192.0.2.1]:25: Connection timed out", "delivery_problem"),
        ("Host not found, try again", "delivery_problem"),
        ("550-5.7.26 This mail is unauthenticated: SPF = did not pass, DKIM = did not pass", "our_fault"),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.example", "our_fault"),
        (
            "554 IP=192.0.2.1 - A problem occurred. (Ask your postmaster for help or to contact tosa@rx.t-online.de",
            "our_fault",
        ),
        ("450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]", "our_fault"),
        ("550 5.1.8 <iprot@iprot.example>: Sender address rejected: Domain not found", "our_fault"),
        ("550 5.4.5 Daily user sending quota exceeded", "our_fault"),
    ],
)
def test_words_decide(diagnostic: str, expected: str) -> None:
    assert kind(diagnostic) == expected


def test_a_clear_text_is_believed_before_a_code_that_says_otherwise() -> None:
    assert kind("550 5.7.1 No such user here", "5.7.1") == "wrong_mailbox"
    assert kind("550 5.1.1 Too many connections, rate limit exceeded", "5.1.1") == "delivery_problem"


def test_a_status_is_believed_before_a_text_that_only_hints() -> None:
    assert kind("550 rejected", "5.1.1") == "wrong_mailbox"


def test_a_status_that_says_nothing_gives_way_to_the_code_in_the_text() -> None:
    assert kind("550 5.2.2 <a@b.example>", "5.0.0") == "mailbox_full"
    assert kind("450 4.7.1 <mx.iprot.example>", "4.4.7") == "spam_or_policy"


def test_the_reply_code_is_the_last_that_is_asked() -> None:
    assert kind("552 no", "5.0.0") == "mailbox_full"


def test_what_the_other_server_answered_counts_before_our_sides_words() -> None:
    answer = (
        "rejected by the recipient domain not found. The error that the other server returned was: 552 quota exceeded"
    )
    assert kind(answer) == "mailbox_full"


def test_a_refusal_before_the_recipient_was_named_is_our_fault() -> None:
    assert (
        kind("SMTP error from remote mail server after MAIL FROM:<a@iprot.example>: 550 no such domain") == "our_fault"
    )
    assert kind("SMTP error from remote mail server after RCPT TO:<a@b.example>: 550 no such domain") == "wrong_domain"


def test_exim_says_unrouteable_of_a_domain_and_its_peer_of_a_mailbox() -> None:
    assert kind("Unrouteable address") == "wrong_domain"
    assert kind("SMTP error after RCPT TO:<a@b.example>: 550 Unrouteable address") == "wrong_mailbox"


def test_a_delay_is_a_delay_whatever_its_cause() -> None:
    assert kind("550 5.1.1 User unknown", "5.1.1", action="delayed") == "delayed"


def test_prose_is_asked_where_the_diagnostic_is_silent() -> None:
    assert kind("", "5.0.0", prose="The mailbox is full.") == "mailbox_full"
    assert kind("550 5.1.1 User unknown", prose="The mailbox is full.") == "wrong_mailbox"


def test_nothing_known_is_unclear() -> None:
    assert kind() == "unclear"


def test_the_reason_names_the_rule_and_its_words() -> None:
    _kind, reason = decide("failed", "5.1.1", "550 Sorry: User   unknown.")
    assert (reason.rule, reason.words) == ("mailbox not found", "user unknown")


@pytest.mark.parametrize(
    ("text", "enhanced", "reply"),
    [
        ("550 5.1.1 no", "5.1.1", "550"),
        ("550-5.1.1 no", "5.1.1", "550"),
        ("host 192.0.2.1[192.0.2.1] said: 450 4.2.0 no", "4.2.0", "450"),
        ("554 5.0.0 no", "", "554"),
        ("see 5.1.1.2 or 10.5.1.1", "", ""),
        ("250 2.1.5 ok", "", ""),
    ],
)
def test_codes_are_found_in_a_text(text: str, enhanced: str, reply: str) -> None:
    assert (enhanced_code(text), reply_code(text)) == (enhanced, reply)


def test_every_rule_is_named_once_and_says_where_its_words_are_from() -> None:
    entries = [*table("phrases")["clear"], *table("phrases")["hint"]]
    names = [entry["name"] for entry in entries]
    assert len(set(names)) == len(names)
    assert all(entry["origin"] for entry in entries)
    assert {rule.kind for rule in tables().clear} <= {kind for kind in Kind if kind.is_bounce}


def test_every_phrase_is_written_as_texts_are_compared() -> None:
    for entry in [*table("phrases")["clear"], *table("phrases")["hint"]]:
        for phrase in entry["phrases"]:
            for piece in [phrase] if isinstance(phrase, str) else phrase:
                assert piece == piece.lower(), piece
                assert "  " not in piece
                assert len(piece) >= 3


def test_no_phrase_is_needless_beside_a_shorter_one() -> None:
    for entry in [*table("phrases")["clear"], *table("phrases")["hint"]]:
        whole = [phrase for phrase in entry["phrases"] if isinstance(phrase, str)]
        for phrase in whole:
            assert not [other for other in whole if other != phrase and other in phrase], phrase
        assert len(set(whole)) == len(whole), entry["name"]


@pytest.mark.parametrize(
    ("diagnostic", "expected"),
    [
        ("550 Such a mailbox could not be located", "wrong_mailbox"),
        ("550 Could not be located: such a mailbox", "wrong_mailbox"),
        ("550 The mailbox exists, something unknown went wrong", "wrong_mailbox"),  # 550 says so, not the wording
        ("554 5.7.1 Le compte a été suspendu", "mailbox_disabled"),
        ("554 5.7.1 Le compte a ete suspendu", "mailbox_disabled"),
        ("554 5.7.1 Les règles de votre compte refusent ce message", "spam_or_policy"),
        ("550 Dell'utente l'indirizzo è errato", "wrong_mailbox"),
        ("550 The sender's mailbox does not exist", "our_fault"),
        ("550 Returned to the sender because the user does not exist", "wrong_mailbox"),
        ("554 If this address is incorrect, please tell us", "spam_or_policy"),
    ],
)
def test_free_wording_is_understood_within_one_clause(diagnostic: str, expected: str) -> None:
    assert kind(diagnostic) == expected


def test_free_wording_names_the_rule_and_the_clause() -> None:
    _kind, reason = decide("failed", "5.0.0", "554 We are sorry, this user was deactivated by us. Good bye")
    assert (reason.rule, reason.words) == ("mailbox out of use", "this user was deactivated by us")


def test_for_now_free_wording_tells_of_a_full_mailbox_only() -> None:
    assert kind("451 This mailbox is locked by a backup") == "delivery_problem"
    assert kind("452 The mailbox of this user is full to the brim") == "mailbox_full"


def test_a_long_text_is_not_searched_for_free_wording() -> None:
    assert kind("554 " + "Further words, " * 100 + "this mailbox was switched off") == "spam_or_policy"


def test_a_receiving_hosts_own_code_is_believed_before_general_words() -> None:
    assert kind("554 Connection refused. AUP#IPBL0101") == "our_fault"
    assert kind("550 User unknown or message rejected. AUP#CXBL") == "our_fault"


def test_a_detail_that_no_registry_knows_counts_as_the_first_of_its_subject() -> None:
    assert kind("550 House rule 12", "5.7.931") == "spam_or_policy"
    assert kind("", "5.1.351") == "wrong_mailbox"


def test_every_verdict_of_free_wording_is_that_of_a_rule() -> None:
    names = {entry["name"] for entry in table("phrases")["clear"]}
    topics = [topic for topic in table("phrases")["wording"].values() if isinstance(topic, dict)]
    assert {verdict["rule"] for topic in topics for verdict in topic["verdict"]} <= names
    assert all(words == words.lower() for topic in topics for verdict in topic["verdict"] for words in verdict["words"])
