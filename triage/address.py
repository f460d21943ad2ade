"""Addresses: as written, and the key under which two spellings are one address.

Key: NFC, trimmed, lower case, needless quotes gone, domain by UTS46/IDNA2008 without transitional mapping (so that
straße.de and strasse.de stay two domains). Never `casefold()`, which turns ß into ss. What people mistype makes IDNA
raise, and is the very thing this program is for: it keeps its text as key, with its fault named.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from triage.model import Address, AddressFault
from triage.text import valid

LONGEST = 320
"""64 octets of local part, `@`, 255 of domain: RFC 5321, 4.5.3.1."""

_DOT_ATOM = re.compile(r"[^\s\x00-\x20\"(),:;<>@\[\\\].\x7f]+(?:\.[^\s\x00-\x20\"(),:;<>@\[\\\].\x7f]+)*")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LITERAL = re.compile(r"\[(?:ipv6:)?[0-9a-f:.]+\]")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


@lru_cache(maxsize=8192)
def parse(written: str) -> Address:
    """What a person or a report wrote, as an `Address`; a key is its own key. Never raises."""
    shown = valid(written).replace("\0", "").strip()
    while shown.startswith("<") and shown.endswith(">"):
        shown = shown[1:-1].strip()
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", shown).lower())  # lower() may leave NFC
    local, at, domain = text.rpartition("@")
    if not at:
        return Address(shown, text, AddressFault.NO_AT)
    fault = _local_fault(local)
    local = _without_needless_quotes(local)
    domain = domain.removesuffix(".")
    ascii_domain = _ascii_domain(domain)
    if fault is None and ascii_domain is None:
        fault = _domain_fault(domain)
    key = f"{local}@{domain if ascii_domain is None else ascii_domain}"
    if fault is None and (len(key) > LONGEST or len(local.encode()) > 64):
        fault = AddressFault.TOO_LONG
    return Address(shown, key if fault is None else text, fault)


def _without_needless_quotes(local: str) -> str:
    if not _QUOTED.fullmatch(local):
        return local
    inner = re.sub(r"\\(.)", r"\1", local[1:-1])
    return inner if _DOT_ATOM.fullmatch(inner) else local


def _local_fault(local: str) -> AddressFault | None:
    if not local:
        return AddressFault.EMPTY_LOCAL
    if _DOT_ATOM.fullmatch(local) or _QUOTED.fullmatch(local):
        return None
    return AddressFault.SPACE if any(c.isspace() for c in local) else AddressFault.BAD_LOCAL


def _domain_fault(domain: str) -> AddressFault:
    if not domain:
        return AddressFault.EMPTY_DOMAIN
    return AddressFault.SPACE if any(c.isspace() for c in domain) else AddressFault.BAD_DOMAIN


@lru_cache(maxsize=8192)
def _ascii_domain(domain: str) -> str | None:
    """The A-label form, or None if nobody could look it up."""
    if len(domain) <= 253 and _HOST.fullmatch(domain) and "xn--" not in domain:
        return domain
    if _LITERAL.fullmatch(domain):
        return domain
    import idna  # here: pure ASCII, the common case, needs none of its tables

    try:
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii").removesuffix(".")
    except (idna.IDNAError, UnicodeError, ValueError, IndexError):
        return None
