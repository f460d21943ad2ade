"""The way into a server, shared by mailbox and post: secrets, TLS, an IMAP session, and what went wrong in words.

limits       how long and how much a server is believed   secrets    passwords and access tokens, when they are needed
encryption   TLS, and where it may be missing             bearer     the login by an access token
trouble      errors of network and server in words        folders    which folder is Drafts, which is Sent
session      IMAP, logged in                              keys       what signs the tokens in our mails

Secrets stand in no log and no error.
"""

from __future__ import annotations

from triage.login import limits
from triage.login.bearer import Bearer
from triage.login.encryption import refuse_clear_text, tls
from triage.login.folders import MailFolder
from triage.login.keys import token_keys
from triage.login.secrets import account, ask_with, is_missing, password, token
from triage.login.session import Folder, Imap
from triage.login.trouble import NeedsAPerson, ServerHungUp, ServerSaysNo, in_words

__all__ = [
    "Bearer",
    "Folder",
    "Imap",
    "MailFolder",
    "NeedsAPerson",
    "ServerHungUp",
    "ServerSaysNo",
    "account",
    "ask_with",
    "in_words",
    "is_missing",
    "limits",
    "password",
    "refuse_clear_text",
    "tls",
    "token",
    "token_keys",
]
