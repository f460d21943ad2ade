"""Why a mail was not delivered: action, codes and text of a failure -> `Kind` and the `Reason` for it.

Codes lie, so a text that says clearly what is wrong comes first; then a status that is not x.0.0, the enhanced code
inside the diagnostic, a text that only hints, the reply code. The tables are data/bounces/phrases.toml and codes.toml.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

from triage.bounces.tables import Phrases, comparable, phrases, plain, plain_phrases, table
from triage.model import Kind, Reason

LONGEST_TEXT = 6_000
LONGEST_WORDING = 800
"""Longer texts are no answer of one sentence or two, and speak of too much."""

# What stands before is looked at behind the first character: so most places are passed over at once.
_ENHANCED = re.compile(r"([45])(?<![\d.].)\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"([45](?<![\d.\-:/#].)[0-5]\d)(?=[\s\-#:;,]|$)(?!-\d{2})")
_REPLY_GOES_ON = re.compile(r"-(?<=\s[245]\d\d-)")
_MULTILINE_REPLY = re.compile(r"\s(?<=[\s\w.]\s)[245]\d\d-(?:[245]\.\d{1,3}\.\d{1,3}\s)?\s*")

_CLAUSE_END = re.compile(r"[.,;!?。、](?:\s|$)| [-–/] |\S*@\S*")
_BETWEEN_WORDS = re.compile(r"[^\w'-]+|(?<=[dl])'")  # l'utente: two words

DELAYED_ACTIONS = frozenset({"delayed", "delay"})
DELIVERED_ACTIONS = frozenset({"delivered", "relayed", "expanded", "deliverable"})


@dataclass(frozen=True, slots=True)
class Rule:
    """Phrases that speak for a kind; `beside`, where given, must stand somewhere in the text too."""

    name: str
    kind: Kind
    words: Phrases
    beside: Phrases | None = None

    def found_in(self, text: str) -> str:
        words = self.words.found_in(text)
        return words if words and (self.beside is None or self.beside.found_in(text)) else ""


@dataclass(frozen=True, slots=True)
class Wording:
    """Words for what is spoken of, for what is not meant, and what may be said of it: other words of clear rules."""

    subjects: Phrases
    stems: tuple[str, ...]
    """What every text has that names a subject: asked first, for it is cheap."""
    others: Phrases
    verdicts: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Tables:
    clear: tuple[Rule, ...]
    hints: tuple[Rule, ...]
    wording: dict[Literal["of_sender", "of_mailbox", "of_domain"], Wording]
    status: dict[str, Kind]
    vague: dict[str, Kind]
    reply: dict[str, Kind]


@cache
def tables() -> Tables:
    """The phrases and codes, read once."""
    said, codes = table("phrases"), table("codes")
    clear = tuple(_rule(entry) for entry in said["clear"])
    kinds = {rule.name: rule.kind for rule in clear}
    return Tables(
        clear=clear,
        hints=tuple(_rule(entry) for entry in said["hint"]),
        wording={name: _wording(said["wording"][name], kinds) for name in ("of_sender", "of_mailbox", "of_domain")},
        **{name: {code: Kind(kind) for code, kind in codes[name].items()} for name in ("status", "vague", "reply")},
    )


def _rule(entry: dict[str, Any]) -> Rule:
    beside = phrases(entry["beside"]) if "beside" in entry else None
    return Rule(entry["name"], Kind(entry["kind"]), phrases(entry["phrases"]), beside)


def _wording(topic: dict[str, Any], kinds: dict[str, Kind]) -> Wording:
    return Wording(
        plain_phrases(topic["subjects"]),
        tuple(stem for (stem,) in plain_phrases([words.strip() for words in topic["subjects"]]).phrases),
        plain_phrases(topic["others"]),
        tuple(Rule(entry["rule"], kinds[entry["rule"]], plain_phrases(entry["words"])) for entry in topic["verdict"]),
    )


Decision = tuple[Kind, Reason]


def decide(action: str, status: str, diagnostic: str, around: Callable[[], str] = str) -> Decision:
    """The kind of one failure. `around` gives what the report says in prose, asked where the diagnostic is silent."""
    if action in DELAYED_ACTIONS:
        return Kind.DELAYED, Reason("action", action)
    if action in DELIVERED_ACTIONS:
        return Kind.DELIVERED, Reason("action", action)
    if status.startswith("2.") and not action:
        return Kind.DELIVERED, Reason("status", status)
    return (
        _by_diagnostic(diagnostic, status)
        or _by_prose(around(), diagnostic)
        or _by_code(status, tables().vague, "status")
        or _by_class(status)
        or (Kind.UNCLEAR, Reason("nothing known"))
    )


@lru_cache(maxsize=256)
def _by_diagnostic(diagnostic: str, status: str) -> Decision | None:
    """What the other server itself answered before what our own side made of it."""
    whole = _comparable(diagnostic)
    answer = _answer(whole)
    return (
        _by_wording(answer, tables().wording["of_sender"])
        or _by_text(answer, "clear")
        or _by_wording(
            answer, tables().wording["of_mailbox"], is_passing=(status or reply_code(answer)).startswith("4")
        )
        or _by_wording(answer, tables().wording["of_domain"])
        or _by_code(status, tables().status, "status")
        or _by_code(enhanced_code(answer), tables().status, "enhanced code")
        or (_by_text(whole, "clear") if answer != whole else None)
        or _by_text(answer, "hints")
    )


def _by_prose(prose: str, diagnostic: str) -> Decision | None:
    said = _comparable(prose)
    return (
        _by_text(said, "clear")
        or _by_code(enhanced_code(said), tables().status, "enhanced code")
        or _by_reply(reply_code(diagnostic))
        or _by_text(said, "hints")
        or _by_reply(reply_code(prose))
    )


def _answer(text: str) -> str:
    """What stands behind the last words that introduce the other server's answer, if that is more than a word."""
    said = table("phrases")
    begins = [text.rfind(words) + len(words) for words in said["answer_follows"] if words in text]
    if not begins or any(words in text for words in said["answer_to_our_name"]):
        return text
    answer = text[max(begins) :]
    return answer if len(answer) > 8 else text


