"""The review: letter by letter, exactly as each will be sent, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Footer, Static
from textual.worker import Worker, WorkerState

from triage import text
from triage.desk import drafting, queue, sending
from triage.desk.sending import Delivered
from triage.errors import TriageError
from triage.lang import LANGUAGES, _
from triage.model import Letter, LetterState
from triage.tui import keys, shown
from triage.tui.screens.base import DeskScreen
from triage.tui.screens.became import Became
from triage.tui.screens.choice import Choice, Option
from triage.tui.screens.edit import EditScreen, Written, in_editor
from triage.tui.screens.reading import ReadingScreen, left_out_text
from triage.tui.screens.send_dialog import SendDialog
from triage.tui.widgets import letter_text

_SETTLED_BY_HAND = (LetterState.HANDED_OVER, LetterState.UNCONFIRMED)


class ReviewScreen(DeskScreen[None]):
    """All letters in work: those up for review first, then those that wait to be settled."""

    CSS_PATH = "review.tcss"
    KEYS = staticmethod(keys.review)
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(keys.review)

    class Step(Message):
        def __init__(self, done: int, total: int) -> None:
            super().__init__()
            self.done, self.total = done, total

    class Ended(Message):
        def __init__(self, delivered: Sequence[Delivered], error: TriageError | None = None) -> None:
            super().__init__()
            self.delivered, self.error = delivered, error

    def __init__(self, letters: list[Letter]) -> None:
        super().__init__()
        self._letters = letters
        self._row = 0
        self._sending = False
        self._gone: dict[int, datetime] = {}
        self._put_off: set[int] = set()
        """Letters about which the question was answered with later."""

    def compose(self) -> ComposeResult:
        yield Static(classes="title", markup=False)
        yield Static(classes="head", markup=False)
        with VerticalScroll(classes="body"):
            yield Static(markup=False)
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self._show()

    # --- showing ---

    @property
    def _letter(self) -> Letter:
        return self._letters[self._row]

    def _reload(self) -> None:
        """Ask the store again; without letters the screen is left."""
        stay_on = self._letter.id if self._letters else 0
        found = self.attempt(lambda: sending.letters_in_work(self.desk))
        if found is None:
            return
        self._letters = found
        if not found:
            self.dismiss()
            return
        rows = {letter.id: row for row, letter in enumerate(found)}
        self._row = rows.get(stay_on, min(self._row, len(found) - 1))
        self._show()

    def _show(self) -> None:
        letter, tones = self._letter, self.tones
        self._gone = self.attempt(lambda: sending.gone(self.desk)) or {}
        where = _("letter {n} of {m}", n=self._row + 1, m=len(self._letters))
        self.query_one(".title", Static).update(letter_text.title(letter, where, tones, self._gone.get(letter.id)))
        self.query_one(".head", Static).update(letter_text.head(letter, tones))
        self.query_one(".body Static", Static).update(shown.block(letter.body))
        self.query_one(VerticalScroll).scroll_home(animate=False)
        self._ask_what_became()

    def _ask_what_became(self) -> None:
        letter = self._letter
        if letter.id not in self._put_off and (letter.id in self._gone or sending.asks(letter)):
            self._put_off.add(letter.id)
            self.ask(Became(letter, self._gone.get(letter.id)), lambda answer: self._settle(letter.id, answer))

    def action_turn(self, by: int) -> None:
        row = self._row + by
        if not 0 <= row < len(self._letters):
            self.refuse(_("This is the last letter.") if by > 0 else _("This is the first letter."))
            return
        self._row = row
        self._show()

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    def action_close(self) -> None:
        if self._sending:
            self.refuse(_("Letters are leaving; a moment."))
        else:
            self.dismiss()

    # --- changing ---

    def _may_change(self) -> bool:
        """Only what is up for review is changed or sent; says why not."""
        if self._sending:
            self.refuse(_("Letters are leaving; a moment."))
            return False
        if self._letter.state is not LetterState.COMPOSED:
            self.refuse(_("Only a letter up for review can be changed or sent."), _("s says what became of this one."))
            return False
        return True

    def _change(self, act: Callable[[], object]) -> None:
        if self.succeeds(act):
            self._reload()

    def action_edit(self) -> None:
        if not self._may_change():
            return
        letter = self._letter
        written = in_editor(self.triage, letter)
        if isinstance(written, Written):
            self._edited(letter.id, written)
        elif written is None:
            self.ask(EditScreen(letter), lambda answer: self._edited(letter.id, answer))
        else:
            self.triage.tell_error(written)

    def _edited(self, letter: int, written: Written | None) -> None:
        if written is not None:
            self._change(lambda: drafting.edit(self.desk, letter, written.subject, written.body))

    def action_language(self) -> None:
        if self._may_change():
            letter = self._letter
            other = next(language for language in LANGUAGES if language != letter.language)
            self._change(lambda: drafting.recompose(self.desk, letter.id, other))
            self.tell(_("Written anew; z brings the old text back."))

    def action_leave_out(self) -> None:
        if not self._may_change():
            return
        items = self._letter.items
        if len(items) == 1:
            self.refuse(_("It is the only address; X throws the letter away."))
            return
        options = [Option(str(item.case), text.address(item.written), text.line(item.protocol)) for item in items]
        letter = self._letter.id
        self.ask(Choice(_("Leave out which address?"), options), lambda case: self._leave_out(letter, case))

    def _leave_out(self, letter: int, case: str | None) -> None:
        if case is not None:
            self._change(lambda: drafting.leave_out(self.desk, letter, int(case)))
            self.tell(_("Written anew; z brings the old text back."))

    def action_discard(self) -> None:
        if self._may_change():
            letter = self._letter
            self._change(lambda: drafting.discard(self.desk, letter.id))
            self.tell(_("Thrown away; z brings it back."))

    def action_undo(self) -> None:
        self._turn(lambda: queue.undo(self.desk), _("There is nothing to undo."))

    def action_redo(self) -> None:
        self._turn(lambda: queue.redo(self.desk), _("There is nothing to redo."))

    def _turn(self, act: Callable[[], object], nothing: str) -> None:
        turned = self.attempt(lambda: (act(),))
        if turned is not None and turned[0] is None:
            self.refuse(nothing)
        elif turned is not None:
            self._reload()

    # --- settling ---

    def action_settle(self) -> None:
        """A person looked into Drafts and Sent, and says what became of the letter."""
        letter = self._letter
        if letter.state not in _SETTLED_BY_HAND:
            self.refuse(_("There is nothing to settle: this letter has not left."))
            return
        if letter.id in self._gone or sending.asks(letter):
            self.ask(Became(letter, self._gone.get(letter.id)), lambda answer: self._settle(letter.id, answer))
            return
        question = _("What became of letter {reference}?", reference=text.line(letter.reference, 20))
        options = [
            Option("sent", _("It was sent: it lies in Sent, or it arrived.")),
            Option("unsent", _("It was not sent: Sent was searched, and its draft is deleted.")),
        ]
        self.ask(Choice(question, options), lambda answer: self._settle(letter.id, answer))

    def _settle(self, letter: int, answer: str | None) -> None:
        if answer is not None:
            self._change(lambda: sending.settle(self.desk, letter, sent=answer == "sent"))

    # --- sending ---

    def action_send(self) -> None:
        if self._may_change():
            self._ask([self._letter])

    def action_send_all(self) -> None:
        ready = [letter for letter in self._letters if letter.state is LetterState.COMPOSED]
        if self._sending:
            self.refuse(_("Letters are leaving; a moment."))
        elif not ready:
            self.refuse(_("No letter is up for review."))
        else:
            self._ask(ready)

    def _ask(self, letters: list[Letter]) -> None:
        outlet = self.attempt(lambda: sending.outlet_name(self.desk))
        if outlet is not None:
            self.ask(SendDialog(letters, outlet), lambda yes: self._send(letters) if yes else None)

    def _send(self, letters: list[Letter]) -> None:
        self._sending = True
        self._tell_step(0, len(letters))
        self.run_worker(lambda: self._deliver(letters), thread=True, exclusive=True, exit_on_error=False)

    def _deliver(self, letters: list[Letter]) -> None:
        """In the worker's thread."""
        try:
            delivered = sending.send(
                self.desk, letters, lambda done, total: _nothing(self.post_message(self.Step(done, total)))
            )
        except TriageError as error:
            self.post_message(self.Ended((), error))
        else:
            self.post_message(self.Ended(delivered))

    def on_review_screen_step(self, message: Step) -> None:
        self._tell_step(message.done, message.total)

    def _tell_step(self, done: int, total: int) -> None:
        self.query_one(".title", Static).update(_("sending … {done} of {total}", done=done, total=total))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            words = text.line(f"{type(event.worker.error).__name__}: {event.worker.error}", 200)
            self.post_message(self.Ended((), TriageError(_("Unexpected: {error}", error=words))))

    def on_review_screen_ended(self, message: Ended) -> None:
        self._sending = False
        if message.error is not None:
            self.triage.tell_error(message.error)
        else:
            self.tell(letter_text.outcome(message.delivered))
        self._reload()
        left_out = [each for delivered in message.delivered for each in delivered.left_out]
        if left_out:
            title = _("Back in review: these may not be notified now")
            self.ask(ReadingScreen(title, left_out_text(left_out, self.tones)))


def _nothing(_value: object) -> None:
    """A progress callback answers nothing."""
