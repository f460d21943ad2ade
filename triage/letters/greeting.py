"""How a letter addresses its reader."""

from __future__ import annotations

_WOMAN = frozenset({"frau", "fr", "ms", "mrs", "miss"})
_MAN = frozenset({"herr", "herrn", "hr", "mr"})
_PARTICLES = frozenset(
    {"von", "vom", "zu", "zum", "zur", "van", "der", "den", "ter", "ten", "de", "del", "della", "di", "da"}
    | {"dos", "du", "la", "le", "el", "al", "auf"}
)


def greeting(name: str, salutation: str, title: str, language: str) -> str:
    """The first line, without its comma; neutral and with the whole name where salutation or surname is unknown.

    Expects cleaned text.
    """
    surname = _surname(_without(title, name))
    called = salutation.strip().rstrip(".").lower()
    if surname and called in _WOMAN | _MAN:
        return _formal(surname, title, language, woman=called in _WOMAN)
    known = name if not title or not name or name.startswith(title) else f"{title} {name}"
    if language == "de":
        return f"Guten Tag {known}".rstrip()
    return f"Dear {known}" if known else "Hello"


def _formal(surname: str, title: str, language: str, *, woman: bool) -> str:
    titled = f"{title} {surname}".lstrip()
    if language == "de":
        return f"Sehr geehrte Frau {titled}" if woman else f"Sehr geehrter Herr {titled}"
    if title:
        return f"Dear {titled}"  # in English the title takes the place of Ms and Mr
    return f"Dear Ms {surname}" if woman else f"Dear Mr {surname}"


def _without(title: str, name: str) -> str:
    return name.removeprefix(title).strip() if title else name


def _surname(name: str) -> str:
    """The surname of "Eva von der Lang" or "Lang, Eva"."""
    if "," in name:
        return name.partition(",")[0].strip()
    words = name.split()
    if len(words) < 2:
        return name
    first = len(words) - 1
    while first > 1 and words[first - 1].lower() in _PARTICLES:
        first -= 1
    return " ".join(words[first:])
