"""What staff can do at the desk, one function an act; screens and commands are two faces of it.

base       the desk: settings and store        reading    sync
queue      lists, one case, link, close, undo  drafting   letters up for review
filters    the filter line                     sending    letters leave, and notices beside Triage
directory  import and status                   weekly     the week's numbers and files
classify   understand mails without a store    setup      settings: write, check
demo, world  the built-in mailbox
"""

from triage.desk.base import Desk, LeftOut, open_desk

__all__ = ["Desk", "LeftOut", "open_desk"]
