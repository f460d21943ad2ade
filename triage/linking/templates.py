"""Return paths and Message-IDs of ours, as the settings write them: "<{number}.{token}@iprot.example>".

{number}     the protocol's number
{recipient}  the address the mail went to, with "=" for its "@"
{delivery}   what stands before the "@" in the mail's Message-ID
{token}      the signature over number and recipient (`triage.tokens`)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from triage import address, tokens

PLACEHOLDERS = {
    "number": r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,60}[A-Za-z0-9])?",
    "recipient": r"[^@\s<>]{1,200}=[^@\s<>=]{1,250}",
    "delivery": r"[^@\s<>]{1,200}",
    "token": rf"[0-9A-Fa-f]{{{tokens.FEWEST_DIGITS},64}}",
}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Tag:
    """What a return path or Message-ID of our form says. Anybody can write one: only a valid token proves it."""

    written: str
    number: str = ""
    recipient: str = ""
    """The key of the address."""
    delivery: str = ""
    token: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """The form itself."""

    regex: re.Pattern[str]
    is_signed: bool

    def read(self, written: str) -> Tag | None:
        """What `written`, an address or a Message-ID with or without its brackets, says; None if not of this form."""
        bare = written[:1_000].strip().strip("<>")
        found = self.regex.fullmatch(bare)
        if found is None:
            return None
        parts = found.groupdict()
        local, _equals, domain = parts.get("recipient", "").rpartition("=")
        recipient = address.parse(f"{local}@{domain}").key if local else ""
        return Tag(bare, parts.get("number", ""), recipient, parts.get("delivery", ""), parts.get("token", ""))


def template(written: str) -> Template | None:
    """The settings' form compiled; None for "". Upper and lower case count alike: some servers change it."""
    bare = written.strip().strip("<>")
    if not bare:
        return None
    pieces = PLACEHOLDER.split(bare)
    regex, seen = re.escape(pieces[0]), set[str]()
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        regex += f"(?P={name})" if name in seen else f"(?P<{name}>{PLACEHOLDERS[name]})"
        regex += re.escape(text)
        seen.add(name)
    return Template(re.compile(regex, re.IGNORECASE), "token" in seen)
