"""What counts as an address in a report, and which of several the sender wrote."""

from __future__ import annotations

import re

from triage.text import valid

LONGEST = 320

_ADDRESS_TYPE = re.compile(
    r"\s*+(?:rfc-?822|utf-8|smtp|orrfc822|unknown|x-local|local|system|dns|x-unix|x400)\s*+;\s*+", re.I
)
_NOT_LOCAL = r"\s\"(),:;<>@\[\]\\\\"
ADDRESS = (
    rf"(?:\"(?:[^\"\\\n]|\\.){{1,64}}\"|[^{_NOT_LOCAL}'][^{_NOT_LOCAL}]{{0,127}})"
    r"@(?:\[[0-9a-fA-F:.]{3,60}\]|[^\s\"'(),:;<>@\[\]\\|`*=]{1,254})"
)
"""A pattern for an address within a text: quoted local parts and umlauts too; the domain needs no dot."""
_LOOSE = re.compile(ADDRESS)

_USUAL = r"[A-Za-z0-9!#$%&*+/?^_{|}~.=-]{1,64}+@[A-Za-z0-9-]{1,63}+(?:\.[A-Za-z0-9-]{1,63}+){1,4}+"
_TYPED = re.compile(rf"\s*+(?:(?i:rfc822)\s*+;\s*+)?(?:({_USUAL})|<({_USUAL})>)\s*+")
_NAMED = re.compile(rf"({_USUAL})|[^<>@]{{0,200}}<({_USUAL})>")
"""Nearly all values of fields: what the rest of this module would find in them, found at once."""

_QUOTED_NAME = re.compile(r"\"(?:[^\"\\\n]|\\.){0,200}+\"\s*+(?=<[^<>\s@]{1,128}@[^<>\s]{1,255}>)")
"""A name before its address, which may hold commas and addresses of its own."""

_XTEXT = re.compile(r"\+([2-7][0-9A-F])")
_TEXTUAL_ESCAPE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_SRS0 = re.compile(r"SRS0[=+-][^=]+=[^=]+=([^=@]+)=([^@]+)@.*", re.I)
_SRS1 = re.compile(r"SRS1[=+-][^=]+=[^=]+==[^=]+=[^=]+=([^=@]+)=([^@]+)@.*", re.I)
_PRVS = re.compile(r"(?:prvs=[0-9a-z]{6,16}=|btv1==[0-9a-z]+==|msprvs1=[^=]+=)(.+@.+)", re.I)
_COMMENT = re.compile(r"\s+\([^()]*\)\s*$")
_BARE_LOCAL = re.compile(r"[A-Za-z0-9._+-]{2,64}")


def typed_address(value: str) -> str:
    """The address of `rfc822; <a@b>` or `utf-8; …` (RFC 6533), or "" where none stands."""
    usual = _TYPED.fullmatch(value)
    if usual:
        return unwrapped(usual[1] or usual[2])
    value = value[:2_000].strip()
    while found := _ADDRESS_TYPE.match(value):
        value = value[found.end() :]
    if "\\x{" in value:
        value = valid(_TEXTUAL_ESCAPE.sub(lambda code: chr(min(int(code[1], 16), 0x10FFFF)), value))
    value = value.strip().strip("\x00")
    if value.startswith("<") and ">" in value:
        value = value[1 : value.rindex(">")]
    if value.lower().startswith(("mailto:", "smtp:")):
        value = value.partition(":")[2]
    if value[:1] == value[-1:] == '"' and '"' not in value[1:-1]:  # so does Exchange with what is malformed
        value = value[1:-1]
    if value.endswith(";"):  # a group: "Team: a@b;"
        value = value[:-1].rpartition(":")[2].strip()
    value = _COMMENT.sub("", value).strip().strip("'`").strip()
    if value.count("@") == 1 and not any(c in value for c in '<>"'):
        return unwrapped(value)[:LONGEST] if is_address(value) else ""
    found = _LOOSE.search(value)
    if found:
        return unwrapped(found[0].rstrip("."))
    return value[:LONGEST] if is_address(value) else ""


def is_address(value: str) -> bool:
    """Whether a report's recipient may be kept: an address, or a bare mailbox name, not a fragment or a path."""
    if not value or len(value) > LONGEST:
        return False
    if "@" in value:
        local, _, domain = value.rpartition("@")
        return bool(local) and bool(domain)
    return bool(_BARE_LOCAL.fullmatch(value)) or " at " in value or ("," in value and "." not in value[:1])


def sender_wrote(original: str, final: str) -> str:
    """The one a support team can look up: the original recipient, unless it is no address and the final one is."""
    if "@" in original or not final:
        return original
    return final


def without_xtext(original: str, final: str) -> str:
    """An ORCPT that an MTA left in its encoding (RFC 3461, 4: "+40" for "@"), where no doubt is that it did."""
    if "+" not in original:
        return original
    decoded = _XTEXT.sub(lambda code: chr(int(code[1], 16)), original)
    return decoded if "@" not in original or decoded.lower() == final.lower() else original


def unwrapped(address: str) -> str:
    """Without what forwarding (SRS) and bounce protection (prvs, BATV) wrapped round it."""
    if "=" not in address:
        return address
    for pattern in (_SRS1, _SRS0):
        found = pattern.fullmatch(address)
        if found:
            return f"{found[2]}@{found[1]}"
    found = _PRVS.fullmatch(address)
    return found[1] if found else address


def in_text(text: str) -> list[str]:
    """All addresses of a text, in order, each once; not those in the names before others ("a@b, Paul" <c@d>)."""
    if "@" not in text:
        return []
    usual = _NAMED.fullmatch(text)
    if usual:
        return [unwrapped(usual[1] or usual[2])]
    if '"' in text:
        text = _QUOTED_NAME.sub("", text)
    found = (name.rstrip(".") for name in _LOOSE.findall(text))
    return list(dict.fromkeys(unwrapped(name) for name in found if not is_of_url(name)))


def is_of_url(name: str) -> bool:
    """Whether what looks like an address is a piece of a link: `//example.org/?u=anna@b.example`."""
    return "//" in name or "/?" in name
