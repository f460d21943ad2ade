"""Keyed hashes: the tokens that sign our mails, and those of links, hidden before anything is stored.

A signature is HMAC-SHA256 over the protocol's number, a line end, and the recipient's address (lower case, its domain
in ASCII), in hexadecimal digits, cut to 16 or more. It ties a mail of ours to both; only who holds the key makes one.

A link's token opens a protocol for whoever reads it. What is stored has its keyed hash instead, "~" and 32 letters: two
tokens can be told to be the same, and neither can be got back.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

FEWEST_DIGITS = 16
"""Of a signature: 64 bits."""
_LETTERS = bytes.maketrans(b"0123456789abcdef", b"abcdefghijklmnop")
"""No digits: no pattern for protocol numbers finds one in a hash."""
_LETTER = r"[A-Za-z0-9_.~%+-]"
_ONE = rf"(?:{_LETTER}|=(?:\r?\n(?={_LETTER}))?)"
_TOKEN = f"{_ONE}{{1,200}}"
"""As `linking.patterns` has it; and one that quoted-printable broke and nobody put together."""
_SOFT_BREAK = re.compile(r"=\r?\n")
_PLACEHOLDER = re.compile(r"\{(token|number)\}")
_SCHEME = re.compile(r"\Ahttps?://", re.I)
_PERCENT = r"%(?:25){0,3}"
_SPELLINGS = {
    "/": rf"(?:\\?/|{_PERCENT}2F|=2F|&#0*47;|&#x0*2F;|&sol;)",
    ":": rf"(?::|{_PERCENT}3A|=3A|&#0*58;|&#x0*3A;|&colon;)",
    "?": rf"(?:\?|{_PERCENT}3F|=3F|&#0*63;|&#x0*3F;|&quest;)",
    "=": rf"(?:=3D|=|{_PERCENT}3D|&#0*61;|&#x0*3D;|&equals;)",
    "&": rf"(?:&amp;|&#0*38;|&#x0*26;|&|{_PERCENT}26|=26|\\u0026)",
    ".": rf"(?:\.|\[\.\]|\(\.\)|\[dot\]|{_PERCENT}2E|=2E|&#0*46;|&#x0*2E;|&period;)",
}
"""How mail programs, link checkers and careful people write what parts a link."""
_DEFENDED = {"/": "(?:_|-2F)", ":": "-3A", "?": "-3F", "=": "-3D", "&": "-26", "-": "-2D", "_": "-5F"}
"""As one of the link checkers writes it, all of it."""
_ENDS = rf"(?!(?:{_PERCENT}|=)(?:2F|3F|26))"
"""Where a token ends that something follows: at what parts a link, encoded. So it is found without going back."""
_DEFENDED_ENDS = "(?!_|-2F|-3F|-26)"
_GAP = (
    r"(?:[ \t]{0,2}=?\r?\n[ \t>|]{0,20}| )"
    r"(?=[A-Za-z0-9_~-]{8})(?-i:(?=[A-Za-z_~-]{0,60}[0-9]|[A-Z]?[a-z]{1,60}[A-Z]|[A-Z]{2,60}[a-z]))"
)
"""A line that was broken right before what can be no word."""
_PORT = r"(?::\d{1,5})?"
_BEFORE = re.compile(r"[A-Za-z0-9_.~%+=-]{0,250}+")
"""What of a link that begins with a placeholder may stand before its host's fixed piece, read backwards."""
_WIDE = re.compile(r"(?:[\t\r\n -~]\0){8,}|(?:\0[\t\r\n -~]){8,}")
"""UTF-16 whose octets were taken for letters: text of another charset than its mail says, strings in files."""
_CODED = re.compile(r"[A-Za-z0-9+/_-]{4,}+(?:\r?\n[ \t>]{0,4}+(?!--|[A-Za-z0-9-]{1,60}:)[A-Za-z0-9+/_-]++)*+={0,2}")
_NO_LETTERS = re.compile(r"[^A-Za-z0-9+/_-]")
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


