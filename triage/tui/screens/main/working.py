"""The acts on cases: one key each, on the marked ones or the one under the cursor; then the cursor steps on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from triage import text
from triage.desk import Desk, LeftOut, drafting, queue, sending
from triage.desk.drafting import Drafted
from triage.lang import _
from triage.model import Entry, Letter, Refusal, Section, Undoable
from triage.tui.screens.became import SENT, Became, in_question
from triage.tui.screens.fourth import CLOSE, NOTE, FourthNotice
from triage.tui.screens.history import HistoryScreen
from triage.tui.screens.inspect import InspectScreen
from triage.tui.screens.keys_screen import KeysScreen
from triage.tui.screens.link import LinkDialog
from triage.tui.screens.main.browsing import BrowsingScreen
from triage.tui.screens.original import OriginalScreen
from triage.tui.screens.prompts import Prompt, until
from triage.tui.screens.reading import ReadingScreen, left_out_text
from triage.tui.screens.review import ReviewScreen
from triage.tui.screens.week import WeekScreen

_TOLD = 3
"""So many that were left out fit a toast; more are a list."""


class WorkingScreen(BrowsingScreen):
    """What staff do with cases. Every key that cannot act says why."""

    # --- how ---

    def _cases(self, why_not: str) -> list[int]:
        """The chosen that are cases; says why where there are none."""
        cases = [identity for identity in self.chosen() if identity > 0]
        if not cases:
            self.refuse(why_not if self.chosen() else _("There is nothing under the cursor."))
        return cases

    def _current(self) -> Entry | None:
        entry = self.queue_list.current
        if entry is None:
            self.refuse(_("There is nothing under the cursor."))
        return entry

    def _done_with(self, about: Sequence[int]) -> None:
        """After an act: what it was about is unmarked, and the cursor steps on if its case is still here."""
        before = self.queue_list.current_id
        self.queue_list.mark_these(self.queue_list.marks.difference(about))
        self.keep_marks()
        self.refresh_list()
        if len(about) == 1 and before in about and self.queue_list.current_id == before:
            self.queue_list.move(1)

    def _do(self, act: Callable[[], object], about: Sequence[int]) -> None:
        if self.succeeds(act):
            self._done_with(about)

    # --- letters ---

    def action_draft(self) -> None:
        """Letters about the chosen, up for review; a case with three notices answers with what was sent."""
        cases = self._cases(_("A message without a case cannot be written about."))
        drafted = self.attempt(lambda: drafting.draft(self.desk, cases)) if cases else None
        if drafted is None:
            return
        if len(cases) == 1 and drafted.left_out and _is_fourth(drafted.left_out[0]):
            self._show_fourth(cases[0])
            return
        self._done_with([c for c in cases if drafted.letters])
        self._tell_drafted(drafted)

    def _tell_drafted(self, drafted: Drafted) -> None:
        made = len(drafted.letters)
        message = _("one letter up for review: r|{n} letters up for review: r", n=made)
        if not made:
            message = _("No letter was made.")
        left_out = drafted.left_out
        if len(left_out) > _TOLD:
            title = f"{message} {_('{n} left out', n=len(left_out))}"
            self.ask(ReadingScreen(title, left_out_text(left_out, self.tones)))
            return
        why = "\n".join(f"{text.address(x.address, 60)}: {text.line(x.why, 160)}" for x in left_out)
        self.triage.tell(message, why, severity="information" if made else "warning")

    def _show_fourth(self, case: int) -> None:
        view = self.attempt(lambda: queue.view(self.desk, case))
        if view is not None:
            self.ask(FourthNotice(view), lambda way: self._way_on(case, way))

    def _way_on(self, case: int, way: str | None) -> None:
        if way == CLOSE:
            self._do(lambda: queue.close(self.desk, [case], "unreachable"), [case])
        elif way == NOTE:
            self._ask_note(case)

    def action_review(self) -> None:
        letters = self.attempt(lambda: sending.letters_in_work(self.desk))
        if letters:
            self.ask(ReviewScreen(letters), lambda _result: self.refresh_list())
        elif letters is not None:
            self.refuse(_("There are no letters to review."), _("d drafts them."))

    # --- deciding ---

    def action_link(self) -> None:
        cases = self._cases(_("Only cases are linked; a message without one has no address that failed."))
        if cases:
            self.ask(LinkDialog(cases), lambda number: self._link(cases, number) if number is not None else None)

    def _link(self, cases: list[int], number: str) -> None:
        self._do(lambda: queue.link(self.desk, cases, number), cases)

    def action_done(self) -> None:
        """Done; in done, back to work."""
        chosen = self.chosen()
        if not chosen:
            self.refuse(_("There is nothing under the cursor."))
        elif self.section is Section.DONE:
            self._do(lambda: queue.reopen(self.desk, chosen), chosen)
        else:
            self._do(lambda: queue.close(self.desk, chosen), chosen)

    def action_wait(self) -> None:
        cases = self._cases(_("Only cases wait."))
        if cases:
            prompt = Prompt(_("Wait until"), hint=_("A day (2026-12-01), or a number of days (7)."), check=until)
            self.ask(prompt, lambda written: self._wait(cases, written))

    def _wait(self, cases: list[int], written: str | None) -> None:
        day: datetime | None = self.attempt(lambda: until(written)) if written else None
        if day is not None:
            self._do(lambda: queue.wait(self.desk, cases, day), cases)

    def action_note(self) -> None:
        entry = self._current()
        if entry is not None and entry.is_case:
            self._ask_note(entry.id)
        elif entry is not None:
            self.refuse(_("Notes are kept on cases only."))

    def _ask_note(self, case: int) -> None:
        view = self.attempt(lambda: queue.view(self.desk, case))
        if view is not None:
            prompt = Prompt(
                _("Note"), text.line(view.case.written, 60), text.line(view.case.note), empty_is_answer=True
            )
            self.ask(prompt, lambda words: self._note(case, words))

    def _note(self, case: int, words: str | None) -> None:
        if words is not None and self.succeeds(lambda: queue.note(self.desk, case, words)):
            self.refresh_list()

    def action_take(self) -> None:
        cases = self._cases(_("Only cases are taken."))
        if cases and self.attempt(lambda: queue.take(self.desk, cases)) is not None:
            self.refresh_list()

    # --- looking closer ---

    def action_inspect(self) -> None:
        entry = self._current()
        if entry is not None and entry.is_case:
            view = self.attempt(lambda: queue.view(self.desk, entry.id))
            if view is not None:
                self.ask(InspectScreen(view))
                self._ask_what_became(view.letters)
        elif entry is not None:
            self.action_original()

    def _ask_what_became(self, letters: Sequence[Letter]) -> None:
        """Of a letter about the case that has gone from Drafts, or whose addresses nothing proves."""
        found = self.attempt(lambda: (in_question(self.desk, letters),))
        if found and found[0]:
            letter, gone_since = found[0]
            self.ask(Became(letter, gone_since), lambda answer: self._became(letter, answer))

    def _became(self, letter: Letter, answer: str | None) -> None:
        if answer is not None and self.succeeds(lambda: sending.settle(self.desk, letter.id, sent=answer == SENT)):
            self.refresh_list()

    def action_original(self) -> None:
        """The newest message of a case, or the stray itself."""
        entry = self._current()
        if entry is None:
            return
        message = -entry.id
        if entry.is_case:
            view = self.attempt(lambda: queue.view(self.desk, entry.id))
            if view is None or not view.failures:
                self.refuse(_("No message came about this address: it is known from a notice."))
                return
            message = view.failures[0].message
        raw = self.attempt(lambda: queue.original(self.desk, message))
        if raw is not None:
            self.ask(OriginalScreen(raw))

    def action_copy(self) -> None:
        entry = self._current()
        if entry is not None:
            self.app.copy_to_clipboard(text.address(entry.address))
            self.tell(_("copied: {address}", address=text.address(entry.address, 60)))

    def action_history(self) -> None:
        events = self.attempt(lambda: queue.history(self.desk))
        if events is not None:
            cases = sorted({event.case for event in events if event.case})
            names = self.attempt(lambda: {e.id: e.address for e in queue.page(self.desk, cases)})
            self.ask(HistoryScreen(events, names or {}))

    def action_week(self) -> None:
        self.ask(WeekScreen())

    def action_keys(self) -> None:
        self.ask(KeysScreen())

    def action_palette(self) -> None:
        self.app.action_command_palette()

    def action_quit(self) -> None:
        self.app.exit()

    # --- undo ---

    def action_undo(self) -> None:
        self._turn(queue.undo, _("undone: {label}"), _("There is nothing to undo."))

    def action_redo(self) -> None:
        self._turn(queue.redo, _("done again: {label}"), _("There is nothing to redo."))

    def _turn(self, act: Callable[[Desk], Undoable | None], sentence: str, nothing: str) -> None:
        turned = self.attempt(lambda: (act(self.desk),))
        if turned is None:
            return
        if turned[0] is None:
            self.refuse(nothing)
            return
        self.refresh_list()
        self.tell(sentence.replace("{label}", text.line(turned[0].label, 120)))


def _is_fourth(left_out: LeftOut) -> bool:
    return left_out.refused is not None and left_out.refused.reason is Refusal.THREE_SENT
