"""Triage: the desk for a support team's bounces."""

__version__ = "0.1.0"
