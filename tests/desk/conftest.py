"""An office of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from office import MONDAY, Office

from triage import clock, lang


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    clock.fix(MONDAY)
    lang.use("en")
    yield Office(tmp_path)
    clock.fix(None)
