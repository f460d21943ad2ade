"""How like two addresses are, and whether one is but another spelling of the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from triage import address

MOST_SLIPS = 2
_UNREADABLE = re.compile("[?\ufffd]+")


def slips(one: str, other: str, most: int = MOST_SLIPS) -> int:
    """How many letters were left out, added, changed or swapped (optimal string alignment); `most` + 1 if more."""
    if abs(len(one) - len(other)) > most or max(len(one), len(other)) > 300:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, wanted in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != wanted))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == wanted:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > most:
            return most + 1
        before, last = last, now
    return min(last[-1], most + 1)


def readable(key: str) -> str:
    """A key with its domain as people write it: `info@xn--bcher-kva.example` is `info@bücher.example`."""
    local, at, domain = key.rpartition("@")
    return f"{local}{at}{_unicode(domain)}" if "xn--" in domain else key


@lru_cache(maxsize=1_024)
def _unicode(domain: str) -> str:
    import idna  # here: few domains need its tables

    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError, ValueError, IndexError):
        return domain


def is_garbled(key: str) -> bool:
    """Some program could not write the letters of this address, and wrote "?" for them (Postfix: "m??ller@…")."""
    return _UNREADABLE.search(key) is not None


def ungarbled(key: str) -> re.Pattern[str]:
    """What a garbled key may have been: one or two "?" stand for each letter beyond ASCII."""
    pieces = _UNREADABLE.split(key)
    holes = [len(hole) for hole in _UNREADABLE.findall(key)]
    regex = re.escape(pieces[0])
    for hole, text in zip(holes, pieces[1:], strict=True):
        regex += f"[^\\x00-\\x7f]{{{-(-hole // 2)},{hole}}}" + re.escape(text)
    return re.compile(regex)


def base(key: str, separators: str) -> str:
    """The mailbox of a sub-address: `a@b.example` for `a+x@b.example`."""
    local, at, domain = key.rpartition("@")
    for separator in separators:
        local = local.partition(separator)[0] or local
    return f"{local}{at}{domain}"


def is_same_mailbox(written: str, key: str, separators: str) -> bool:
    """Whether what a report writes is the address `key`, garbled or with another sub-address."""
    return spelling(address.parse(written).key, separators)(key)


def spelling(reported: str, separators: str) -> Callable[[str], bool]:
    """Tells of many keys whether the reported one is each of them, garbled or with another sub-address."""
    mailbox = base(reported, separators)
    _local, _at, domain = reported.rpartition("@")
    form = ungarbled(reported) if is_garbled(reported) else None
    ending = "" if is_garbled(domain) or not domain.isascii() else f"@{domain}"

    def is_spelled(key: str) -> bool:
        if key == reported:
            return True
        if not key.endswith(ending):  # of a thousand keys nearly all
            return False
        return base(key, separators) == mailbox or (form is not None and form.fullmatch(readable(key)) is not None)

    return is_spelled
