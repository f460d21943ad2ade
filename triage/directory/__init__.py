"""Readers of the directory: files of authors, protocols, recipients and deliveries become rows or rejections.

Nothing is kept here; the store does that.
"""

from triage.directory.reading import read

__all__ = ["read"]
