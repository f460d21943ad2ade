"""A fixed number of damaged mails; `python scripts/fuzz.py --seconds 600` runs as long as one likes."""

from __future__ import annotations

import random

import fuzz
import pytest

MAILS = fuzz.seeds(fuzz.MAILS)


@pytest.mark.parametrize("seed", range(4))
def test_a_thousand_damaged_mails_do_no_harm(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(1_000):
        raw = fuzz.damaged(MAILS, chance)
        assert fuzz.complaint(raw) == "", raw


def test_the_fuzzer_notices_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(raw: bytes) -> None:
        raise ValueError(raw)

    monkeypatch.setattr(fuzz, "parse", broken)
    assert fuzz.complaint(b"x").startswith("raised ValueError")