@lru_cache(maxsize=256)
def _comparable(text: str) -> str:
    text = text[:LONGEST_TEXT]
    return comparable(_MULTILINE_REPLY.sub(" ", text) if _REPLY_GOES_ON.search(text) else text)


def enhanced_code(text: str) -> str:
    """The first enhanced status code (RFC 3463) in a text that says more than "failed", or ""."""
    for found in _ENHANCED.finditer(text[:LONGEST_TEXT]):
        if found[2] != "0" or found[3] != "0":
            return found[0]
    return ""


def reply_code(text: str) -> str:
    """The first SMTP reply code that refuses (4xx, 5xx) in a text, or ""."""
    found = _REPLY.search(text[:LONGEST_TEXT])
    return found[1] if found else ""


@lru_cache(maxsize=256)
def _by_text(text: str, strength: Literal["clear", "hints"]) -> Decision | None:
    if not text:
        return None
    rules, words_of_rules = _rules(strength)
    for number, words in words_of_rules.all_in(text):
        rule = rules[number]
        if rule.beside is None or rule.beside.found_in(text):
            return rule.kind, Reason(rule.name, words)
    return None


def _by_wording(text: str, topic: Wording, is_passing: bool = False) -> Decision | None:
    """Free wording: a clause that names a subject and says what is wrong with it; for now, only that it is full."""
    if not text or len(text) > LONGEST_WORDING:
        return None
    whole = plain(text)
    if not any(stem in whole for stem in topic.stems):
        return None
    for clause, words in _clauses(text):
        if not topic.subjects.found_in(words) or topic.others.found_in(words):
            continue
        for rule in topic.verdicts:
            if rule.words.found_in(words) and not (is_passing and rule.kind is not Kind.MAILBOX_FULL):
                return rule.kind, Reason(rule.name, clause)
    return None


@lru_cache(maxsize=64)
def _clauses(text: str) -> list[tuple[str, str]]:
    """The clauses of a text, as written and as plain words; without addresses."""
    clauses = ((clause, _BETWEEN_WORDS.sub(" ", plain(clause)).strip()) for clause in _CLAUSE_END.split(text))
    return [(clause.strip()[:200], f" {words} ") for clause, words in clauses if words]


@cache
def _rules(strength: Literal["clear", "hints"]) -> tuple[list[Rule], Phrases]:
    """The phrases of all rules in one list, and the rule of each."""
    pairs = [(rule, phrase) for rule in getattr(tables(), strength) for phrase in rule.words.phrases]
    return [rule for rule, _ in pairs], Phrases(phrase for _, phrase in pairs)


def _by_code(status: str, known: dict[str, Kind], rule: str) -> Decision | None:
    """A whole code ("5.1.1") before its subject and detail alone ("x.1.1"); unknown details say what 0 says."""
    subject = status[1:].rpartition(".")[0]
    kind = known.get(status) or known.get("x" + status[1:]) or known.get(f"x{subject}.0") if status else None
    return (kind, Reason(rule, status)) if kind else None


def _by_reply(code: str) -> Decision | None:
    kind = tables().reply.get(code)
    return (kind, Reason("reply code", code)) if kind else None


def _by_class(status: str) -> Decision | None:
    return (Kind.DELIVERY_PROBLEM, Reason("status", status)) if status.startswith("4.") else None
