"""What the ladder makes of a `World`'s bounces, class by class: `make linking` prints it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import bounce_forgeries  # noqa: F401 (its classes)
from bounce_classes import SHARES, Drawn, Lots
from bounce_world import SIGNED, Truth, World

from triage import bounces, linking
from triage.linking import our_own
from triage.model import Link, Strength

Answer = list[tuple[str, tuple[Link, ...]]]
"""For each failure of a message the key of its address and its links."""

WORLDS: dict[str, Callable[[], World]] = {
    "nothing signed, Message-IDs known": World,
    "all signed, Message-IDs known": lambda: World(signs=SIGNED),
    "return paths signed, Message-IDs known": lambda: World(signs=("verp",)),
    "Message-IDs signed and known": lambda: World(signs=("message_id",)),
    "all signed, no Message-IDs in the directory": lambda: World(signs=SIGNED, has_ids=False),
    "nothing signed, no Message-IDs in the directory": lambda: World(has_ids=False),
}


def drawn(world: World, count: int = 2_000, seed: str = "bounces") -> Iterator[Drawn]:
    """So many bounces, in no order; the first of each class among the first few."""
    lots = Lots(world, Random(f"{seed}/drawn"))
    names = list(SHARES)
    chosen = lots.lot.choices(names, [SHARES[name][0] for name in names], k=max(count - len(names), 0))
    for number, name in enumerate([*names, *chosen][:count]):
        lots.number = number
        yield SHARES[name][1](lots, name)


def answer(world: World, raw: bytes) -> Answer:
    """What parser and ladder say, without a store."""
    bounce = bounces.parse(raw)
    found: Answer = []
    for failure in bounce.failures:
        if not our_own(failure.address.key, world.patterns):
            meant = linking.meant(failure, bounce, world.lookup, world.patterns)
            links = linking.climb(meant, bounce, world.lookup, world.patterns)
            found.append((meant.address.key, links))
    return found


@dataclass
class Share:
    """Of one class."""

    n: int = 0
    proof: int = 0
    strong: int = 0
    first: int = 0
    """No link counts, and the best guess is right."""
    listed: int = 0
    """The right one is among the others."""
    unlinked: int = 0
    """No guess names it, or there is nothing to name."""
    wrong: int = 0
    """Counts, and must not: another protocol, another address, forged, or nothing that proves it."""

    def take(self, truth: Truth, found: Answer) -> bool:
        """Whether what counts is right."""
        self.n += 1
        counting = [(key, links[0]) for key, links in found if links and links[0].strength.counts]
        wrong = [
            (key, link)
            for key, link in counting
            if (key, link.protocol, truth.may_count) != (truth.address, truth.protocol, True) and key != truth.beside
        ]
        right = [link for key, link in counting if (key, link) not in wrong and key == truth.address]
        guessed = [link.protocol for _key, links in found for link in links[:1] if not link.strength.counts]
        offered = [link.protocol for _key, links in found for link in links]
        self.wrong += bool(wrong)
        if any(link.strength is Strength.PROOF for link in right):
            self.proof += 1
        elif right:
            self.strong += 1
        elif truth.protocol and truth.protocol in guessed:
            self.first += 1
        elif truth.protocol and truth.protocol in offered:
            self.listed += 1
        else:
            self.unlinked += 1
        return not wrong


def shares(world: World, count: int = 2_000) -> dict[str, Share]:
    found = {name: Share() for name in SHARES}
    for raw, truth in drawn(world, count):
        found[truth.name].take(truth, answer(world, raw))
    return found


def table(found: dict[str, Share]) -> str:
    lines = [_line("", "n", "proof", "strong", "first", "listed", "none", "wrong")]
    for name, s in found.items():
        lines.append(_line(name, s.n, s.proof, s.strong, s.first, s.listed, s.unlinked, s.wrong))
    return "\n".join(lines)


def _line(name: str, *figures: object) -> str:
    return f"{name:46}" + "".join(f"{figure or '.':>8}" for figure in figures)


if __name__ == "__main__":
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    for title, world in WORLDS.items():
        print(f"\n{title}, {most} bounces\n\n{table(shares(world(), most))}")
