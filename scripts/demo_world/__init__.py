"""Draws up the demo's world: a made-up planning service, its customers, its mails, and what came back, in ten
weeks before the moment of reference and four after it.

cast.py names the people and projects, stories.py which addresses fail, replies.py what is answered. directory.py makes
the service's own data of them, tables.py its files. reports_*.py write bounces as the mail systems in question do,
strays.py and foreign.py the rest of the mailbox, and mailbox.py puts all of it in order. Everything follows from fixed
dates and from lots drawn in `lots`.
"""

from random import Random

_SEED = "iprot"


def lots(*names: object) -> Random:
    """Lots for the thing of these names: the same in every run, whatever else is drawn."""
    return Random("/".join((_SEED, *map(str, names))))  # noqa: S311 (nothing secret hangs on it)
