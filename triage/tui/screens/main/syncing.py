"""The mailbox is read in a thread of its own; the list stays as it is and says what came."""

from __future__ import annotations

import threading
import time

from textual.message import Message
from textual.worker import Worker, WorkerState

from triage import text
from triage.desk import reading
from triage.desk.reading import Progress, Synced
from triage.errors import TriageError
from triage.lang import _
from triage.tui import shown
from triage.tui.screens.main.working import WorkingScreen
from triage.tui.widgets.bars import TopLine

_GROUP = "sync"


class SyncingScreen(WorkingScreen):
    """Sync, its progress, and what is wrong with the mailbox until it is right again."""

    class Step(Message):
        def __init__(self, progress: Progress) -> None:
            super().__init__()
            self.progress = progress

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, SyncingScreen.Step)

    class Ended(Message):
        def __init__(self, synced: Synced | None, error: TriageError | None = None) -> None:
            super().__init__()
            self.synced = synced
            self.error = error

    def __init__(self) -> None:
        super().__init__()
        self._cancelled = threading.Event()
        self._began: float | None = None
        self._failed: tuple[str, str] | None = None

    @property
    def is_syncing(self) -> bool:
        return self._began is not None

    def action_sync(self) -> None:
        if self.is_syncing:
            self.refuse(_("The mailbox is being read already."), _("Esc cancels."))
            return
        self._began = time.monotonic()
        self._cancelled.clear()
        self._tell_progress(_("reading the mailbox …"))
        self.run_worker(self._read, group=_GROUP, thread=True, exclusive=True, exit_on_error=False)

    def _read(self) -> None:
        """In the worker's thread."""
        try:
            synced = reading.sync(self.desk, lambda progress: self._say(self.Step(progress)), self._cancelled.is_set)
        except TriageError as error:
            self._say(self.Ended(None, error))
        else:
            self._say(self.Ended(synced))

    def _say(self, message: Message) -> None:
        self.post_message(message)

    def action_back(self) -> None:
        if self.is_syncing and not self.filter_line.input.has_focus:
            self._cancelled.set()
            self._tell_progress(_("cancelling …"))
        elif self._failed and not (self.place.filter or self.queue_list.marks or self.queue_list.in_range):
            self._failed = None
            self.tell_trouble()
        else:
            super().action_back()

    def on_unmount(self) -> None:
        self._cancelled.set()

    # --- what it says ---

    def on_syncing_screen_step(self, message: Step) -> None:
        done, total, new = message.progress.done, message.progress.total, message.progress.new
        rate = done / max(0.001, time.monotonic() - (self._began or 0.0))
        many = _("{done} of {total}", done=done, total=total) if total else str(done)
        self._tell_progress(
            _("{many} read, {rate} a second, {new} new · Esc cancels", many=many, rate=int(rate), new=new)
        )

    def _tell_progress(self, words: str) -> None:
        self.query_one(TopLine).tell(self.desk.mailbox_name, words, "")

    def tell_top(self) -> None:
        if not self.is_syncing:
            super().tell_top()

    def troubles(self) -> list[tuple[str, str]]:
        return [*([self._failed] if self._failed else []), *super().troubles()]

    def on_syncing_screen_ended(self, message: Ended) -> None:
        self._began = None
        if message.error is not None:
            self._failed = (message.error.message, message.error.hint)
        elif message.synced is not None:
            self._failed = None
            self._tell_synced(message.synced)
        self.count_news()
        if self.queue_list.ids:
            self.refresh_list()
        else:
            self.look()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An error that nobody foresaw: said on the screen, and the app goes on."""
        if event.state is WorkerState.ERROR and event.worker.group == _GROUP:
            words = text.line(f"{type(event.worker.error).__name__}: {event.worker.error}", 200)
            self.post_message(self.Ended(None, TriageError(_("Unexpected: {error}", error=words))))

    def _tell_synced(self, synced: Synced) -> None:
        nothing = not synced.messages and not synced.cancelled
        parts = (
            [_("nothing new in the mailbox")]
            if nothing
            else [_("one message read|{n} messages read", n=synced.messages)]
        )
        if synced.new:
            parts.append(_("one new case|{n} new cases", n=len(synced.new)))
        if synced.reopened:
            parts.append(_("one failed again and is back|{n} failed again and are back", n=len(synced.reopened)))
        if synced.settled:
            parts.append(_("one letter found in Sent|{n} letters found in Sent", n=synced.settled))
        if synced.adopted:
            parts.append(
                _(
                    "one letter adopted that was not known here|{n} letters adopted that were not known here",
                    n=synced.adopted,
                )
            )
        if synced.unconfirmed:
            parts.append(
                _("one letter unconfirmed: r settles it|{n} letters unconfirmed: r settles them", n=synced.unconfirmed)
            )
        if synced.cancelled:
            parts.append(_("cancelled; the next sync goes on there"))
        self.tell(" · ".join(parts))
        if synced.beyond_three:
            references = ", ".join(shown.line(reference).plain for reference in synced.beyond_three[:5])
            self.refuse(
                _("A letter was found that would be a fourth notice: {references}", references=references),
                _("It was sent beside this store; the history of its case shows it."),
            )
