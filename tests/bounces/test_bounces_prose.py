"""Reports without a part for machines: each family of mail servers writes its own."""

from __future__ import annotations

import pytest

from triage.bounces import parse
from triage.bounces.addresses import in_text
from triage.model import Bounce, Kind

DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.planung.example>"
RETURNED = """
Received: from app.iprot.example (192.0.2.10) by mx.planung.example; Mon, 16 Nov 2026 08:00:00 +0100
From: iProt <iprot@iprot.example>
To: anyone@planung.example
Subject: Protokoll 2026-0815
Message-ID: <d-1@iprot.example>

Guten Tag, das Protokoll liegt bereit.
"""


def mail(
    text: str, subject: str = "Undelivered Mail Returned to Sender", sender: str = DAEMON, head: str = ""
) -> bytes:
    return (
        f"From: {sender}\nTo: support@iprot.example\nSubject: {subject}\n{head}MIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}"
    ).encode()


def said(bounce: Bounce) -> list[tuple[str, Kind]]:
    return [(failure.address.written, failure.kind) for failure in bounce.failures]


FAMILIES: dict[str, tuple[bytes, list[tuple[str, str]]]] = {
    "Postfix": (
        mail(
            "This is the mail system at host mx.planung.example.\n\n"
            "For further assistance, please send mail to <postmaster@planung.example>\n\n"
            "<p.weber@firma.example>: host mx.firma.example[192.0.2.7] said: 550 5.1.1\n"
            "    <p.weber@firma.example>: Recipient address rejected: User unknown (in reply\n"
            "    to RCPT TO command)\n\n"
            "<k.maier@firma.example>: host mx.firma.example[192.0.2.7] said: 552 5.2.2 Mailbox\n    is full\n"
        ),
        [("p.weber@firma.example", "wrong_mailbox"), ("k.maier@firma.example", "mailbox_full")],
    ),
    "Postfix, an address it could not even send to": (
        mail("<p.weber@firma,de>: bad address syntax\n"),
        [("p.weber@firma,de", "wrong_mailbox")],
    ),
    "Exim": (
        mail(
            "This message was created automatically by mail delivery software.\n\n"
            "A message that you sent could not be delivered to one or more of its\n"
            "recipients. This is a permanent error. The following address(es) failed:\n\n"
            "  bau@huber.example\n    Unrouteable address\n"
            "  info@firma.example\n    (generated from team@planung.example)\n"
            "    SMTP error from remote mail server after RCPT TO:<info@firma.example>:\n"
            "    550 Unrouteable address\n\n"
            "------ This is a copy of the message, including all the headers. ------\n" + RETURNED
        ),
        [("bau@huber.example", "wrong_domain"), ("team@planung.example", "wrong_mailbox")],
    ),
    "Exim, our side refused": (
        mail(
            "The following address(es) failed:\n\n  a@b.example\n"
            "    SMTP error from remote mail server after MAIL FROM:<iprot@iprot.example> SIZE=1543:\n"
            "    550 Sender domain does not exist\n"
        ),
        [("a@b.example", "our_fault")],
    ),
    "Sendmail": (
        mail(
            "   ----- The following addresses had permanent fatal errors -----\n<k@huber.example>\n"
            "    (expanded from: <team@huber.example>)\n\n   ----- Transcript of session follows -----\n"
            "... while talking to mx.huber.example:\n>>> RCPT To:<k@huber.example>\n<<< 550 User unknown\n",
            "Returned mail: see transcript for details",
        ),
        [("team@huber.example", "wrong_mailbox")],
    ),
    "qmail": (
        mail(
            "Hi. This is the qmail-send program at mx.planung.example.\n"
            "I'm afraid I wasn't able to deliver your message to the following addresses.\n\n"
            "<info@firma.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
            "--- Below this line is a copy of the message.\n" + RETURNED,
            "failure notice",
        ),
        [("info@firma.example", "wrong_mailbox")],
    ),
    "Exchange in German": (
        mail(
            "Fehler bei der Nachrichtenzustellung an folgende Empfänger oder Gruppen:\n\n"
            "Petra Weber (p.weber@firma.example)\nDie eingegebene E-Mail-Adresse konnte nicht gefunden werden.\n\n"
            "Diagnoseinformationen für Administratoren:\n\nGenerierender Server: ex01.firma.example\n\n"
            "p.weber@firma.example\n#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##\n\n"
            "Ursprüngliche Nachrichtenkopfzeilen:\n" + RETURNED,
            "Unzustellbar: Protokoll 2026-0815",
            "Microsoft Outlook <MicrosoftExchange329e@firma.example>",
        ),
        [("p.weber@firma.example", "wrong_mailbox")],
    ),
    "Exchange in German, full": (
        mail(
            "Die Übermittlung an folgende Empfänger oder Verteilerlisten ist fehlgeschlagen:\n\n"
            "'h.maier@firma.example'\n"
            "Der Posteingang des Empfängers ist voll und kann zurzeit keine Nachrichten annehmen.\n",
            "Unzustellbar: Protokoll",
            "postmaster@firma.example",
        ),
        [("h.maier@firma.example", "mailbox_full")],
    ),
    "Exchange 2003 in German": (
        mail(
            "Ihre Nachricht\n\n  An:      k.huber@firma.example\n  Betreff: Protokoll\n\n"
            "konnte folgende(n) Empfänger nicht erreichen:\n\n      'k.huber@firma.example' am 16.11.2026 08:01\n"
            "            Das E-Mail-Konto ist bei dieser Organisation nicht vorhanden.\n",
            "Unzustellbar: Protokoll",
            "Systemadministrator <postmaster@firma.example>",
        ),
        [("k.huber@firma.example", "wrong_mailbox")],
    ),
    "Exchange 2003, names only": (
        mail(
            "Your message\n\n  To:      k.huber@firma.example\n  Subject: Minutes\n  Sent:    Mon, 16 Nov 2026\n\n"
            "did not reach the following recipient(s):\n\nHuber, Karl on Mon, 16 Nov 2026 08:00:00 +0100\n"
            "    The recipient name is not recognized\n",
            "Undeliverable: Minutes",
            "System Administrator <postmaster@firma.example>",
        ),
        [("k.huber@firma.example", "wrong_mailbox")],
    ),
    "Domino": (
        mail(
            "Your message\n\n  Subject: Protokoll\n\nwas not delivered to:\n\n  anna@notes.example\n\nbecause:\n\n"
            "  User anna (anna@notes.example) not listed in Domino Directory\n",
            "DELIVERY FAILURE: User anna (anna@notes.example) not listed in Domino Directory",
        ),
        [("anna@notes.example", "wrong_mailbox")],
    ),
    "Domino in German": (
        mail(
            "Ihre Nachricht\n\n  Betreff: Protokoll\n\nwurde nicht zugestellt an:\n\n  anna@notes.example\n\nwegen:\n\n"
            "  Benutzer anna nicht im Domino-Verzeichnis aufgeführt\n",
            "ZUSTELLUNGSFEHLER: Benutzer nicht im Domino-Verzeichnis aufgeführt",
        ),
        [("anna@notes.example", "wrong_mailbox")],
    ),
    "Gmail": (
        mail(
            "Delivery to the following recipient failed permanently:\n\n     bau@huber.example\n\n"
            "Technical details of permanent failure:\nGoogle tried to deliver your message, but it was rejected by the "
            "server for the recipient domain huber.example by mx.huber.example.\n\n"
            "The error that the other server returned was:\n550 5.1.1 No such user\n\n----- Original message -----\n"
            + RETURNED,
            "Delivery Status Notification (Failure)",
            head="X-Failed-Recipients: bau@huber.example\n",
        ),
        [("bau@huber.example", "wrong_mailbox")],
    ),
    "GMX and WEB.DE": (
        mail(
            "A message that you sent could not be delivered to one or more of\nits recipients. This is a permanent "
            'error. The following address\nfailed:\n\n"info@huber.example":\nSMTP error from remote server after RCPT '
            "command:\nhost: mx.huber.example\n5.1.1 User unknown\n\n"
            "--- The header of the original message is following. ---\n" + RETURNED,
            "Mail delivery failed: returning message to sender",
        ),
        [("info@huber.example", "wrong_mailbox")],
    ),
    "T-Online": (
        mail(
            "|------------------------- Message log follows: -------------------------|\n"
            " no valid recipients were found for this message\n"
            "|------------------------- Failed addresses follow: ---------------------|\n"
            " <karl@huber.example> ... 550 user unknown\n"
            "|------------------------- Message text follows: ------------------------|\n" + RETURNED
        ),
        [("karl@huber.example", "wrong_mailbox")],
    ),
    "IONOS": (
        mail("The following address failed:\n\n<bau@gmbh.example>:\n Host gmbh.example: Domain has no MX record\n"),
        [("bau@gmbh.example", "wrong_domain")],
    ),
    "Strato": (
        mail(
            "Ihre E-Mail konnte nicht zugestellt werden.\nEmpfänger: mueller@planung.example\n"
            "Grund: 552 5.2.2 Das Postfach ist voll\n",
            "Unzustellbare E-Mail",
        ),
        [("mueller@planung.example", "mailbox_full")],
    ),
    "OpenSMTPD": (
        mail(
            "    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n"
            "    An error has occurred while attempting to deliver a message for\n"
            "    the following list of recipients:\n\n"
            "bau@huber.example: 550 5.1.1 User unknown\n\n    Below is a copy of the original message:\n" + RETURNED,
            "Delivery status notification: failed",
        ),
        [("bau@huber.example", "wrong_mailbox")],
    ),
    "DragonFly": (
        mail(
            "This is the DragonFly Mail Agent v0.13 at df.example.\n\nThere was an error delivering your mail to "
            "<a@nowhere.example>.\n\nDNS lookup failure: host nowhere.example not found\n\nMessage headers follow.\n"
            + RETURNED,
            "Mail delivery failed",
        ),
        [("a@nowhere.example", "wrong_domain")],
    ),
    "hMailServer": (
        mail(
            "Your message did not reach some or all of the intended recipients.\n\n   Subject: Protokoll\n\n"
            "The following recipient(s) could not be reached:\n\nbau@huber.example\n   Error Type: SMTP\n"
            "   Remote server replied: 550 5.1.1 User unknown\n",
            "Message undeliverable: Protokoll",
        ),
        [("bau@huber.example", "wrong_mailbox")],
    ),
    "Zoho": (
        mail(
            "A message that you sent could not be delivered to one or more of its recipients.\n\n"
            "bau@huber.example Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 User Unknown\n",
            "Mail Delivery Status Notification",
        ),
        [("bau@huber.example", "wrong_mailbox")],
    ),
    "MDaemon": (
        mail(
            "The attached message could NOT be delivered.\n\nSession Transcript:\n\n  550 5.1.1 User unknown\n\n"
            "Failed address: bau@huber.example\n",
            "Permanent Delivery Failure",
        ),
        [("bau@huber.example", "wrong_mailbox")],
    ),
    "HTML alone": (
        mail(
            "<html><head><style>p {}</style></head><body><p>Fehler bei der Nachrichtenzustellung an folgende Empfänger "
            'oder Gruppen:</p><p><a href="mailto:bau@huber.example">bau@huber.example</a><br>'
            "Das Postfach des Empf&auml;ngers ist voll.</p></body></html>",
            "Unzustellbar: Protokoll",
        ).replace(b"text/plain", b"text/html"),
        [("bau@huber.example", "mailbox_full")],
    ),
    "a delay": (
        mail(
            "A message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 "
            "hours.\n\nThe address to which the message has not yet been delivered is:\n\n  bau@huber.example\n    "
            "Connection timed out\n\n"
            "No action is required on your part. Delivery attempts will continue for\nsome time.",
            "Warning: message 1abc delayed 24 hours",
        ),
        [("bau@huber.example", "delayed")],
    ),
    "a delay in German": (
        mail(
            "Ihre Nachricht an folgende Empfänger konnte noch nicht zugestellt werden:\n\n  bau@huber.example\n\n"
            "Weitere Zustellversuche folgen.",
            "Zustellung verzögert",
        ),
        [("bau@huber.example", "delayed")],
    ),
    "an SMTP dialogue, refused as a whole": (
        mail(
            "Transcript of session follows.\n\n In:  MAIL FROM:<iprot@iprot.example>\n Out: 250 2.1.0 Ok\n"
            " In:  RCPT TO:<bau@huber.example>\n Out: 250 2.1.5 Ok\n In:  DATA\n Out: 354 End data\n"
            " Out: 451 4.3.0 Error: queue file write error\n",
            "Postfix SMTP server: errors from localhost[127.0.0.1]",
        ),
        [("bau@huber.example", "delivery_problem")],
    ),
    "a bounce that a customer passed on": (
        mail(
            "Das kam zurück, bitte prüfen.\n\n-----Ursprüngliche Nachricht-----\n"
            "Von: Mail Delivery System <MAILER-DAEMON@mx.kunde.example>\nGesendet: Montag, 16. November 2026 08:01\n"
            "An: Klein, Sabine\nBetreff: Undelivered Mail Returned to Sender\n\n"
            "<bau@huber.example>: host mx.huber.example[192.0.2.9] said: 550 5.1.1\n    User unknown\n",
            "WG: Undelivered Mail Returned to Sender",
            "Sabine Klein <s.klein@kunde.example>",
        ),
        [("bau@huber.example", "wrong_mailbox")],
    ),
    "a bounce that was quoted": (
        mail(
            "FYI\n\nBegin forwarded message:\n\n> From: Mail Delivery Subsystem <MAILER-DAEMON@mx.kunde.example>\n"
            "> Subject: Returned mail: see transcript for details\n> Date: Mon, 16 Nov 2026 08:00:00 +0100\n"
            "> Message-Id: <x@mx.kunde.example>\n>\n"
            ">    ----- The following addresses had permanent fatal errors -----\n"
            "> <bau@huber.example>\n>     (reason: 550 5.1.1 User unknown)\n>\n",
            "Fwd: Returned mail: see transcript for details",
            "Sabine Klein <s.klein@kunde.example>",
        ),
        [("bau@huber.example", "wrong_mailbox")],
    ),
    "Amazon SES by way of SNS": (
        mail(
            '{"Type": "Notification", "Message": "{\\"notificationType\\":\\"Bounce\\",\\"bounce\\":'
            '{\\"bouncedRecipients\\":[{\\"emailAddress\\":\\"bau@huber.example\\",\\"action\\":\\"failed\\",'
            '\\"status\\":\\"5.1.1\\",\\"diagnosticCode\\":\\"smtp; 550 5.1.1 user unknown\\"}]}}"}',
            "AWS Notification Message",
            "SES <no-reply@sns.example>",
        ),
        [("bau@huber.example", "wrong_mailbox")],
    ),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_report_for_people_is_understood(family: str) -> None:
    raw, expected = FAMILIES[family]
    assert said(parse(raw)) == [(address, Kind(kind)) for address, kind in expected]


def test_every_family_that_returns_our_mail_names_it() -> None:
    for family, (raw, _expected) in FAMILIES.items():
        if b"Message-ID: <d-1@iprot.example>" in raw:
            bounce = parse(raw)
            assert bounce.original_message_id == "<d-1@iprot.example>", family
            assert bounce.returned is not None
            assert bounce.returned.subject == "Protokoll 2026-0815"


def test_the_first_address_and_the_one_it_was_forwarded_to_are_both_kept() -> None:
    failure = parse(FAMILIES["Exim"][0]).failures[1]
    assert (failure.address.written, failure.final_recipient) == ("team@planung.example", "info@firma.example")


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        (
            "S. Klein <s.klein@kunde.example>",
            "Re: Protokoll",
            "Die Mail an bau@huber.example kam als unzustellbar zurück.",
        ),
        ("News <news@shop.example>", "Postfach voll?", "Ihr Postfach ist voll? <a@b.example> 550 5.1.1 user unknown"),
        (
            "DHL <noreply@parcels.example>",
            "Ihre Sendung konnte nicht zugestellt werden",
            "Fragen: info@parcels.example",
        ),
        ("Karl Post <postmaster@kunde.example>", "Frage zum Protokoll", "Bitte an k.post@kunde.example schicken."),
    ],
)
def test_ordinary_mail_is_no_bounce(sender: str, subject: str, text: str) -> None:
    bounce = parse(mail(text, subject, sender))
    assert (bounce.kind, bounce.failures) == (Kind.NOT_BOUNCE, ())


