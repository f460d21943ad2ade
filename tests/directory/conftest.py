"""One PostgreSQL for all tests of the directory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server
