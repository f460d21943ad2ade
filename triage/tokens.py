"""Keyed hashes: the tokens that sign our mails, and those of links, hidden before anything is stored.

A signature is HMAC-SHA256 over the protocol's number, a line end, and the recipient's address (lower case, its domain
in ASCII), in hexadecimal digits, cut to 16 or more. It ties a mail of ours to both; only who holds the key makes one.

A link's token opens a protocol for whoever reads it. What is stored has its keyed hash instead, "~" and 32 letters: two
tokens can be told to be the same, and neither can be got back.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator

FEWEST_DIGITS = 16
"""Of a signature: 64 bits."""
_LETTERS = bytes.maketrans(b"0123456789abcdef", b"abcdefghijklmnop")
"""No digits: no pattern for protocol numbers finds one in a hash."""
_TOKEN = r"(?:[A-Za-z0-9_.~%+-]|=(?:\r?\n(?=[A-Za-z0-9_.~%+-]))?){1,200}"  # noqa: S105 (a pattern, no secret)
"""As `linking.patterns` has it; and one that quoted-printable broke and nobody put together."""
_SOFT_BREAK = re.compile(r"=\r?\n")
_PLACEHOLDER = re.compile(r"\{(token|number)\}")
_SCHEME = re.compile(r"\Ahttps?://", re.I)
_SPELLINGS = {
    "/": r"(?:/|%2F|%252F|=2F|&#47;|&#x2F;|_|-2F)",
    ":": r"(?::|%3A|%253A|=3A|&#58;|-3A)",
    "?": r"(?:\?|%3F|%253F|=3F|-3F)",
    "=": r"(?:=|%3D|%253D|=3D|-3D)",
    "&": r"(?:&amp;|&|%26|%2526|=26|-26)",
}
"""How mail programs and link checkers write what parts a link."""


def signature(key: bytes, number: str, address_key: str) -> str:
    """All 64 digits; mails bear the first 16 or more."""
    return hmac.new(key, f"{number}\n{address_key}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def is_signed(token: str, number: str, address_key: str, keys: Iterable[bytes]) -> bool:
    """Whether one of the keys made the token, for this protocol and this address."""
    given = token.lower().encode("ascii", "replace")
    if not FEWEST_DIGITS <= len(given) <= 64:
        return False
    return any(hmac.compare_digest(signature(key, number, address_key)[: len(given)].encode(), given) for key in keys)


class Hider:
    """Hides the tokens of links to protocols. It is handed to a second process as it is."""

    def __init__(self, key: bytes, template: str) -> None:
        """`key` is the store's; `template` the settings' link, with {token} where it varies, or ""."""
        self._key = hmac.new(key, b"tokens of links", hashlib.sha256).digest()
        self._template = template
        self._regex = _regex(template) if "{token}" in template else None
        self._first, self._next = _beginning(_SCHEME.sub("", template))

    def __call__(self, text: str) -> str:
        """`text` with every token hidden; itself where there is none."""
        if self._regex is None:
            return text
        pieces: list[str] = []
        position = 0
        for found in self._links(self._regex, text):
            for name, token in found.groupdict().items():
                if name.startswith("t"):
                    token = token.rstrip(".")
                    begin = found.start(name)
                    pieces += (text[position:begin], self.hash(_SOFT_BREAK.sub("", token)))
                    position = begin + len(token)
        return "".join([*pieces, text[position:]]) if pieces else text

    def link(self, url: str) -> str:
        """A protocol's own link, as it may be stored: its token hidden, or all of it where it is none of ours."""
        if not url or (self._template and self._regex is None):
            return url  # the settings say that it holds nothing secret
        found = self._regex.search(url) if self._regex else None
        if found is None:
            return self.hash(url)
        parts = {name: (value or "").rstrip(".") for name, value in found.groupdict().items()}
        told = {"token": self.hash(_SOFT_BREAK.sub("", parts["t0"])), "number": parts.get("n0", "")}
        return _PLACEHOLDER.sub(lambda hole: told[hole[1]], self._template)

    def _links(self, regex: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
        """What `finditer` finds, but looked for by the link's first letters: a mail is long, and has few of them."""
        lower, first, following = text.lower(), self._first, self._next
        if not first or len(lower) != len(text):
            yield from regex.finditer(text)
            return
        at = lower.find(first)
        while at >= 0:
            behind = at + len(first)
            found = regex.match(text, at) if not following or lower[behind : behind + 1] in following else None
            if found is not None:
                yield found
            at = lower.find(first, found.end() if found else behind)

    def hash(self, token: str) -> str:
        digest = hmac.new(self._key, token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        return "~" + digest[:32].encode().translate(_LETTERS).decode()


def _regex(template: str) -> re.Pattern[str] | None:
    """The link however it is written, with or without its scheme; None where too little stands around the token."""
    pieces = _PLACEHOLDER.split(_SCHEME.sub("", template))
    if max(map(len, pieces[::2])) < 3:
        return None
    regex, count = _spelled(pieces[0]), {"token": 0, "number": 0}
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        regex += f"(?P<{name[0]}{count[name]}>{_TOKEN})" + _spelled(text)
        count[name] += 1
    return re.compile(regex, re.IGNORECASE)


def _beginning(template: str) -> tuple[str, str]:
    """The letters with which a link begins, and those that may follow: few of the places where its host stands."""
    first = re.split(r"[{/:?=&]", template, maxsplit=1)[0]
    following = template[len(first) : len(first) + 1]
    return first.lower(), f"{following}%=&_-" if following in _SPELLINGS else ""


def _spelled(text: str) -> str:
    return "".join(_SPELLINGS.get(character, re.escape(character)) for character in text)
