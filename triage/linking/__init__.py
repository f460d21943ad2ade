"""What a failure is tied to: the delivery, its protocol and author, and the evidence for it.

    meant      which address of ours a report means           templates  tagged return paths and signed Message-IDs
    ladder     the rungs, strongest first                     patterns   how our own mails are known again
    guesses    the last rung: scored, for a person            similar    how like two addresses are
    doubts     what speaks against a link                     lookup     what is asked of the store

Pure: whatever must be looked up is asked of a `Lookup`, which the store fulfils.
"""

from triage.linking.doubts import Doubt, why_not
from triage.linking.ladder import RUNGS, climb, link
from triage.linking.lookup import Lookup
from triage.linking.meant import meant
from triage.linking.patterns import Patterns, our_own
from triage.linking.search import Search

__all__ = ["RUNGS", "Doubt", "Lookup", "Patterns", "Search", "climb", "link", "meant", "our_own", "why_not"]