def test_a_report_that_names_nobody_is_left_to_a_person() -> None:
    bounce = parse(mail("Your mail could not be delivered."))
    assert (bounce.kind, bounce.failures) == (Kind.UNCLEAR, ())
    assert bounce.reason.rule == "a report that names nobody"


@pytest.mark.parametrize(
    "text",
    [
        "   ----- Transcript of session follows -----\n"
        ">>> RCPT To:<k@huber.example> ORCPT=rfc822;team+40planung.example\n<<< 550 User unknown\n",
        "The following address(es) failed:\n\n  k@huber.example\n    SMTP error from remote mail server after\n"
        "    RCPT TO:<k@huber.example> ORCPT=rfc822;team@planung.example:\n    550 User unknown\n",
    ],
)
def test_the_original_recipient_named_in_a_dialogue_wins(text: str) -> None:
    [failure] = parse(mail(text)).failures
    assert failure.address.written == "team@planung.example"
    assert failure.final_recipient == "k@huber.example"


def test_more_than_500_recipients_in_a_list_for_people_are_named_as_a_fault() -> None:
    entries = "".join(f"  u{number}@firma.example\n    550 User unknown\n" for number in range(501))
    bounce = parse(mail("The following address(es) failed:\n\n" + entries))
    assert len(bounce.failures) == 500
    assert "too many recipients" in bounce.faults


