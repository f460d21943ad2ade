"""Link cases to a protocol: what may be meant comes first, with what hints at it; words typed find any other."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from triage import lang, text
from triage.desk import evidence, queue
from triage.desk.evidence import Choice, Unsure
from triage.lang import _
from triage.tui.screens.dialog import Dialog
from triage.tui.widgets.case_text import Tones


class LinkDialog(Dialog[str | None]):
    """Answers with the protocol's number."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", priority=True, show=False),
        Binding("up", "move(-1)", priority=True, show=False),
    ]

    def __init__(self, cases: list[int]) -> None:
        super().__init__()
        self._cases = cases
        self._unsure: Unsure | None = None
        self._guesses: list[Choice] = []
        self._found: list[Choice] = []

    def compose(self) -> ComposeResult:
        many = len(self._cases)
        about = _("Link {n} cases to a protocol", n=many) if many > 1 else _("Link the case to a protocol")
        with self.box(about, _("↑↓ choose · Enter links · Esc leaves")):
            yield Static(id="doubt", markup=False)
            yield Input(placeholder=_("number, title or project"))
            yield OptionList(markup=False)
            yield Static(id="empty", markup=False, classes="quiet")

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self._guesses = self.attempt(lambda: evidence.guesses(self.desk, self._cases)) or []
        self._tell_doubt()
        self._find("")

    def _tell_doubt(self) -> None:
        """Why nothing ties the one case to a mail of ours: what a person should know before deciding."""
        if len(self._cases) == 1:
            self._unsure = self.attempt(lambda: evidence.unsure(self.desk, queue.view(self.desk, self._cases[0]).case))
        doubt = self._unsure.doubt if self._unsure else None
        told = self.query_one("#doubt", Static)
        told.display = doubt is not None
        if doubt is not None:
            told.update(Content.assemble((_("Doubt: {why}.", why=lang.label(doubt)), self.tones.warn), "\n"))

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        self._find(event.value.strip())

    def _find(self, words: str) -> None:
        found = self.attempt(lambda: evidence.choices(self.desk, self._cases[0], words)) or []
        guessed = [choice for choice in self._guesses if choice.holds(words)]
        others = [choice for choice in found if choice.number not in {guess.number for guess in guessed}]
        self._found = [*guessed, *others]
        options = self.query_one(OptionList)
        rule = [None] if guessed and others else []
        options.set_options(
            [
                *(Option(_guess(choice, len(self._cases), self.tones)) for choice in guessed),
                *rule,
                *(Option(_line(choice, self.tones)) for choice in others),
            ]
        )
        options.highlighted = 0 if self._found else None
        self._tell_what_to_do(words)

    def _tell_what_to_do(self, words: str) -> None:
        told = self.query_one("#empty", Static)
        told.update(what := self._what_to_do(words))
        told.display = bool(what)

    def _what_to_do(self, words: str) -> str:
        """Where there is nothing to choose from, or nothing to go by."""
        if not self._found:
            return _("No protocol fits; `triage directory import` brings new ones.")
        if self._unsure and not self._guesses and not words:
            return _(
                "Nothing hints at one of them: type a number or a part of a title. Esc, then o, shows the message."
            )
        return ""

    @on(Input.Submitted)
    def chosen(self) -> None:
        row = self.query_one(OptionList).highlighted
        if row is not None and row < len(self._found):
            self.dismiss(self._found[row].number)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._found[event.option_index].number)

    def action_move(self, by: int) -> None:
        options = self.query_one(OptionList)
        if by > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()


def _line(choice: Choice, tones: Tones) -> Content:
    """Number, day, title, project, author: what there is of them."""
    rest = [text.line(part, 60) for part in (choice.project, choice.author) if part]
    if not choice.title:
        return Content.assemble((text.line(choice.number, 20), "bold"), "  ", (_("not in the directory"), tones.warn))
    return Content.assemble(
        (text.line(choice.number, 20), "bold"),
        "  ",
        lang.day(choice.date),
        "  ",
        text.line(choice.title, 60),
        ("".join(f" · {part}" for part in rest), tones.quiet),
    )


def _guess(choice: Choice, many: int, tones: Tones) -> Content:
    """The same, and what hints at it."""
    assert choice.guess is not None
    shared = "  " + _("{n} of {m}", n=choice.cases, m=many) if many > 1 else ""
    return Content.assemble(
        _line(choice, tones),
        "\n  ",
        (evidence.likelihood(choice.guess) + shared, tones.warn),
        ("  " + evidence.hint(choice), tones.quiet),
    )
