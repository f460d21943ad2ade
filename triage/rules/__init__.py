"""Decisions: pure functions over model types. Each question is answered in one place, here."""
