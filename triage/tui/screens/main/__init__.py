"""The main screen: list and case, in layers that each add one thing.

looking    what is shown                      browsing   moving, sections, filter, marks
working    the acts on cases                  syncing    the mailbox is read, progress, trouble
screen     put together                       place      where one stands, what was seen
"""

from triage.tui.screens.main.screen import MainScreen

__all__ = ["MainScreen"]
