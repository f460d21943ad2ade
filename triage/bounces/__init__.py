"""What a bounce says: raw bytes -> `Bounce`. Pure, bounded, never raises; usable alone as a library.

`parse` understands a mail; `kept` is the part of it that may be stored; `both` gives the two for the price of one.
"""

from triage.bounces.keeping import both, kept
from triage.bounces.parsing import parse

__all__ = ["both", "kept", "parse"]
