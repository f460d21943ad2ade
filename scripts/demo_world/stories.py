"""The addresses that fail: who mistyped what, on which protocols, and what the other side answers (stories.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Story:
    """A person whose address, as it stands on a project's list, does not work; fields as stories.toml says."""

    project: str
    on: range
    name: str
    firm: str
    address: str
    system: str
    reply: str
    right: str = ""
    elsewhere: str = ""
    final: str = ""
    delays: int = 0
    gives_up: bool = True
    arrives: tuple[int, ...] = ()
    notices: tuple[date, ...] = ()

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def _story(
    on: str, reply: str, firm: str = "", arrives: Iterable[int] = (), notices: Iterable[date] = (), **rest: Any
) -> Story:
    project, _, protocols = on.partition(" ")
    first, _, last = protocols.partition("-")
    system, _, answer = reply.partition(" ")
    return Story(
        project=project,
        on=range(int(first), int(last or first) + 1),
        firm=firm,
        system=system,
        reply=answer,
        arrives=tuple(arrives),
        notices=tuple(notices),
        **rest,
    )


_WRITTEN = tomllib.loads(Path(__file__).with_name("stories.toml").read_text("utf-8"))
LASTING, NOTICED, ONCE, LATER, TOGETHER = (
    tuple(_story(**row) for row in _WRITTEN[group]) for group in ("lasting", "noticed", "once", "later", "together")
)
STORIES = (*LASTING, *NOTICED, *ONCE, *LATER, *TOGETHER)

BURST = ("fernwaerme1", "fernwaerme2")
"""Projects whose lists hold people of the Stadtwerke; on one Wednesday their gateway refused all of it."""
