"""The server's folders: what each is for, and names that people and servers write."""

from __future__ import annotations

import pytest
from servers.dovecot import TestMailbox
from servers.script import running_script

from triage import login, mailbox
from triage.config import Mailbox, Settings
from triage.errors import SourceError
from triage.login.folders import MailFolder, with_guesses
from triage.mailbox import FolderSeen


def guessed(*names: str, delimiter: str = "/") -> dict[str, str]:
    """Use to folder, of folders that the server does not mark."""
    found = with_guesses(MailFolder(name, delimiter) for name in names)
    assert all(folder.is_guessed for folder in found if folder.use)
    return {folder.use: folder.name for folder in found if folder.use}


@pytest.mark.parametrize(
    ("names", "drafts", "sent"),
    [
        (("INBOX", "Entwürfe", "Gesendete Elemente"), "Entwürfe", "Gesendete Elemente"),
        (("INBOX", "INBOX/Drafts", "INBOX/Sent Messages"), "INBOX/Drafts", "INBOX/Sent Messages"),
        (("GESENDET", "Archiv/Gesendet", "entwu\u0308rfe"), "entwu\u0308rfe", "GESENDET"),
        (("Kunden/Sent", "Gesendete Objekte"), None, "Gesendete Objekte"),
        (("Sent", "Gesendet"), None, "Sent"),
        (("Postausgang", "Nicht gesendet", "Sentinel"), None, None),
    ],
)
def test_drafts_and_sent_are_guessed_by_the_usual_names(
    names: tuple[str, ...], drafts: str | None, sent: str | None
) -> None:
    assert guessed(*names) == {use: name for use, name in (("Drafts", drafts), ("Sent", sent)) if name}


def test_what_the_server_marks_is_not_guessed() -> None:
    marked = [
        MailFolder("Versandt", "/", "Sent"),
        MailFolder("Sent", "/"),
        MailFolder("Drafts", "/", can_be_opened=False),
    ]
    assert with_guesses(marked) == marked


def test_folders_are_listed_with_their_use_and_how_many_messages_they_hold(dovecot: TestMailbox) -> None:
    with dovecot.client() as client:
        client.create_folder("Rückläufer")
        client.create_folder("Kunden.Müller & Söhne")
    dovecot.put(b"Subject: x\r\n\r\n", b"Subject: y\r\n\r\n", folder="Rückläufer")
    source = mailbox.open_source(dovecot.settings())
    folders = {folder.name: folder for folder in source.folders()}
    source.close()
    assert folders["Rückläufer"] == FolderSeen("Rückläufer", "", False, 2)
    assert folders["Sent"] == FolderSeen("Sent", "Sent", False, 0)
    assert folders["Drafts"].use == "Drafts"
    assert "Kunden.Müller & Söhne" in folders
    assert "Kunden" not in folders, "nobody can open it"


def test_a_name_that_is_no_utf_7_hides_no_other_and_guessed_folders_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIAGE_PASSWORD", "geheim")
    folders = (
        b'* LIST (\\HasNoChildren) "/" "INBOX"\r\n'
        b'* LIST (\\HasNoChildren) "/" "&A-\x1b]0;x"\r\n'
        b'* LIST (\\HasNoChildren) "/" "Entw&APw-rfe"\r\n'
        b'* LIST (\\Noselect) "/" "Gesendet"\r\n'
        b"TAG OK done\r\n"
    )
    lines = [
        b"* OK hi\r\n",
        b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n",
        b"TAG OK in\r\n",
        folders,
        folders,
    ]
    with running_script(lines) as (port, _heard):
        server = Mailbox(host="127.0.0.1", user="s", tls="none", port=port)
        session = login.Imap(server, Settings(mailbox=server), SourceError)
        listed = session.folders()
        assert session.special("Drafts") == "Entwürfe", "only its name betrays it"
        session.close()
    assert [folder.name for folder in listed if folder.can_be_opened] == ["INBOX", "Entwürfe"]
    assert [(folder.name, folder.use) for folder in listed if folder.use] == [("Entwürfe", "Drafts")]
