"""Fixtures of the store's tests."""

from conftest_store import standing_clock, store

__all__ = ["standing_clock", "store"]
