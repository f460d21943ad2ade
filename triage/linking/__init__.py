"""What a failure is tied to: the delivery, its protocol and author, and the evidence for it.

Pure: whatever must be looked up is asked of a `Lookup`, which the store fulfils.
"""

from triage.linking.ladder import RUNGS, link
from triage.linking.lookup import Lookup
from triage.linking.patterns import Patterns, our_own

__all__ = ["RUNGS", "Lookup", "Patterns", "link", "our_own"]