def test_500_recipients_in_a_list_are_no_fault() -> None:
    entries = "".join(f"  u{number}@firma.example\n    550 User unknown\n" for number in range(500))
    bounce = parse(mail("The following address(es) failed:\n\n" + entries))
    assert (len(bounce.failures), bounce.faults) == (500, ())


def test_commas_and_addresses_in_quoted_names_are_no_recipients() -> None:
    assert in_text('"Weber, Paul" <p.weber@a.example>, "privat@b.example, Maier" <k.maier@b.example>') == [
        "p.weber@a.example",
        "k.maier@b.example",
    ]
    assert in_text('"a@b.example" is not an address, "x y"@b.example is') == ["a@b.example", '"x y"@b.example']


def test_an_apostrophe_as_word_processors_set_it_is_read_outside_addresses() -> None:
    [failure] = parse(mail("Your message to p.o\u2019neil@firma.example couldn\u2019t be delivered.")).failures
    assert failure.address.written == "p.o\u2019neil@firma.example"


def test_each_text_of_a_mail_may_be_a_report_by_itself() -> None:
    mail = (
        "From: MAILER-DAEMON@mx.example\nTo: support@iprot.example\nSubject: Undeliverable mail, 2 reports\n"
        'Content-Type: multipart/mixed; boundary="B"\n\n--B\n\n'
        "The following address failed:\n\n  <anna@bau.example>: 550 5.1.1 User unknown\n--B\n\n"
        "Delivery to the following recipient failed permanently:\n\n     kurt@werk.example\n\n"
        "550 5.2.2 mailbox full\n--B--\n"
    )
    found = {failure.address.written: failure.kind for failure in parse(mail.encode()).failures}
    assert found == {"anna@bau.example": Kind.WRONG_MAILBOX, "kurt@werk.example": Kind.MAILBOX_FULL}
