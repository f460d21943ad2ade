"""Keys: documented, spoken in both languages, and right when they come in one burst."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from office import Office
from servers import missing
from tui.conftest import monday

from triage import lang
from triage.tui import keys
from triage.tui.keys import keys_markdown
from triage.tui.screens.edit import EditScreen
from triage.tui.screens.main import MainScreen
from triage.tui.screens.reading import ReadingScreen
from triage.tui.screens.review import ReviewScreen
from triage.tui.screens.week import WeekScreen

ROOT = Path(__file__).parents[2]


def test_the_documentation_of_the_keys_is_made_from_them() -> None:
    lang.use("en")
    assert (ROOT / "docs" / "keys.md").read_text("utf-8") == keys_markdown(), (
        "docs/keys.md: python -c 'from triage.tui.keys import keys_markdown; print(keys_markdown(), end=\"\")'"
    )


@pytest.mark.parametrize(
    ("screen", "table"),
    [
        (MainScreen, keys.main),
        (ReviewScreen, keys.review),
        (EditScreen, keys.editing),
        (WeekScreen, keys.week),
        (ReadingScreen, keys.reading),
    ],
)
def test_every_key_in_the_table_has_its_act(screen: type, table: keys.Table) -> None:
    for key in table():
        assert hasattr(screen, f"action_{key.action.partition('(')[0]}"), key


def test_no_key_does_two_things_on_one_screen() -> None:
    for table in (keys.main, keys.review, keys.week, keys.reading):
        bound = [name for key in table() for name in key.keys.split(",")]
        assert len(bound) == len(set(bound))


def test_deliverability_and_authors_are_not_bound_yet() -> None:
    assert not {"D", "P"} & {name for key in keys.main() for name in key.keys.split(",")}


def test_importing_the_screens_is_light_until_they_are_run() -> None:
    code = "import sys, triage.tui; print('textual' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "False"


# --- a real terminal ---

_APP = """\
import sys
from pathlib import Path
from triage import clock, config, lang
from triage.desk import open_desk
from triage.tui import run
lang.use("en")
clock.fix(clock.parse("2026-11-02T08:00"))
sys.exit(run(open_desk(config.load(Path(sys.argv[1])), Path(sys.argv[2]))))
"""


class Terminal:
    """A tmux of its own, with the app in it."""

    def __init__(self, socket: Path, office: Office) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]
        script = office.folder / "app.py"
        script.write_text(_APP, "utf-8")
        command = f"{sys.executable} {script} {office.config} {office.store}; echo left with $?; sleep 60"
        self._run("new-session", "-d", "-x", "80", "-y", "24", command)

    def _run(self, *words: str) -> str:
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        ended = subprocess.run([*self._tmux, *words], capture_output=True, text=True, check=True, env=environment)
        return ended.stdout

    def type(self, keys: str) -> None:
        """All of it at once, as a fast hand or a paste would."""
        self._run("send-keys", "-l", keys)

    def shows(self, wanted: Callable[[str], bool], patience: float = 15.0) -> str:
        """The screen as soon as it is as wanted."""
        ends = time.monotonic() + patience
        while True:
            text = self._run("capture-pane", "-p")
            if wanted(text):
                return text
            assert time.monotonic() < ends, text
            time.sleep(0.05)

    def close(self) -> None:
        self._run("kill-server")


@pytest.fixture
def terminal(office: Office, tmp_path: Path) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        missing("tmux")
    monday(office)
    office.synced().close()
    opened = Terminal(tmp_path / "tmux", office)
    opened.shows(lambda text: "? Keys" in text and "p.weber@" in text)
    yield opened
    opened.close()


def test_keys_in_one_burst_after_the_slash_go_to_the_filter_and_nowhere_else(terminal: Terminal) -> None:
    terminal.type("/dxbeck")
    text = terminal.shows(lambda text: "/ dxbeck" in text)
    assert "✎" not in text
    assert "nothing to undo" in text


def test_a_burst_of_acts_is_done_in_its_order(terminal: Terminal) -> None:
    terminal.type("jx")
    text = terminal.shows(lambda text: "z undoes" in text)
    assert "z undoes: closed info@tragwerk-beck.example" in text


def test_a_burst_sends_nothing(terminal: Terminal, office: Office) -> None:
    terminal.type("AdrYYY")
    terminal.shows(lambda text: "Send this letter?" in text)
    time.sleep(1)
    assert not list(office.letters.glob("*.eml"))


def test_the_app_leaves_the_terminal_as_it_found_it(terminal: Terminal) -> None:
    terminal.type("q")
    terminal.shows(lambda text: "left with 0" in text)