@lru_cache(maxsize=2_048)
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
        self._ways = _ways(template) if "{token}" in template else ()
        self._anchor, self._next = _anchor(template) if self._ways else ("", "")
        self._cores = _cores(template) if self._ways else ()

    def __call__(self, text: str) -> str:
        """`text` with every token hidden; itself where there is none."""
        if not self._ways:
            return text
        told = self._in_clear(text)
        if "\0" in told:
            told = _WIDE.sub(self._wide, told)
        flat = told.replace("\r", "").replace("\n", "")
        if any(core in flat for core in self._cores):
            told = _CODED.sub(self._coded, told)
        return text if told == text else told

    def link(self, url: str) -> str:
        """A protocol's own link, as it may be stored: its token hidden, or all of it where it is none of ours."""
        if not url or (self._template and not self._ways):
            return url  # the settings say that it holds nothing secret
        found = next(self._links(url), None) if self._ways else None
        if found is None:
            return self.hash(url)
        parts = {name: (value or "").rstrip(".") for name, value in found.groupdict().items()}
        told = {"token": self.hash(_SOFT_BREAK.sub("", parts["t0"])), "number": parts.get("n0", "")}
        return _PLACEHOLDER.sub(lambda hole: told[hole[1]], self._template)

    def _in_clear(self, text: str) -> str:
        pieces: list[str] = []
        position = 0
        for found in self._links(text):
            for name, token in found.groupdict().items():
                if name.startswith("t"):
                    token = token.rstrip(".")
                    begin = found.start(name)
                    pieces += (text[position:begin], self.hash(_SOFT_BREAK.sub("", token)))
                    position = begin + len(token)
        return "".join([*pieces, text[position:]]) if pieces else text

    def _wide(self, run: re.Match[str]) -> str:
        text = run[0].replace("\0", "")
        told = self._in_clear(text)
        if told is text:
            return run[0]
        return told.encode("utf-16-be" if run[0][0] == "\0" else "utf-16-le", "replace").decode("latin-1")

    def _coded(self, run: re.Match[str]) -> str:
        """A run of base64 that says a link of ours, hidden whole: where in it the token stands, no pattern tells."""
        letters = _NO_LETTERS.sub("", run[0]).replace("-", "+").replace("_", "/")
        if not any(core in letters for core in self._cores):
            return run[0]
        for shift in range(4):
            whole = len(letters[shift:]) // 4 * 4
            rest = letters[shift + whole :]
            padded = letters[shift:] + "=" * (4 - len(rest)) if len(rest) > 1 else letters[shift : shift + whole]
            said = binascii.a2b_base64(padded).decode("latin-1")
            if self._in_clear(said) is not said:
                return self.hash(run[0])
        return run[0]

    def _links(self, text: str) -> Iterator[re.Match[str]]:
        """All links, looked for by a label of their host: a mail is long, and has few of them."""
        lower, anchor, following = text.lower(), self._anchor, self._next
        if len(lower) != len(text):
            lower = text.translate(_LOWER)
        at, done = lower.find(anchor), 0
        while at >= 0:
            behind = at + len(anchor)
            found = None
            if not following or lower[behind : behind + 1] in following:
                for way in self._ways:
                    found = way.match(text, at, done)
                    if found is not None:
                        yield found
                        done = found.end()
                        break
            at = lower.find(anchor, max(done, behind))

    def hash(self, token: str) -> str:
        digest = hmac.new(self._key, token.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        return "~" + digest[:32].encode().translate(_LETTERS).decode()


@dataclass(frozen=True, slots=True)
class _Way:
    """One way of writing the link, with or without its scheme."""

    whole: re.Pattern[str]
    fixed: re.Pattern[str]
    """From the anchor up to the next placeholder."""
    parts: re.Pattern[str] | None
    """What parts a link, where this one begins with a placeholder: one must look back for its beginning."""

    def match(self, text: str, at: int, done: int) -> re.Match[str] | None:
        """The link whose anchor is at `at`; it begins not before `done`."""
        if self.parts is None:
            return self.whole.match(text, at)
        if self.fixed.match(text, at) is None:
            return None
        run = _BEFORE.match(text[max(done, at - 250) : at][::-1])
        begin = at - (run.end() if run else 0)
        for found in self.parts.finditer(text, begin, at):
            begin = found.end()
        return self.whole.match(text, begin)


def _ways(template: str) -> tuple[_Way, ...]:
    """None where too little stands around the token."""
    bare, (anchor, _next) = _SCHEME.sub("", template), _anchor(template)
    if max(map(len, _PLACEHOLDER.split(bare)[::2])) < 3 or not anchor:
        return ()
    fixed = bare[bare.lower().find(anchor) :].partition("{")[0]
    return tuple(
        _Way(
            re.compile(_regex(bare, spellings, ends), re.I),
            re.compile(_spelled(fixed, spellings), re.I),
            re.compile(spellings["/"], re.I) if bare.startswith("{") else None,
        )
        for spellings, ends in ((_SPELLINGS, _ENDS), (_DEFENDED, _DEFENDED_ENDS))
    )


def _regex(bare: str, spellings: Mapping[str, str], ends: str) -> str:
    """Hardly a part of it goes back into another: a mail that is made to be slow is read about as fast as any."""
    pieces = _PLACEHOLDER.split(bare)
    host, parts, path = _host(pieces[0])
    regex = _spelled(host, spellings) + (_PORT if parts else "") + _spelled(parts + path, spellings)
    is_in_path, count = bool(parts), {"token": 0, "number": 0}
    for name, text in zip(pieces[1::2], pieces[2::2], strict=True):
        gap = f"(?:{_GAP})?" if is_in_path else ""
        group = f"{gap}(?P<{name[0]}{count[name]}>"
        if not text:
            regex += f"{group}{_TOKEN})"
        elif len(text) < 3 and text[0] not in _SPELLINGS.keys() - {"."}:  # "-": may stand in what it parts, too
            regex += f"{group}(?:{ends}{_ONE}){{1,{200 if name == 'token' else 40}}}){_spelled(text, spellings)}"
        else:
            regex += f"(?>{group}(?:{ends}{_ONE}){{1,200}}){_spelled(text, spellings)})"
        is_in_path = is_in_path or bool(_host(text)[1])
        count[name] += 1
    return regex


def _host(text: str) -> tuple[str, str, str]:
    """Up to where a link's path begins, what begins it, and the rest."""
    found = re.search(r"[/?#]", text)
    return (text[: found.start()], found[0], text[found.end() :]) if found else (text, "", "")


def _anchor(template: str) -> tuple[str, str]:
    """A label of the link's host, in small letters, and what may follow it: few of the places where it stands."""
    host = _host(_SCHEME.sub("", template))[0]
    pieces = _PLACEHOLDER.split(host)[::2]
    labels = [label for piece in pieces for label in piece.split(".") if label]
    if not labels:
        return "", ""
    label = re.split("[.:]", pieces[0])[0] if pieces[0] else max(labels[:-1] or labels, key=len)
    following = _SCHEME.sub("", template).partition(label)[2][:1]
    return label.lower(), {".": ".[(%=&", "/": "/\\%=&_-:", "?": "?%=&_-:"}.get(following, "")


def _cores(template: str) -> tuple[str, ...]:
    """What the link's host is in base64, wherever in three octets it begins."""
    host = _host(_SCHEME.sub("", template))[0]
    word = max(_PLACEHOLDER.split(host)[::2], key=len).encode("utf-8", "replace")
    coded = (binascii.b2a_base64(bytes(shift) + word, newline=False).decode() for shift in range(3))
    return tuple(
        each[-(-shift * 4 // 3) : (shift + len(word)) * 4 // 3] for shift, each in enumerate(coded) if len(word) >= 4
    )


def _spelled(text: str, spellings: Mapping[str, str]) -> str:
    return "".join(spellings.get(character, re.escape(character)) for character in text)
