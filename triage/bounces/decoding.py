"""Bytes of mail -> valid str, whatever charset or encoding they claim."""

from __future__ import annotations

import binascii
import codecs
import re
from functools import lru_cache
from itertools import islice

from triage.text import valid

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*+)\?=")
_WORDS = re.compile(r"(?:=\?[^?\s]{1,60}\?[bBqQ]\?[^?]*+\?=)+")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(=\?)")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_CHARSETS = (
    "ascii", "utf", "iso8859", "latin", "cp", "koi8", "gb", "big5", "euc", "shift", "iso2022", "mac", "tis", "hz",
    "johab", "kz", "ptcp", "hp-roman", "palmos",
)  # fmt: skip
"""Beginnings of the names of charsets proper. Others (punycode, idna, undefined, zip) are slow, no text, or raise."""
_SHIFTING = ("iso2022", "hz", "utf-7", "utf-16", "utf-32")

_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d|p|div|tr|li|table|hr)\b[^<>]*>", re.I)
_UNSEEN = (("<!--", "-->"), ("<style", "</style"), ("<script", "</script"), ("<head>", "</head"))
_LINK = re.compile(r"<a\s[^<>]{0,500}?href\s*=\s*[\"']?(https?://[^\s\"'<>]{1,1000})", re.I)
_TAG = re.compile(r"</?[a-z!][^<>]*>", re.I)


def decoded_body(body: bytes, encoding: str) -> bytes:
    """A body without its transfer encoding; broken base64 yields what can be read of it."""
    if encoding == "base64":
        try:
            return binascii.a2b_base64(body, strict_mode=True)
        except binascii.Error:
            pass
        letters = _NOT_BASE64.sub(b"", body.partition(b"=")[0] if body.rstrip().endswith(b"=") else body)
        letters = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body)
    return body


def decoded_text(content: bytes, charset: str) -> str:
    """Bytes as valid str. A charset that is unknown, no charset, or a lie is passed over for UTF-8 or Windows-1252."""
    codec = _codec(charset) if charset else ""
    if content.isascii():
        # Some charsets write all with the octets of ASCII; a claim of UTF-16 or UTF-32 counts where zeros bear it out.
        shifted = codec.startswith(_SHIFTING) and (codec[:6] not in ("utf-16", "utf-32") or 0 in content)
        return valid(content.decode(codec, "replace")) if shifted else content.decode("ascii")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    text = content.decode("cp1252" if codec in ("", "ascii", "utf-8") else codec, "replace")
    return valid(text)


@lru_cache(maxsize=256)
def _codec(charset: str) -> str:
    """Python's name for a charset that may be decoded with, or ""."""
    try:
        name = codecs.lookup(charset.strip().strip("\"'")).name
    except (LookupError, ValueError, UnicodeError):
        return ""
    return name if name.startswith(_CHARSETS) else ""


def decoded_words(text: str) -> str:
    """Encoded words of RFC 2047 decoded; what is none stays as it stands.

    Neighbours in one charset are decoded as one text, for mail programs part words amid a character.
    """
    if text.rfind("=?") < text.find("?="):  # one at most
        return _WORD.sub(lambda word: decoded_text(_octets(word[2], word[3]), _charset(word[1])), text)
    return _WORDS.sub(_decoded_run, _BETWEEN_WORDS.sub(r"\1\2", text))


def _charset(of_word: str) -> str:
    """Without the language that RFC 2231 lets follow it."""
    return of_word.partition("*")[0].lower()


def _octets(how: str, letters: str) -> bytes:
    data = letters.encode("utf-8", "replace")
    return decoded_body(data, "base64") if how in "bB" else binascii.a2b_qp(data.replace(b"_", b" "), header=True)


def _decoded_run(run: re.Match[str]) -> str:
    texts: list[str] = []
    content, of = b"", ""
    for charset, how, letters in _WORD.findall(run[0]):
        charset = _charset(charset)
        if content and charset != of:
            texts.append(decoded_text(content, of))
            content = b""
        of = charset
        content += _octets(how, letters)
    return "".join(texts) + decoded_text(content, of)


def _without_between(text: str, opening: str, closing: str) -> str:
    """`text` without what stands between two marks; one pass, for a pattern would try every mark against the end."""
    lower = text.lower()
    if opening not in lower or len(lower) != len(text):
        return text
    kept, position = [], 0
    while (begin := lower.find(opening, position)) >= 0 and (end := lower.find(closing, begin)) >= 0:
        kept.append(text[position:begin])
        position = end
    return "".join([*kept, text[position:]])


def links(html: str) -> list[str]:
    """Where the links of HTML lead to, which a person does not read: fifty at most."""
    from html import unescape

    return [valid(unescape(found[1])) for found in islice(_LINK.finditer(html), 50)]


def without_tags(html: str) -> str:
    """What a person reads of HTML, in lines."""
    from html import unescape

    text = html
    for opening, closing in _UNSEEN:
        text = _without_between(text, opening, closing)
    text = _BREAKS.sub("\n", " ".join(text.split("\n")))
    # Not every "<": <anna@example.test> is an address in angle brackets, and no tag has an "@" in its name.
    text = _TAG.sub(lambda tag: tag[0] if "@" in tag[0] and "=" not in tag[0] else "", text)
    return valid(unescape(text).replace("\xa0", " "))
