"""Draw docs/screen.svg: the app on the demo's mailbox, as it is on a terminal of 132 by 36."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

from triage import clock, lang
from triage.desk import Desk, demo, reading
from triage.tui.app import TriageApp

PICTURE = Path(__file__).parents[1] / "docs" / "screen.svg"
SIZE = (132, 36)


async def _drawn(desk: Desk) -> str:
    app = TriageApp(desk, sync_first=False)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        await pilot.press(*"jjjjjj")
        await pilot.pause(0.5)
        return app.export_screenshot(title="triage")


def _self_contained(svg: str) -> str:
    """Without fonts from elsewhere: any monospaced one will do."""
    svg = re.sub(r"@font-face\s*{[^}]*}", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code", "DejaVu Sans Mono, Menlo, Consolas")


def main() -> None:
    clock.fix(datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=1))))
    lang.use("en")
    with demo.open_demo() as desk:
        reading.sync(desk)
        PICTURE.write_text(_self_contained(asyncio.run(_drawn(desk))), "utf-8")


if __name__ == "__main__":
    main()
