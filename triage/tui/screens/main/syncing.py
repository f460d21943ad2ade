"""The mailbox is read in a thread of its own; the list stays as it is and says what came.

One on a server is watched as long as the screen is there; files are read when a person asks for it.
"""

from __future__ import annotations

import math
import threading
import time

from textual.message import Message
from textual.worker import Worker, WorkerState

from triage import text
from triage.desk import reading
from triage.desk.reading import Progress, Synced
from triage.desk.watching import Event, Looking, Offline, Read, Waiting, Watch
from triage.errors import TriageError
from triage.lang import _
from triage.tui import shown
from triage.tui.screens.main.working import WorkingScreen
from triage.tui.widgets.bars import TopLine

_GROUP = "sync"
_PATIENCE = 2.0
"""Seconds that leaving the screen waits for the watch; then it may end by itself."""


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

    class Watched(Message):
        """The watch has something to say; None: it has ended."""

        def __init__(self, event: Event | None, error: TriageError | None = None) -> None:
            super().__init__()
            self.event = event
            self.error = error

    def __init__(self) -> None:
        super().__init__()
        self._cancelled = threading.Event()
        self._began: float | None = None
        self._failed: tuple[str, str] | None = None
        self._watch: Watch | None = None
        self._watching = threading.Thread()
        self._is_asked_for = False
        """A person waits for the answer of this sync: it is told even if nothing came."""
        self._next_try: float | None = None

    @property
    def is_syncing(self) -> bool:
        return self._began is not None

    def action_sync(self) -> None:
        if self.is_syncing:
            self.refuse(_("The mailbox is being read already."), _("Esc cancels."))
            return
        self._is_asked_for = True
        if self._watch is not None:
            self._watch.hurry()
        elif self.desk.settings.mailbox.host:
            self.watch_mailbox()
        else:
            self._begin()
            self.run_worker(self._read, group=_GROUP, thread=True, exclusive=True, exit_on_error=False)

    def _begin(self) -> None:
        self._began = time.monotonic()
        self._next_try = None
        self._cancelled.clear()
        self._tell_progress(_("reading the mailbox …"))

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
            if self._watch is not None:
                self._watch.interrupt()
            self._tell_progress(_("cancelling …"))
        elif self._failed and not (self.place.filter or self.queue_list.marks or self.queue_list.in_range):
            self._failed = None
            self.tell_trouble()
        else:
            super().action_back()

    def on_unmount(self) -> None:
        self._cancelled.set()
        if self._watch is not None:
            self._watch.stop()
            self._watching.join(_PATIENCE)

    # --- watching ---

    def watch_mailbox(self) -> None:
        """Begin to watch. The thread is a daemon: a server that does not answer must not keep anybody here."""
        self._watch = Watch(self.desk, lambda event: self._say(self.Watched(event)))
        self._watching = threading.Thread(target=self._keep_watch, args=(self._watch,), name="watch", daemon=True)
        self._watching.start()

    def _keep_watch(self, watch: Watch) -> None:
        """In the thread."""
        try:
            watch.run()
        except Exception as error:
            if not watch.is_stopped:  # else nobody is left to be told
                told = error if isinstance(error, TriageError) else _unforeseen(error)
                self._say(self.Watched(None, told))

    def on_syncing_screen_watched(self, message: Watched) -> None:
        match message.event:
            case Looking():
                self._begin()
            case Progress() as progress if self.is_syncing:
                self._tell_step(progress)
            case Read(synced):
                self._end(synced, None)
            case Offline(error, seconds):
                self._next_try = time.monotonic() + seconds
                self._end(None, error)
                self.set_timer(1.0, self._count_down)
            case Waiting():
                self.tell_top()
            case None:
                self._watch = None
                self._end(None, message.error)

    def _count_down(self) -> None:
        if self._next_try is not None:
            self.tell_top()
            self.set_timer(1.0, self._count_down)

    def watch_words(self) -> str:
        """Beside the time of the last sync; "" where nobody watches."""
        if self._next_try is not None:
            return _("offline, next try in {n} s", n=max(0, math.ceil(self._next_try - time.monotonic())))
        return _("watching") if self._watch is not None else ""

    # --- what it says ---

    def on_syncing_screen_step(self, message: Step) -> None:
        self._tell_step(message.progress)

    def _tell_step(self, progress: Progress) -> None:
        done, total, new = progress.done, progress.total, progress.new
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
        self._end(message.synced, message.error)

    def _end(self, synced: Synced | None, error: TriageError | None) -> None:
        self._began = None
        if error is not None:
            self._failed = (error.message, error.hint)
        elif synced is not None:
            self._failed = None
            if self._is_asked_for or _is_news(synced):
                self._tell_synced(synced)
        self._is_asked_for = False
        self.count_news()
        if self.queue_list.ids:
            self.refresh_list()
        else:
            self.look()

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """An error that nobody foresaw: said on the screen, and the app goes on."""
        if event.state is WorkerState.ERROR and event.worker.group == _GROUP:
            self.post_message(self.Ended(None, _unforeseen(event.worker.error)))

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
        if synced.marked.why:
            parts.append(_("could not be marked or moved on the server: {why}", why="; ".join(synced.marked.why)))
        if synced.gone:
            parts.append(_("one letter gone from Drafts: r|{n} letters gone from Drafts: r", n=len(synced.gone)))
        if synced.cancelled:
            parts.append(_("cancelled; the next sync goes on there"))
        self.tell(" · ".join(parts))
        if synced.beyond_three:
            references = ", ".join(shown.line(reference).plain for reference in synced.beyond_three[:5])
            self.refuse(
                _("A letter was found that would be a fourth notice: {references}", references=references),
                _("It was sent beside this store; the history of its case shows it."),
            )


def _is_news(synced: Synced) -> bool:
    """Worth a toast though nobody asked."""
    return bool(
        synced.new
        or synced.reopened
        or synced.settled
        or synced.adopted
        or synced.unconfirmed
        or synced.beyond_three
        or synced.marked.why
        or synced.cancelled
    )


def _unforeseen(error: BaseException | None) -> TriageError:
    words = text.line(f"{type(error).__name__}: {error}", 200)
    return TriageError(_("Unexpected: {error}", error=words))
