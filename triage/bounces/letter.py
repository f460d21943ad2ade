"""A message taken apart, as the questions of `parsing` want it."""

from __future__ import annotations

from triage.bounces import returned
from triage.bounces.reading import DEEPEST, ENCLOSING, Part

MOST_PROSE = 100_000


class Letter:
    """A message taken apart: its own parts (not those of messages in it), its prose, and what it brings back."""

    def __init__(self, root: Part, faults: list[str]) -> None:
        self.root = root
        self.faults = faults
        self.parts = _own_parts(root)
        self._returned = returned.returned_part(self.parts[1:])
        self._proses: list[str] | None = None
        self._written: str | None = None

    @property
    def is_tangled(self) -> bool:
        """So nested that nobody but an attacker would write it."""
        return len(self.parts) > DEEPEST

    @property
    def prose(self) -> str:
        """What the texts say, without a returned message in them; taken apart when somebody asks."""
        return "\n".join(self.proses)

    @property
    def proses(self) -> list[str]:
        """The same, each text by itself."""
        if self._proses is None:
            self._proses = self._read()
        return self._proses

    @property
    def returned(self) -> Part | None:
        if self._returned is None and self._proses is None:
            self._proses = self._read()
        return self._returned

    def _read(self) -> list[str]:
        prose: list[str] = []
        for part in self._texts():
            if part.type == "text/html" and any(prose):
                continue
            cut = returned.cut(returned.unquoted(part.text[:MOST_PROSE]))
            prose.append(cut.prose)
            if cut.message and self._returned is None:
                self._returned = returned.from_text(cut.message)
        return prose

    def _texts(self) -> list[Part]:
        return [
            part
            for part in self.parts
            if not part.parts and (part.type in ("text/plain", "text/html") or part.type.startswith("multipart/"))
        ]

    def mentions(self, *words: str) -> bool:
        """Whether a text has one of them, asked before its prose, which is dear; HTML only where no text is plain."""
        if self._written is None:
            texts = self._texts()
            plain = [part.text for part in texts if part.type != "text/html"]
            written = [text for text in plain if text and not text.isspace()] or [part.text for part in texts]
            self._written = "\0".join(written)  # between them a character that no word has
        return any(word in self._written for word in words)


def _own_parts(root: Part) -> list[Part]:
    """The parts of a message without looking into the messages it encloses."""
    own, waiting = [], [root]
    while waiting:
        part = waiting.pop()
        own.append(part)
        if part.parts and (part.type not in ENCLOSING or part is root):
            waiting.extend(reversed(part.parts))
    return own
