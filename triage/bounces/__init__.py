"""What a bounce says: raw bytes -> `Bounce`. Pure, bounded, never raises; usable alone as a library.

`parse` understands a mail; `kept` is the part of it that may be stored.
"""

from triage.bounces.keeping import kept
from triage.bounces.parsing import parse

__all__ = ["kept", "parse"]
