"""The tables of data/bounces/, read once: phrases are data, not code."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import chain, pairwise
from typing import Any
from unicodedata import combining, normalize

from triage import resources

MOST_GRAMS = 40_000
"""Octets of a text that are looked up; one that is longer is asked for every phrase."""
_FEW = 32
"""Fewer phrases than that are looked for one by one."""
_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "đ": "d", "ı": "i"})
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


class Phrases:
    """Phrases in lower case with single spaces; one of several pieces asks for them in that order.

    Each is filed under the rarest five octets of it, by their first four and by their last four: in a text that has
    them, one of the two begins at an even place, and only such fours are looked up. So a text is asked only for phrases
    whose octets it has: a thousand of them cost little more than ten.
    """

    def __init__(self, phrases: Iterable[tuple[str, ...]]) -> None:
        self.phrases = tuple(phrases)
        self._filed: dict[int, list[int]] | None = None
        self._unfiled: list[int] = []

    def found_in(self, text: str) -> str:
        """The words of `text` (see `comparable`) that match the first phrase that does, or ""."""
        return next((words for _, words in self.all_in(text)), "")

    def all_in(self, text: str) -> Iterator[tuple[int, str]]:
        """The numbers of all phrases that `text` has, in their order, with its words."""
        for number in self._candidates(text):
            phrase = self.phrases[number]
            if phrase[0] in text and (words := _words(phrase, text)):
                yield number, words

    def narrowed(self, text: str) -> Phrases:
        """Only those that may stand in `text`: to be asked of its lines."""
        return Phrases(self.phrases[number] for number in self._candidates(text))

    def _candidates(self, text: str) -> Iterable[int]:
        if len(self.phrases) < _FEW or len(text) > MOST_GRAMS:
            return range(len(self.phrases))
        if self._filed is None:
            self._filed = self._file()
        known = self._filed
        found = map(known.__getitem__, known.keys() & _every_other_gram(text))
        return sorted({*self._unfiled, *chain.from_iterable(found)})

    def _file(self) -> dict[int, list[int]]:
        grams = [[_grams(piece) for piece in phrase] for phrase in self.phrases]
        often = Counter(chain.from_iterable(chain.from_iterable(grams)))
        filed: dict[int, list[int]] = {}
        for number, of_pieces in enumerate(grams):
            neighbours = chain.from_iterable(map(pairwise, of_pieces))
            rarest = min(neighbours, key=lambda pair: often[pair[0]] + often[pair[1]], default=())
            for gram in rarest:
                filed.setdefault(int.from_bytes(gram, sys.byteorder), []).append(number)
            if not rarest:
                self._unfiled.append(number)
        return filed


def _words(phrase: tuple[str, ...], text: str) -> str:
    first = text.find(phrase[0])
    if first < 0:
        return ""
    end = first + len(phrase[0])
    for piece in phrase[1:]:
        at = text.find(piece, end)
        if at < 0:
            return ""
        end = at + len(piece)
    return text[first : min(end, first + 200)]


@lru_cache(maxsize=4)
def _every_other_gram(text: str) -> set[int]:
    """Of all runs of four octets in the UTF-8 of a text those at even places, as numbers."""
    octets = memoryview(text.encode("utf-8", "surrogatepass"))
    return {*octets[: len(octets) & ~3].cast("I"), *octets[2 : 2 + (len(octets) - 2 & ~3)].cast("I")}


def _grams(piece: str) -> list[bytes]:
    octets = piece.encode()
    return [octets[at : at + 4] for at in range(len(octets) - 3)]


def phrases(entries: list[str | list[str]]) -> Phrases:
    """The entries of a table; German ones also as servers without umlauts write them ("Empfaenger")."""
    whole = [(entry,) if isinstance(entry, str) else tuple(entry) for entry in entries]
    return Phrases(chain.from_iterable(dict.fromkeys((phrase, _without_umlauts(phrase))) for phrase in whole))


def _without_umlauts(phrase: tuple[str, ...]) -> tuple[str, ...]:
    return phrase if "".join(phrase).isascii() else tuple(piece.translate(_UMLAUTS) for piece in phrase)


def plain(text: str) -> str:
    """`text` without accents and umlauts, which many servers leave out: "désactivé" and "desactive" are one."""
    if text.isascii():
        return text
    return "".join(c for c in normalize("NFKD", text.translate(_LETTERS)) if not combining(c))


def plain_phrases(entries: list[str]) -> Phrases:
    """The words of a table as `plain` leaves them; German ones also as "Empfaenger"."""
    return Phrases((word,) for word in dict.fromkeys(plain(w) for e in entries for w in (e, e.translate(_UMLAUTS))))


@cache
def table(name: str) -> dict[str, Any]:
    """data/bounces/`name`.toml."""
    import tomllib  # here: the import of the package is to cost little

    return tomllib.loads(resources.data("bounces", f"{name}.toml").read_text("utf-8"))


@cache
def list_of(name: str, key: str) -> Phrases:
    """The phrases under `key` of a table; a dotted key goes down."""
    value: Any = table(name)
    for step in key.split("."):
        value = value[step]
    return phrases(value)


def comparable(text: str) -> str:
    """`text` in lower case with single spaces and straight apostrophes, as phrases are written."""
    return " ".join(text.split()).lower().replace("\u2019", "'")
