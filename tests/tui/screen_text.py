"""A screen as text that a person can read in a diff, and the app on a pilot."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console
from textual.app import App
from textual.pilot import Pilot

from triage.desk import Desk
from triage.tui.app import TriageApp

REWRITE = "TRIAGE_REWRITE_SCREENS"
"""Set in the environment, the screens kept beside the tests are written anew."""

Play = Callable[[Pilot[None]], Awaitable[None]]


def play(desk: Desk, play: Play, size: tuple[int, int] = (80, 24), sync_first: bool = False) -> TriageApp:
    """Open the app on `desk`, let the play act on it, close it."""
    app = TriageApp(desk, sync_first)

    async def run() -> None:
        async with opened(app, size) as pilot:
            await play(pilot)

    asyncio.run(run())
    return app


@asynccontextmanager
async def opened(app: TriageApp, size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        yield pilot


async def settle(pilot: Pilot[None]) -> None:
    """Until the workers are through and the screen is painted."""
    for _round in range(2):
        await pilot.pause()
        await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settle(pilot)


async def type_in(pilot: Pilot[None], written: str) -> None:
    """Type a text into the line that has the focus."""
    await press(pilot, *(character if character != " " else "space" for character in written))


def painted(app: App[None]) -> str:
    """All that is on the terminal, screens beneath a dialog too, as it would be written there."""
    width, height = app.size
    console = Console(
        width=width, height=height, file=io.StringIO(), force_terminal=True, color_system="truecolor", record=True
    )
    console.print(app.screen._compositor.render_update(full=True, screen_stack=app._background_screens))
    return console.export_text(styles=False)


def screen(app: App[None]) -> str:
    """The terminal's lines without the blanks at their ends."""
    return "\n".join(line.rstrip() for line in painted(app).splitlines()).rstrip() + "\n"


def same_as_kept(name: str, shown: str) -> None:
    """Compare with the screen kept in screens/NAME.txt."""
    path = Path(__file__).with_name("screens") / f"{name}.txt"
    if os.environ.get(REWRITE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown, "utf-8")
    assert shown == path.read_text("utf-8"), f"{path.name} differs; {REWRITE}=1 writes it anew"
