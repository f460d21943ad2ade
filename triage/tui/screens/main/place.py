"""Where one stands in each section, and what came in since one looked."""

from __future__ import annotations

from dataclasses import dataclass, field

from triage.model import Section


@dataclass(slots=True)
class Place:
    """A section as it was left: filter, marks and cursor come back with it."""

    filter: str = ""
    marks: set[int] = field(default_factory=set)
    cursor: int | None = None
    """The id of the case the cursor was on."""


class Fresh:
    """What came into the sections and was not seen yet: it is announced, not inserted under a person's hands."""

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._looked_at: set[Section] = set()

    def look_at(self, section: Section, ids: list[int]) -> None:
        """All of these are seen now."""
        self._known.update(ids)
        if ids:
            self._looked_at.add(section)

    def has_looked(self, section: Section) -> bool:
        """Something of the section was seen before."""
        return section in self._looked_at

    def seen(self, section: Section, ids: list[int]) -> list[int]:
        """Those of `ids` that a person knows, from this section or another; all of a section that was empty."""
        known = self._known
        return [i for i in ids if i in known] if self.has_looked(section) else ids

    def unseen(self, ids: list[int]) -> list[int]:
        known = self._known
        return [i for i in ids if i not in known]
