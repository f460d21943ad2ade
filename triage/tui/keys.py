"""Every key, in one place: bindings, footer, the keys screen and docs/keys.md are made of these tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from triage.lang import _


@dataclass(frozen=True, slots=True)
class Key:
    """Keys (comma between), the action they call, and what it does; `label` puts it in the footer."""

    keys: str
    action: str
    does: str
    label: str = ""

    @property
    def shown(self) -> str:
        return " ".join(_NAMES.get(name, name) for name in self.keys.split(","))

    @property
    def footer_key(self) -> str:
        """The first of them, in lower case where it is a word: the footer is narrow."""
        first = self.shown.split()[0]
        return first.lower() if len(first) > 1 else first


_NAMES = {
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "tab": "Tab",
    "delete": "Del",
    "minus": "-",
    "ctrl+s": "Ctrl+S",
    "ctrl+q": "Ctrl+Q",
}

Table = Callable[[], tuple[Key, ...]]


def bindings(table: Table, priority: bool = True) -> list[BindingType]:
    """The bindings of a screen. They have priority: a key goes where the screen stood when it was typed, not where a
    widget that is about to lose the focus would take it."""
    return [
        Binding(k.keys, k.action, k.label or k.does, show=bool(k.label), key_display=k.footer_key, priority=priority)
        for k in table()
    ]


def moving() -> tuple[Key, ...]:
    return (
        Key("j,down", "move(1)", _("next line")),
        Key("k,up", "move(-1)", _("previous line")),
        Key("pagedown", "leaf(1)", _("a page on")),
        Key("pageup", "leaf(-1)", _("a page back")),
        Key("g,home", "edge(-1)", _("to the first")),
        Key("G,end", "edge(1)", _("to the last")),
        Key("1", "section(1)", _("new: work now")),
        Key("2", "section(2)", _("bin: not provably ours, or unclear")),
        Key("3", "section(3)", _("waiting: a notice is out, or the kind waits")),
        Key("4", "section(4)", _("blocked: three notices and a newer failure")),
        Key("5", "section(5)", _("done")),
        Key("tab", "pane", _("list and case in turn")),
        Key("escape", "back", _("back: cancels a sync, ends a range, clears filter, then marks")),
    )


def choosing() -> tuple[Key, ...]:
    return (
        Key("space", "mark", _("mark and step on"), _("Mark")),
        Key("v", "range", _("mark a range: from here to where the cursor goes")),
        Key("*", "alike", _("mark all alike: domain, author or kind")),
        Key("A", "mark_all", _("mark all shown, or none")),
        Key(
            "/",
            "filter",
            _("filter: words, kind: domain: author: protocol: notices: age: is: and ! for not"),
            _("Filter"),
        ),
        Key(".", "fresh", _("see the new ones")),
    )


def working() -> tuple[Key, ...]:
    return (
        Key("enter", "inspect", _("the case in full, with every failure")),
        Key("l", "link", _("link to a protocol"), _("Link")),
        Key(
            "d",
            "draft",
            _("draft letters, one for each author; with three notices: what was sent, and the ways on"),
            _("Draft"),
        ),
        Key("r", "review", _("review and send letters"), _("Review")),
        Key("x", "done", _("done; in done: take back to work"), _("Done")),
        Key("w", "wait", _("wait until a day")),
        Key("n", "note", _("write a note")),
        Key("@", "take", _("take the case, or give it back")),
        Key("o", "original", _("the raw message")),
        Key("y", "copy", _("copy the address")),
        Key("z", "undo", _("undo"), _("Undo")),
        Key("Z", "redo", _("redo")),
    )


def looking() -> tuple[Key, ...]:
    return (
        Key("s", "sync", _("sync: read the mailbox"), _("Sync")),
        Key("H", "history", _("history: what was done")),
        Key("W", "week", _("the week's numbers")),
        Key("?", "keys", _("these keys; type to narrow"), _("Keys")),
        Key(":", "palette", _("all commands by name")),
        Key("q", "quit", _("quit")),
    )


def main() -> tuple[Key, ...]:
    """All keys of the main screen, in the order of the footer."""
    return (*moving(), *choosing(), *working(), *looking())


def filtering() -> tuple[Key, ...]:
    """Of the filter line, while it is typed."""
    return (Key("enter,down", "leave", _("back to the list; the filter stays"), _("List")),)


def review() -> tuple[Key, ...]:
    return (
        Key("n,right", "turn(1)", _("next letter"), _("Next")),
        Key("p,left", "turn(-1)", _("previous letter")),
        Key("j,down", "scroll(1)", _("scroll down")),
        Key("k,up", "scroll(-1)", _("scroll up")),
        Key("e", "edit", _("edit subject and text"), _("Edit")),
        Key("t", "language", _("write it in the other language"), _("Language")),
        Key("-", "leave_out", _("leave an address out"), _("Leave out")),
        Key("X,delete", "discard", _("throw the letter away"), _("Discard")),
        Key("s", "settle", _("say what became of a letter that left or lies in Drafts"), _("Settle")),
        Key("Y", "send", _("send this letter"), _("Send")),
        Key("S", "send_all", _("send all that are up for review"), _("All")),
        Key("z", "undo", _("undo")),
        Key("Z", "redo", _("redo")),
        Key("escape,q", "close", _("back to the list"), _("Back")),
    )


def editing() -> tuple[Key, ...]:
    return (
        Key("ctrl+s", "keep", _("keep the text"), _("Keep")),
        Key("escape", "close", _("leave it as it was"), _("Cancel")),
    )


def week() -> tuple[Key, ...]:
    return (
        Key("left,h", "turn(-1)", _("the week before"), _("Week before")),
        Key("right,l", "turn(1)", _("the week after"), _("Week after")),
        Key("E", "export", _("write the week to a file"), _("Export")),
        Key("j,down", "scroll(1)", _("scroll down")),
        Key("k,up", "scroll(-1)", _("scroll up")),
        Key("escape,q,W", "close", _("back to the list"), _("Back")),
    )


def reading() -> tuple[Key, ...]:
    """Screens that are only read: a case in full, a raw message, the history, a list of what was left out."""
    return (
        Key("j,down", "scroll(1)", _("scroll down")),
        Key("k,up", "scroll(-1)", _("scroll up")),
        Key("pagedown,space", "leaf(1)", _("a page on")),
        Key("pageup", "leaf(-1)", _("a page back")),
        Key("g,home", "edge(-1)", _("to the first line")),
        Key("G,end", "edge(1)", _("to the last line")),
        Key("escape,q,enter", "close", _("back"), _("Back")),
    )


def groups() -> tuple[tuple[str, tuple[Key, ...]], ...]:
    """What the keys screen and docs/keys.md show, with headings."""
    return (
        (_("Moving"), moving()),
        (_("Choosing"), choosing()),
        (_("Filtering"), filtering()),
        (_("Working"), working()),
        (_("Looking"), looking()),
        (_("Review"), review()),
        (_("Editing a letter"), editing()),
        (_("The week"), week()),
        (_("Reading"), reading()),
    )


def keys_markdown() -> str:
    """docs/keys.md."""
    parts = ["# The keys\n\nMade from `triage/tui/keys.py`; `?` shows the same inside the app.\n"]
    for title, table in groups():
        rows = [f"| {_cell(key.shown)} | {key.does} |" for key in table]
        parts.append("\n".join([f"## {title}\n", "| key | does |", "|---|---|", *rows]) + "\n")
    return "\n".join(parts)


def _cell(shown: str) -> str:
    return " ".join(f"`{name}`" for name in shown.split(" "))


def labels(table: Iterable[Key]) -> dict[str, str]:
    """Action to footer word, in the current language."""
    return {key.action: key.label or key.does for key in table}
