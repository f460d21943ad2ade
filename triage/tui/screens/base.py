"""What all screens share: the desk, keys that speak the language, errors as toasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual.binding import ActiveBinding
from textual.screen import Screen
from textual.widgets import Input, TextArea

from triage.desk import Desk
from triage.errors import TriageError
from triage.tui import keys
from triage.tui.widgets.case_text import Tones

if TYPE_CHECKING:
    from triage.tui.app import TriageApp

Result = TypeVar("Result")
Value = TypeVar("Value")

WHILE_TYPING = frozenset({"back", "close", "keep"})
"""Actions that a key may call though a line is being typed."""


class DeskScreen(Screen[Result], Generic[Result]):
    """A screen at the desk. `KEYS` is its table in keys.py."""

    KEYS: ClassVar[keys.Table | None] = None

    @property
    def triage(self) -> TriageApp:
        return cast("TriageApp", self.app)

    @property
    def desk(self) -> Desk:
        return self.triage.desk

    @property
    def tones(self) -> Tones:
        return Tones.of(self.app.theme_variables)

    @property
    def active_bindings(self) -> dict[str, ActiveBinding]:
        """With footer words in the language that is spoken now; classes are made before it is known."""
        table = type(self).KEYS
        words = keys.labels((*table(), *keys.filtering())) if table else {}
        return {
            key: active._replace(
                binding=replace(
                    active.binding, description=words.get(active.binding.action, active.binding.description)
                )
            )
            for key, active in super().active_bindings.items()
        }

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that are typed into a line belong to the line."""
        typing = isinstance(self.focused, (Input, TextArea))
        if typing and action in self._own_actions and action not in WHILE_TYPING:
            return False
        return super().check_action(action, parameters)

    @property
    def _own_actions(self) -> set[str]:
        table = type(self).KEYS
        return {key.action.partition("(")[0] for key in table()} if table else set()

    def attempt(self, act: Callable[[], Value]) -> Value | None:
        """Do something at the desk; what a person should read becomes a toast."""
        try:
            return act()
        except TriageError as error:
            self.triage.tell_error(error)
            return None

    def succeeds(self, act: Callable[[], object]) -> bool:
        """`attempt`, for acts that answer nothing."""
        return self.attempt(lambda: (act(),)) is not None

    def tell(self, message: str) -> None:
        """A toast."""
        self.triage.tell(message)

    def refuse(self, message: str, hint: str = "") -> None:
        """Say why a key cannot act."""
        self.triage.tell(message, hint, severity="warning")

    def ask(self, screen: Screen[Value], answered: Callable[[Value | None], object] | None = None) -> None:
        """Open another screen over this one; it outranks what was said before it."""
        self.app.clear_notifications()
        self.app.push_screen(screen, None if answered is None else lambda answer: _nothing(answered(answer)))

    def action_close(self) -> None:
        self.dismiss()


def _nothing(_value: object) -> None:
    """What a callback answers is of no use."""
