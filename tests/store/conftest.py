"""Fixtures of the store's tests."""

from store_world import standing_clock, store

__all__ = ["standing_clock", "store"]
