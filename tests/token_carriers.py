"""Mails that carry a link to a protocol, each in another place and encoding."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Callable
from email.header import Header
from urllib.parse import quote

LINK = "https://iprot.example/p/{}"
WEBER = "p.weber@planung-sued.exmaple"


def token(name: str) -> str:
    """22 letters, others in each place."""
    return (f"{name.title().replace(' ', '')}{'Q7xKvR2mZp9TcW4nYb8Lda'}")[:22]


def report(
    prose: str = "", diagnostic: str = "550 5.1.1 User unknown", returned: str = "", head: str = "", kind: str = ""
) -> bytes:
    """A report about Weber; `returned` is a part with its head."""
    kind = kind or "text/plain; charset=utf-8"
    back = f"--b\n{returned}\n" if returned else ""
    return (
        f"Return-Path: <>\nReceived: by mx.iprot.example; Mon, 02 Nov 2026 08:00:00 +0100\n{head}"
        "From: Mail Delivery System <MAILER-DAEMON@mx.iprot.example>\nTo: iprot@iprot.example\n"
        "Date: Mon, 02 Nov 2026 08:00:00 +0100\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: {kind}\n\nThis is the mail system.\n{prose}\n\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.iprot.example\n\n"
        f"Final-Recipient: rfc822; {WEBER}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; {diagnostic}\n\n"
        f"{back}--b--\n"
    ).encode()


def ours(head: str = "", body: str = "", kind: str = "text/plain; charset=utf-8") -> str:
    return (
        f"Content-Type: message/rfc822\n\nFrom: iprot <iprot@iprot.example>\nTo: {WEBER}\n{head}"
        f"Subject: Ihr Protokoll\nMIME-Version: 1.0\nContent-Type: {kind}\n\n{body}\n"
    )


def in_base64(octets: bytes, kind: str, head: str = "") -> str:
    return f"{head}Content-Type: {kind}\nContent-Transfer-Encoding: base64\n\n{base64.encodebytes(octets).decode()}"


def of_type(kind: str, octets: bytes, encoding: str = "base64") -> bytes:
    """A report whose prose is one encoded part."""
    coded = base64.encodebytes(octets) if encoding == "base64" else quopri.encodestring(octets)
    plain = report().partition(b"--b\nContent-Type: text/plain; charset=utf-8\n\n")
    after = plain[2].partition(b"\n--b\n")[2]
    head = f"--b\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n".encode()
    return plain[0] + head + coded + b"\n--b\n" + after


def soft_broken(link: str) -> str:
    """Quoted-printable that breaks the line inside the token, each `=` of the link encoded."""
    return f"Ihr Link:=20{link[:-9]}=\n{link[-9:]} fertig=\n."


def words_of(link: str, charset: str = "utf-8", length: int = 40) -> str:
    """Encoded words that part the link."""
    return Header(f"Für Sie: {link}", charset, maxlinelen=length).encode()


def _inner_report(link: str) -> bytes:
    return report(returned=ours(f"X-Link: {link}\n", link)).replace(b"--b", b"--inner").replace(b'"b"', b'"inner"')


def of_a_person(text: str, kind: str = "text/plain; charset=utf-8", encoding: str = "8bit") -> bytes:
    """What a customer wrote."""
    return (
        f"From: {WEBER}\nTo: support@iprot.example\nSubject: Re: Protokoll\nDate: Mon, 02 Nov 2026 08:00:00 +0100\n"
        f"MIME-Version: 1.0\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n{text}\n"
    ).encode()


def coded(octets: bytes) -> str:
    return base64.encodebytes(octets).decode()


Carrier = Callable[[str], bytes]
INNER = "From: iprot <iprot@iprot.example>\nTo: {}\nSubject: Ihr Protokoll\n\n{}\n"
CARRIERS: dict[str, Carrier] = {
    "subject": lambda link: report(head=f"Subject: Unzustellbar: {link}\n"),
    "subject in q words": lambda link: report(head=f"Subject: =?utf-8?q?Unzustellbar:_{link.replace('/', '=2F')}?=\n"),
    "subject in parted words": lambda link: report(head=f"Subject: {words_of(link)}\n"),
    "from": lambda link: report().replace(b"Mail Delivery System", f'"Mail {link}"'.encode()),
    "received": lambda link: report(
        head=f"Received: from x by y ({link}) with ESMTP; Mon, 02 Nov 2026 07:59:00 +0100\n"
    ),
    "own header": lambda link: report(head=f"X-Report-About: {link}\n"),
    "folded header": lambda link: report(head=f"X-Report-About: a\n {link}\n b\n"),
    "prose": lambda link: report(prose=f"It said:\n  > {link}\n"),
    "prose in html": lambda link: report(prose=f'<p>See <a href="{link}">here</a></p>', kind="text/html"),
    "prose in base64": lambda link: of_type("text/plain; charset=utf-8", f"Grüße, {link}".encode()),
    "prose in html in base64": lambda link: of_type("text/html; charset=utf-8", f'<a href="{link}">'.encode()),
    "prose in quoted printable": lambda link: of_type(
        "text/plain", (link * 1 + " ü" * 40).encode(), "quoted-printable"
    ),
    "prose in utf 16": lambda link: of_type("text/plain; charset=utf-16", f"Ihr Link {link}".encode("utf-16")),
    "prose in latin": lambda link: of_type("text/plain; charset=iso-8859-1", f"Für Sie {link}".encode("latin-1")),
    "diagnostic": lambda link: report(diagnostic=f"554 5.7.1 Blocked: {link} is on a list"),
    "redirector": lambda link: report(prose=f"https://safe.example/?url={quote(link, safe='')}&data=05"),
    "twice encoded": lambda link: report(prose=f"https://safe.example/?url={quote(quote(link, safe=''), safe='')}&d=1"),
    "another redirector": lambda link: report(
        prose=f"https://defend.example/v2/url?u={link.replace(':', '-3A').replace('/', '_')}&d=DwMFaQ"
    ),
    "without scheme": lambda link: report(prose=f"besuchen Sie {link.removeprefix('https://')}!"),
    "upper case host": lambda link: report(prose=link.replace("https://iprot.example", "HTTPS://IPROT.EXAMPLE")),
    "returned subject": lambda link: report(returned=ours(f"Subject: {link}\n")),
    "returned encoded subject": lambda link: report(returned=ours(f"Subject: {words_of(link)}\n")),
    "returned latin subject": lambda link: report(returned=ours(f"Subject: {words_of(link, 'iso-8859-1')}\n")),
    "returned header": lambda link: report(returned=ours(f"X-Protocol-Link: {link}\n")),
    "list unsubscribe": lambda link: report(returned=ours(f"List-Unsubscribe: <{link}/off>, <mailto:x@y.example>\n")),
    "returned body": lambda link: report(returned=ours(body=f"Ihr Protokoll: {link}.")),
    "returned html": lambda link: report(returned=ours(body=f'<a href="{link}">', kind="text/html")),
    "returned html text": lambda link: report(returned=ours(body=f"<p>Ihr Protokoll: {link}</p>", kind="text/html")),
    "returned soft break": lambda link: report(
        returned=ours(body=soft_broken(link), kind="text/plain\nContent-Transfer-Encoding: quoted-printable")
    ),
    "headers only": lambda link: report(
        returned=f"Content-Type: text/rfc822-headers\n\nFrom: iprot@iprot.example\nTo: {WEBER}\nX-Link: {link}\n"
    ),
    "encoded headers only": lambda link: report(
        returned=in_base64(f"From: iprot@iprot.example\nTo: {WEBER}\nX-Link: {link}\n".encode(), "text/rfc822-headers")
    ),
    "returned in base64": lambda link: report(
        returned=in_base64(INNER.format(WEBER, link).replace("\n", f"\nX-Link: {link}\n", 1).encode(), "message/rfc822")
    ),
    "attachment": lambda link: report(returned=in_base64(f"%PDF {link} \0\xff".encode("latin-1"), "application/pdf")),
    "inline in prose": lambda link: report(
        prose=f"------ This is a copy of your message. ------\n\nReceived: by x\nFrom: iprot@iprot.example\n"
        f"To: {WEBER}\nSubject: {link}\nMessage-ID: <x@iprot.example>\n\n{link}\n"
    ),
    "behind the end": lambda link: report() + f"\n{link}\n".encode(),
    "before the parts": lambda link: report().replace(b"--b\n", f"{link}\n--b\n".encode(), 1),
    "bounce in a bounce": lambda link: report(returned=in_base64(_inner_report(link), "message/rfc822")),
    "an answer of a person": lambda link: (
        f"From: {WEBER}\nTo: support@iprot.example\nSubject: Re: Protokoll\nDate: Mon, 02 Nov 2026 08:00:00 +0100\n"
        f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        f"{base64.encodebytes(f'Der Link {link} geht nicht.'.encode()).decode()}"
    ).encode(),
    "an attachment of a person": lambda link: (
        f"From: {WEBER}\nTo: support@iprot.example\nSubject: Protokoll\nDate: Mon, 02 Nov 2026 08:00:00 +0100\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nAnbei.\n'
        f"--b\n{in_base64(INNER.format(WEBER, link).encode(), 'message/rfc822')}\n--b--\n"
    ).encode(),
    "made harmless": lambda link: report(
        prose=f"Blocked: {link.replace('https', 'hxxps').replace('iprot.example', 'iprot[.]example')}"
    ),
    "dots as entities": lambda link: of_a_person(link.replace("iprot.example", "iprot&#46;example"), "text/html"),
    "slashes as entities": lambda link: of_a_person(link.replace("/", "&sol;").replace(":", "&colon;"), "text/html"),
    "slashes escaped": lambda link: of_a_person(link.replace("/", "\\/")),
    "with a port": lambda link: of_a_person(link.replace("iprot.example", "iprot.example:443")),
    "thrice encoded": lambda link: of_a_person(f"https://safe.example/?url={quote(quote(quote(link, safe='')))}"),
    "a line before it": lambda link: of_a_person(f"> {link.replace('/p/', '/p/' + chr(10) + '> ')}"),
    "a fold before it": lambda link: report(diagnostic=f"554 {link.replace('/p/', '/p/' + chr(10) + ' ')}"),
    "checked link in base64": lambda link: of_a_person(
        f"> https://eu.protection.example?d=iprot.example&u={base64.b64encode(link.encode()).decode()}&i=NjA"
    ),
    "diagnostic in base64": lambda link: report(
        diagnostic=f"554 https://check.example/x/{base64.b64encode(link.encode()).decode()} is on a list"
    ),
    "base64 in prose": lambda link: report(
        prose=f"The message was:\n\n{coded(f'Grüße, Ihr Protokoll: {link}'.encode())}"
    ),
    "base64 with a comment": lambda link: of_a_person(coded(f"siehe {link}".encode()), encoding="base64 (MIME)"),
    "odd name of utf 16": lambda link: of_a_person(
        coded(link.encode("utf-16")), "text/plain; charset=utf_16", "base64"
    ),
    "ucs 2": lambda link: of_a_person(coded(link.encode("utf-16-be")), "text/plain; charset=ucs-2", "base64"),
    "utf 16 and no word of it": lambda link: of_a_person(
        coded(f"a;b\r\n{link}".encode("utf-16")), "text/csv", "base64"
    ),
    "words in a status field": lambda link: report(diagnostic=words_of(link)),
    "words in returned headers": lambda link: report(
        returned="Content-Type: text/rfc822-headers\n\nFrom: iprot@iprot.example\n"
        f"To: {WEBER}\nX-Link: {words_of(link)}\n"
    ),
    "an automatic reply": lambda link: (
        f"From: {WEBER}\nTo: iprot@iprot.example\nSubject: Abwesend: {link}\nAuto-Submitted: auto-replied\n"
        f"Date: Mon, 02 Nov 2026 08:00:00 +0100\n\nIch bin nicht mehr im Unternehmen: neu@planung.example\n> {link}\n"
    ).encode(),
}
