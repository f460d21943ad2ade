"""What may be stored of a bounce: everything but the bodies of returned messages."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from triage.bounces import kept, parse

MAILS = Path(__file__).parents[1] / "mails"
SECRET = "https://iprot.example/p/secret-token"
OURS = f"From: iprot@iprot.example\nTo: a@b.example\nMessage-ID: <d-1@iprot.example>\nReceived: x\n\nGrüße, {SECRET}\n"
STATUS = (
    "--B\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b.example\n"
    "Action: failed\nStatus: 5.1.1\n\n"
)


def report(part: str, prose: str = "Sorry.") -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n"
        f"Content-Type: multipart/report; report-type=delivery-status; boundary=B\n\n--B\n\n{prose}\n"
        f"{STATUS}{part}\n--B--\n"
    ).encode()


BASE64 = base64.encodebytes(OURS.encode()).decode()
QP = OURS.replace("=", "=3D").replace("ü", "=C3=BC").replace("ß", "=C3=9F")
RETURNED = {
    "as a message": f"--B\nContent-Type: message/rfc822\n\n{OURS}",
    "as headers with a body": f"--B\nContent-Type: text/rfc822-headers\n\n{OURS}",
    "in base64": f"--B\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{BASE64}",
    "in quoted-printable": f"--B\nContent-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n{QP}",
    "internationalised": f"--B\nContent-Type: message/global\n\n{OURS}",
    "as text": f"--B\nContent-Type: text/plain\n\n{OURS}",
    "as a file": f"--B\nContent-Type: application/octet-stream; name=original.eml\n\n{OURS}",
    "behind the last part": f"--B--\n\n{OURS}",
}


@pytest.mark.parametrize("how", RETURNED)
def test_the_body_of_a_returned_message_is_not_kept(how: str) -> None:
    raw = report(RETURNED[how])
    assert SECRET.encode() not in kept(raw)
    assert parse(kept(raw)).failures == parse(raw).failures


@pytest.mark.parametrize("how", [how for how in RETURNED if not how.startswith(("as a file", "behind"))])
def test_the_headers_of_a_returned_message_are_kept(how: str) -> None:
    bounce = parse(kept(report(RETURNED[how])))
    assert bounce.original_message_id == "<d-1@iprot.example>"
    assert bounce.returned is not None
    assert bounce.returned.text == ""


@pytest.mark.parametrize("encoding", ["8bit", "base64"])
def test_a_message_inside_the_text_loses_its_body_too(encoding: str) -> None:
    text = f"<a@b.example>:\nno such user\n\n--- Below this line is a copy of the message.\n\n{OURS}"
    body = text if encoding == "8bit" else base64.encodebytes(text.encode()).decode()
    raw = (
        "From: MAILER-DAEMON@mx.example\nSubject: failure notice\nContent-Type: text/plain; charset=utf-8\n"
        f"Content-Transfer-Encoding: {encoding}\n\n{body}"
    ).encode()
    assert SECRET.encode() not in kept(raw)
    assert parse(kept(raw)).failures == parse(raw).failures
    assert parse(kept(raw)).original_message_id == "<d-1@iprot.example>"


def test_ordinary_mail_is_kept_as_it_is() -> None:
    raw = b"From: Sabine <s@kunde.example>\nSubject: Frage\n\nFrom: x\nTo: y\nReceived: z\n\nHallo\n"
    assert kept(raw) == raw


@pytest.mark.parametrize("path", sorted(MAILS.glob("*/*.eml")), ids=lambda path: path.stem)
def test_what_is_kept_says_the_same_as_the_whole(path: Path) -> None:
    raw = path.read_bytes()
    whole, part = parse(raw), parse(kept(raw))
    assert part.failures == whole.failures
    assert (part.kind, part.original_message_id) == (whole.kind, whole.original_message_id)
    assert kept(kept(raw)) == kept(raw)


def test_line_ends_stay_as_they_are() -> None:
    raw = report(RETURNED["as a message"]).replace(b"\n", b"\r\n")
    assert kept(raw).count(b"\n") == kept(raw).count(b"\r\n")


@pytest.mark.parametrize("encoding", ["8bit", "base64"])
def test_a_link_that_only_html_holds_is_read_of_a_returned_mail_and_not_kept(encoding: str) -> None:
    html = f'<p>Guten Tag,</p><p><a class="button" href="{SECRET}&amp;x=1">Zum Protokoll</a></p>'
    body = html if encoding == "8bit" else base64.encodebytes(html.encode()).decode()
    head = f"Content-Type: text/html\nContent-Transfer-Encoding: {encoding}\n"
    raw = report(f"--B\nContent-Type: message/rfc822\n\n{head}{OURS.partition('Grüße')[0]}{body}")
    bounce = parse(raw)
    assert bounce.returned is not None
    assert bounce.returned.text.split() == [f"{SECRET}&x=1", "Guten", "Tag,", "Zum", "Protokoll"]
    assert SECRET.encode() not in kept(raw)


@pytest.mark.parametrize("kind", ["application/pdf", "application/gzip", "image/png", "application/octet-stream"])
def test_of_a_persons_mail_no_files_are_kept(kind: str) -> None:
    file = base64.encodebytes(b"\x1f\x8b" + SECRET.encode()).decode()
    head = "From: Sabine <s@kunde.example>\nSubject: Frage\nContent-Type: multipart/mixed; boundary=B\n\n"
    said = "--B\nContent-Type: text/plain\n\nAnbei.\n"
    raw = f"{head}{said}--B\nContent-Type: {kind}\nContent-Transfer-Encoding: base64\n\n{file}\n--B--\n".encode()
    assert file.encode() not in kept(raw)
    assert said.encode() in kept(raw)
    assert kept(kept(raw)) == kept(raw)
    assert parse(kept(raw)).kind is parse(raw).kind


def test_a_message_inside_an_encoded_one_is_not_cut_out_of_the_wrong_text() -> None:
    inner = f"From: a@b.example\nSubject: x\nContent-Type: message/rfc822\n\n{OURS}"
    coded = base64.encodebytes(inner.encode()).decode()
    raw = (
        "From: MAILER-DAEMON@mx.example\nSubject: Undelivered Mail Returned to Sender\n"
        f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{coded}"
    ).encode()
    assert kept(raw) == raw
