"""The patterns of [linking], tried on the bounces that came last: what each matched, and what to do if it matches none.

A pattern that matches nothing breaks nothing that anybody would see; cases just lie in the bin. `triage check` tells.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from triage import bounces, lang, linking, text
from triage.desk.base import Desk
from triage.lang import _
from triage.linking.templates import Tag
from triage.model import Bounce, Evidence, Raw
from triage.store.directory import Lookup
from triage.store.links import last_bounces

LOOKED_AT = 100
"""Bounces, the newest."""
_HIDDEN = re.compile(r"~[a-p]{32}")
"""The keyed hash of a link's token."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one pattern."""

    setting: str
    bounces: int
    """In how many of them it matched."""
    example: str = ""
    """The newest match, for eyes, without what opens a protocol or signs a mail."""
    valid: int | None = None
    """In how many the token was ours; None for a pattern without one."""


@dataclass(frozen=True, slots=True)
class Trial:
    bounces: int
    evidence: tuple[tuple[Evidence | None, int], ...]
    """What tied them to a protocol, or hints at one, and how many; the most frequent first."""
    tried: tuple[Tried, ...]


def trial(desk: Desk) -> Trial:
    """Try all patterns that are set. Raises SettingsError for a key that cannot be had, StoreError."""
    kept = last_bounces(desk.store, LOOKED_AT)
    read = [_recalled(raw, carried) for raw, carried, _evidence in kept]
    counted = Counter(Evidence(evidence) if evidence else None for _raw, _carried, evidence in kept)
    return Trial(len(kept), tuple(counted.most_common()), tuple(_tried(desk, read)))


def _recalled(raw: Raw, carried: str) -> Bounce:
    """As it was kept, of the moment at which it came: its own date may be any."""
    bounce = replace(bounces.parse(raw.content), date=raw.received_at)
    return replace(bounce, returned=replace(bounce.returned, text=carried)) if bounce.returned and carried else bounce


def _tried(desk: Desk, read: Sequence[Bounce]) -> Iterator[Tried]:
    patterns = desk.patterns
    if patterns.url_regex is not None:
        yield _count("protocol_url", read, lambda bounce: _links(patterns, bounce))
    if patterns.number_regex is not None:
        yield _count("protocol_number", read, lambda bounce: _numbers(patterns, bounce))
    if patterns.header:
        yield _count("header", read, lambda bounce: _headers(desk.settings.linking.header.strip(), bounce))
    if patterns.verp is not None:
        yield _count_tags(desk, "verp", read, linking.Search.tags, patterns.verp.is_signed)
    if patterns.message_id is not None:
        yield _count_tags(desk, "message_id", read, linking.Search.id_tags, patterns.message_id.is_signed)


def _count(setting: str, read: Sequence[Bounce], matches: Callable[[Bounce], Iterable[str]]) -> Tried:
    found = [first for bounce in read if (first := next(iter(matches(bounce)), ""))]
    return Tried(setting, len(found), text.line(found[0], 100) if found else "")


def _links(patterns: linking.Patterns, bounce: Bounce) -> Iterator[str]:
    returned = bounce.returned
    return (_HIDDEN.sub("~…", url) for url, _number in patterns.links(returned.text if returned else ""))


def _numbers(patterns: linking.Patterns, bounce: Bounce) -> Iterator[str]:
    """In subject, custom headers and text of the returned mail: where linking looks."""
    if bounce.returned is not None:
        custom = (value for name, value in bounce.returned.headers if name.startswith("x-"))
        yield from patterns.numbers("\n".join([bounce.returned.subject, *custom, bounce.returned.text]))


def _headers(name: str, bounce: Bounce) -> Iterator[str]:
    headers = bounce.returned.headers if bounce.returned else ()
    return (f"{name}: {value.strip()}" for written, value in headers if written == name.lower() and value.strip())


def _count_tags(
    desk: Desk,
    setting: str,
    read: Sequence[Bounce],
    tags: Callable[[linking.Search], Iterator[Tag]],
    is_signed: bool,
) -> Tried:
    found: list[Tag] = []
    valid = 0
    for bounce in read:
        searches = list(_searches(desk, bounce))
        tagged = [(search, tag) for search in searches for tag in tags(search)]
        found += [tag for _search, tag in tagged[:1]]
        valid += any(search.signed(tag) for search, tag in tagged)
    example = text.line(_unsigned(found[0]), 100) if found else ""
    return Tried(setting, len(found), example, valid if is_signed else None)


def _searches(desk: Desk, bounce: Bounce) -> Iterator[linking.Search]:
    lookup = Lookup(desk.store)
    for failure in bounce.failures:
        meant = linking.meant(failure, bounce, lookup, desk.patterns, bounce.date)
        yield linking.Search(meant, bounce, lookup, desk.patterns, bounce.date)


def _unsigned(tag: Tag) -> str:
    return tag.written.replace(tag.token, "…") if tag.token else tag.written


# --- in words ---


def words(tried: Tried, of: int) -> str:
    """What came of a pattern, in one sentence."""
    if not tried.bounces:
        return _("not in the one bounce|in none of {n} bounces", n=of)
    found = _("in {n} of {of} bounces, e.g. {example}", n=tried.bounces, of=of, example=tried.example)
    if tried.valid is None:
        return found
    return found + "; " + _("the token is ours in {n} of them", n=tried.valid)


def advice(tried: Tried) -> str:
    """What to do about a pattern that does not match, or whose tokens are not ours; "" if it does."""
    if not tried.bounces:
        return {
            "protocol_url": _(
                "Compare it with a link in one of your mails. Links of bounces read before it was set are not kept."
            ),
            "protocol_number": _(
                "Try the expression on the subject of one of your mails; leave it empty without numbers."
            ),
            "header": _("Does it stand in your mails? Few servers return none of their headers."),
            "verp": _(
                "Compare it with the envelope sender of your mails; the mailbox must keep it as To, Delivered-To or"
                " X-Original-To."
            ),
            "message_id": _("Compare it with the Message-ID of one of your mails."),
        }[tried.setting]
    if tried.valid == 0:
        return _(
            "Is the key the one that signs, and the token made of number, line end and address? See docs/linking.md."
        )
    return ""


def evidence_words(found: Trial) -> Iterator[str]:
    """What tied the bounces to protocols, a line each."""
    for evidence, count in found.evidence:
        yield f"{count:>4}  {lang.label(evidence) if evidence else _('nothing hints at a protocol')}"
