"""Reports for people: failed addresses and what is said about them, out of free text.

MTAs differ in words and agree in shape. Asked in this order, the first that answers wins:

- fields of RFC 3464 written into the text (Amazon WorkMail and others);
- a list: an address alone at the beginning of a line, its reason behind and below it (Postfix, Exim, Sendmail, qmail,
  Exchange, Gmail, GMX, Yahoo);
- an SMTP dialogue in which a recipient was refused (Sendmail, InterScan, Postfix);
- an address after words that lead to it ("Your message to …", "Empfänger: …").

Words are in data/bounces/prose.toml.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from triage.bounces import reports
from triage.bounces.addresses import ADDRESS, in_text, is_address, is_of_url, unwrapped, without_xtext
from triage.bounces.reports import LONGEST_DIAGNOSTIC, MOST_RECIPIENTS, Recipient
from triage.bounces.tables import comparable, list_of, table

MOST_TEXT = 64_000
MOST_LINES = 2_000

_ENTRY = re.compile(
    r"(?P<indent>[ \t]{0,80}(?:(?:[*•·o>-]{1,20}|\d{1,5}[.)])[ \t]{1,80})?)"
    r"(?P<open>[<\"'\[(]{0,8})(?:smtp:|mailto:|rfc822;|[a-z]=[^\n@]{0,200}?smtp=)?"
    r"(?P<address>"
    # As somebody mistyped it: whatever stands between angle brackets, or alone on its line.
    r"(?<=<)[^<>@\n]{1,128}@[^<>@\n]{1,255}(?=>)"
    r"|[^\s<>()\[\]@:;\"']{1,128}@[^\s<>()\[\]@:;\"']{0,254}[^\s<>()\[\]@:;,\"'](?=:?[ \t]*$|:[ \t])"
    rf"|{ADDRESS})"
    rf"(?P<close>[>\"'\])]*)(?:[ \t]*<(?:mailto:)?(?P<bracketed>{ADDRESS})>)?"
    r"(?P<after>[ \t]*$|[ \t]*:|[ \t]*\.\.\.|[,;]?[ \t]+(?:on|am|le|il|el)[ \t]\w|[ \t]*\t|[ \t]{2,}"
    r"|[ \t]+[-–(<\[.;]|(?P<sentence>[ \t]))",
    re.I,
)
_FORMER = re.compile(
    r"\(?(?:ultimately |originally )?(?:generated|expanded|addressed|aliased|forwarded)(?: from| to)?:?\s*<?("
    + ADDRESS
    + ")>?",
    re.I,
)
_REFUSED = (
    # >>> RCPT To:<a@b>  /  <<< 550 No such user
    re.compile(
        r"RCPT TO:[ \t]*<?(?P<address>"
        + ADDRESS
        + r")>?[^\n]{0,500}\n(?:[^\n]{0,500}\n){0,2}?[^\n]{0,30}?(?P<said>[45]\d\d[ \-][^\n]*)",
        re.I,
    ),
    # 550 <a@b>... User unknown  /  550 5.1.1 a@b: no such user
    re.compile(
        r"^[^\n\w]{0,8}(?P<said>[45]\d\d[ \-](?:[45]\.\d{1,3}\.\d{1,3} )?<?(?P<address>"
        + ADDRESS
        + r")>?(?:\.\.\.|:|,| )[^\n]*)",
        re.I | re.M,
    ),
    # 550 5.1.1 unknown user <a@b>
    re.compile(r"^[^\n\w]{0,8}(?P<said>[45]\d\d[ \-][^\n<@]{3,80}<(?P<address>" + ADDRESS + r")>[^\n]*)", re.I | re.M),
)
_MAIL_FROM = re.compile(r"MAIL\s+FROM:\s*<?(?P<address>" + ADDRESS + ")", re.I)
_RCPT_TO = re.compile(r"RCPT\s+TO:\s*<?(?P<address>" + ADDRESS + ")", re.I)
_TYPESET = re.compile("\u2019(?!\\S{0,64}@)")
"""An apostrophe as word processors set it, outside addresses."""
# RCPT TO:<b@y> ORCPT=rfc822;a@x (RFC 3461, 4.2): the sender wrote a@x
_ORCPT = re.compile(
    r"RCPT\s+TO:\s*<?(?P<final>" + ADDRESS + r")>?[^\n]{0,200}?\sORCPT=rfc822;(?P<original>[^\s>:,]+)", re.I
)
_REFUSAL = re.compile(r"^[^\n\w]{0,8}(?:Out: |<<< )?(?P<said>[45]\d\d[ \-][^\n]*)", re.I | re.M)
_BETWEEN = re.compile(
    r"[\s:.\"'<\[(*=>-]{0,60}(?:(?:address(?:es)?|to|is|the|an|lautet|for)[\s:\"'<\[(]{1,20})?"
    r"(?:smtp:|mailto:|rfc822;)?\s?[\"'<\[(]{0,3}",
    re.I,
)
_ADDRESS = re.compile(ADDRESS)


@dataclass(slots=True)
class _Entry:
    address: str
    said: list[str]
    former: str = ""


def recipients(text: str) -> list[Recipient]:
    """The failed recipients that a report's text names, each with what is said about it; [] where none is named.

    One more than `MOST_RECIPIENTS` where there are more.
    """
    text = _TYPESET.sub("'", text[:MOST_TEXT])
    found = _fields(text) or _listed(text) or _refused(text) or _led_to(text)
    return _with_originals([each for each in found if may_fail(each.written)][: MOST_RECIPIENTS + 1], text)


def may_fail(name: str) -> bool:
    """No link, and not the mailer daemon whose name stands above a report that was passed on."""
    return name.lower().partition("@")[0] not in table("prose")["daemons"] and not is_of_url(name)


def _with_originals(found: list[Recipient], text: str) -> list[Recipient]:
    """What the sender wrote, where the dialogue in the report names it beside the final recipient."""
    if "orcpt=" not in text.lower():
        return found
    named = {match["final"].lower(): match for match in _ORCPT.finditer(text)}
    return [_with_original(recipient, named.get(recipient.written.lower())) for recipient in found]


def _with_original(recipient: Recipient, named: re.Match[str] | None) -> Recipient:
    original = unwrapped(without_xtext(named["original"], recipient.written)) if named else ""
    if recipient.final or "@" not in original or original.lower() == recipient.written.lower():
        return recipient
    return recipient._replace(written=original, final=recipient.written)


def is_delay(text: str) -> bool:
    """Whether the report is a warning only, and delivery goes on."""
    if list_of("prose", "certainly_delayed").found_in(text):
        return True
    delayed = list_of("prose", "delayed").found_in(text)
    return bool(delayed) and not list_of("prose", "given_up").found_in(text)


def _fields(text: str) -> list[Recipient]:
    lower = text.lower()
    if "final-recipient:" not in lower and "original-recipient:" not in lower:
        return []
    begin = min(
        at
        for at in map(lower.find, ("reporting-mta:", "final-recipient:", "original-recipient:", "action:"))
        if at >= 0
    )
    return list(reports.read(text[begin:], MOST_RECIPIENTS + 1).recipients)


def _listed(text: str) -> list[Recipient]:
    """Addresses at the beginning of lines, all with the indent and bracket of the first."""
    lines = text.split("\n")[:MOST_LINES]
    begin = _opened(lines)
    entries: list[_Entry] = []
    shape: tuple[str, str] | None = None
    for number, line in enumerate(lines):
        found = _ENTRY.match(line) if "@" in line and len(line) < 2_000 else None
        if found and _may_open(found, number, begin, shape, not number or not lines[number - 1].strip()):
            its_shape = (found["indent"].expandtabs(), found["open"][:1])
            if shape is None or shape == its_shape:
                shape = its_shape
                address = unwrapped((found["bracketed"] or found["address"]).rstrip("."))
                if not entries or entries[-1].address != address:
                    entries.append(_Entry(address, []))
                entries[-1].said.append(line[found.start("after") :].lstrip(" \t:."))
                former = _FORMER.search(line, found.end("address"))
                entries[-1].former = entries[-1].former or (former[1] if former else "")
                continue
        if entries:
            entries[-1].said.append(line)
    return _recipients(entries)


def _may_open(
    found: re.Match[str], number: int, begin: int, shape: tuple[str, str] | None, after_empty_line: bool
) -> bool:
    """Without words before it that open a list, only `<a@b>:` and `"a@b":` are strong enough to be an entry."""
    if found["sentence"]:
        return begin >= 0 and number >= begin and after_empty_line
    if begin >= 0 and number >= begin:
        return True
    return bool(found["open"]) and found["after"].strip().startswith(":") and (shape is not None or not found["indent"])


def _opened(lines: list[str]) -> int:
    """The number of the first line after words that open a list, or -1. Words may be wrapped over two lines."""
    openers = list_of("prose", "openers").narrowed(comparable(" ".join(lines)))
    if not openers.phrases:
        return -1
    previous = ""
    for number, line in enumerate(lines):
        current = " ".join(line.lower().split())
        if current and "@" not in current.split(" ", 1)[0] and openers.found_in(f"{previous} {current}"):
            return number
        previous = current
    return -1


def _recipients(entries: list[_Entry]) -> list[Recipient]:
    """Entries without a word of their own share what is said below the last."""
    found: list[Recipient] = []
    said = ""
    for entry in reversed(entries):
        own = " ".join(" ".join(entry.said).split())[:LONGEST_DIAGNOSTIC]
        said = own or said
        former = _FORMER.search(own)
        written = unwrapped(former[1]) if former else entry.former or entry.address
        final = entry.address if written != entry.address else ""
        found.append(Recipient(written=written, final=final, diagnostic=said))
    return _each_once(list(reversed(found)))


def _refused(text: str) -> list[Recipient]:
    """An SMTP dialogue: those refused one by one, else all that were named before the mail as a whole was refused."""
    senders = {found["address"].lower() for found in _MAIL_FROM.finditer(text)}
    found: list[Recipient] = []
    for pattern in _REFUSED:
        for match in pattern.finditer(text):
            if match["address"].lower() not in senders and len(found) <= MOST_RECIPIENTS:
                found.append(_said(match["address"], match["said"]))
    if not found:
        named = [match["address"] for match in _RCPT_TO.finditer(text)][: MOST_RECIPIENTS + 1]
        last = _REFUSAL.search(text) if named else None
        found = [_said(address, last["said"]) for address in named] if last else []
    return _each_once(found)


def _said(address: str, words: str) -> Recipient:
    return Recipient(unwrapped(address.rstrip(".")), diagnostic=words.strip()[:LONGEST_DIAGNOSTIC])


def in_summary(text: str) -> list[Recipient]:
    """Whom our mail was to, where a report sums it up and gives only names of those it did not reach."""
    return _led_to(text[:MOST_TEXT], "summary_leads")


def _led_to(text: str, leads: str = "leads") -> list[Recipient]:
    """Addresses right behind leading words; everything in the text is said about them."""
    lower = text.lower()
    found: dict[int, str] = {}
    if len(lower) != len(text):
        return []
    for lead in table("prose")[leads]:
        at = lower.find(lead)
        while at >= 0 and len(found) <= MOST_RECIPIENTS:
            between = _BETWEEN.match(text, at + len(lead))
            address = _ADDRESS.match(text, between.end() if between else at + len(lead))
            if address and address.start() > at + len(lead):
                found.setdefault(address.start(), unwrapped(address[0].rstrip(".")))
            at = lower.find(lead, at + len(lead))
    said = " ".join(text.split())[:LONGEST_DIAGNOSTIC]
    return _each_once([Recipient(written=found[at], diagnostic=said) for at in sorted(found)])


def _each_once(found: list[Recipient]) -> list[Recipient]:
    """The first mention of each address that is one."""
    first: dict[str, Recipient] = {}
    for recipient in found:
        key = recipient.written.lower()
        if not is_address(recipient.written):
            continue
        if key not in first:
            first[key] = recipient
        elif not first[key].diagnostic:
            first[key] = first[key]._replace(diagnostic=recipient.diagnostic)
    return list(first.values())


def sole_address(text: str, not_these: frozenset[str]) -> str:
    """The only address a text names beside `not_these` (lower case), or ""."""
    others = [found for found in in_text(_MAIL_FROM.sub(" ", text[:MOST_TEXT])) if found.lower() not in not_these]
    distinct = list(dict.fromkeys(found.lower() for found in others))
    return others[0] if len(distinct) == 1 else ""
