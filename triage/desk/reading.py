"""Reading the mailbox: from raw mail to cases, batch by batch, and our own letters found in Drafts and Sent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache, partial

from triage import address, bounces, clock, linking, mailbox
from triage.desk import answers, finding
from triage.desk.ahead import Begun, ahead, fetched
from triage.desk.base import Desk
from triage.mailbox import Marked
from triage.model import Arrival, Batch, Bounce, Evidence, Failure, Letter, Link, Raw, Section, Strength
from triage.store import Store, adopt, cases, directory, journal, keep, ledger, letterbook, links
from triage.store.directory import Lookup
from triage.store.keep import Answer, Kept
from triage.store.links import Found, Unlinked

_LETTERS_BACK = timedelta(days=120)
"""How far back Drafts and Sent are read for letters of ours."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync has come in the folder it reads."""

    done: int
    total: int
    new: int


@dataclass(frozen=True, slots=True)
class Synced:
    """What a sync brought."""

    messages: int = 0
    known: int = 0
    strays: int = 0
    new: tuple[int, ...] = ()
    again: tuple[int, ...] = ()
    reopened: tuple[int, ...] = ()
    settled: int = 0
    """Letters that were found in Sent."""
    adopted: int = 0
    """Letters found there that the store did not know."""
    beyond_three: tuple[str, ...] = ()
    """References of found letters that would have been a fourth notice."""
    unconfirmed: int = 0
    """Letters of a program that ended before it knew."""
    asks: tuple[Letter, ...] = ()
    """Letters found there of which nothing proves what they are about: a person is asked."""
    gone: tuple[int, ...] = ()
    """Letters that have gone from Drafts and do not lie in Sent: a person is asked."""
    in_drafts: frozenset[int] = frozenset()
    """Letters that lie in Drafts."""
    marked: Marked = field(default_factory=Marked)
    """What was done to bounces on the server, where the settings ask for it."""
    cancelled: bool = False

    def plus(self, kept: Kept) -> Synced:
        return replace(
            self,
            messages=self.messages + kept.messages,
            known=self.known + kept.known,
            strays=self.strays + kept.strays,
            new=(*self.new, *kept.new),
            again=tuple(dict.fromkeys((*self.again, *sorted(set(kept.again).difference(self.new))))),
            reopened=(*self.reopened, *kept.reopened),
        )


def sync(
    desk: Desk,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    source: mailbox.Source | None = None,
    *,
    with_letters: bool = True,
) -> Synced:
    """Pull what is new in the mailbox, understand, link and keep it. What a batch brought is kept before the next.

    Our own letters in Drafts and Sent are read first: a store that was restored or made anew has forgotten notices, and
    nothing may be written about a case before they are known again; who reads again and again may do it now and then.
    `cancelled` is asked between batches: nothing is lost, the next sync goes on there. A `source` that is given stays
    open. Raises SourceError, StoreError.
    """
    store = desk.store
    recalled = adopt.recall(store)
    orphans = ledger.recover(store)
    cases.wake(store)
    keep.begin_history(store, clock.now() - timedelta(days=desk.limits.history_days))
    with closing(mailbox.open_source(desk.settings)) if source is None else nullcontext(source) as opened:
        synced = replace(read_letters(desk, opened) if with_letters else Synced(), unconfirmed=len(orphans) + recalled)
        with (
            closing(_pulled(desk, opened, is_ours=source is None)) as coming,
            closing(ahead(coming, partial(_not_kept, store), desk.hide)) as batches,
        ):
            for begun in batches:
                batch = begun.batch
                synced = synced.plus(_keep_batch(desk, begun))
                synced = replace(synced, marked=synced.marked.plus(_mark(desk, opened, batch)))
                if progress is not None:
                    progress(Progress(batch.done, batch.total, len(synced.new)))
                if cancelled is not None and cancelled():
                    return replace(synced, cancelled=True)
    store.set_fact("synced_at", clock.to_store(clock.now()))
    return synced


def _pulled(desk: Desk, source: mailbox.Source, *, is_ours: bool) -> Generator[Batch, None, None]:
    """What came, fetched ahead; not where bounces are marked in between, over the same connection.

    A mailbox that was opened for this sync alone is broken off by who stops in between, another is waited for.
    """
    batches = source.pull(keep.cursors(desk.store))
    if _marks(desk):
        return (batch for batch in batches)
    return fetched(batches, source.leave if is_ours else lambda: None)


def _marks(desk: Desk) -> bool:
    return bool(desk.settings.mailbox.mark or desk.settings.mailbox.move_to)


def _mark(desk: Desk, source: mailbox.Source, batch: Batch) -> Marked:
    """Mark what a kept batch brought of bounces, and nothing else: customers' mail is never touched."""
    if not _marks(desk):
        return Marked()
    by_digest = {digest(raw): raw for raw in batch.raws}
    return source.mark([by_digest[name] for name in keep.bounced(desk.store, by_digest)])


def understand(desk: Desk, raw: Raw, name: str, bounce: Bounce, kept: bytes) -> tuple[Arrival, Found]:
    """One message that was read, linked. Our own addresses are never failures."""
    at = raw.received_at or bounce.date
    lookup = Lookup(desk.store)
    failures = tuple(linking.meant(f, bounce, lookup, desk.patterns, at) for f in _not_ours(desk, bounce))
    bounce = replace(bounce, failures=failures)
    letter = letterbook.letter_by_message_id(desk.store, _our_ids(bounce)) if bounce.is_bounce else None
    found: list[tuple[Link, ...]] = []
    if letter is not None and _is_about_others(desk, letter, failures):
        letter = None
    for failure in failures:
        of_letter = _link_to_letter(desk, letter, failure)
        found.append((of_letter,) if of_letter else linking.climb(failure, bounce, lookup, desk.patterns, at))
    arrival = Arrival(raw, name, kept, bounce, tuple(next(iter(each), None) for each in found), letter)
    carried = desk.patterns.carried(bounce.returned.text) if failures and bounce.returned else ""
    return arrival, Found(tuple(found), carried)


def _not_ours(desk: Desk, bounce: Bounce) -> list[Failure]:
    return [failure for failure in bounce.failures if not desk.is_ours(failure.address.key)]


def digest(raw: Raw) -> str:
    """What makes a message itself, wherever it lies: its octets, and its full size where only a part was read.

    Of a message that cannot be read at all nothing is known but its place.
    """
    known = hashlib.sha256(raw.content)
    if raw.is_partial:
        known.update(f"\0{raw.size}".encode())
    if not raw.content:
        known.update(f"\0{raw.source}\0{raw.uidvalidity}\0{raw.uid}".encode())
    return known.hexdigest()


def _not_kept(store: Store, batch: Batch) -> dict[str, Raw]:
    """What of a batch is not in the store, by digest: what lies there twice is one."""
    named = {digest(raw): raw for raw in batch.raws}
    have = keep.known(store, named)
    return {name: raw for name, raw in named.items() if name not in have}


def _keep_batch(desk: Desk, begun: Begun) -> Kept:
    understood = begun.read()
    with desk.store.read():
        linked = [
            understand(desk, raw, name, bounce, kept)
            for (name, raw), (bounce, kept) in zip(begun.fresh.items(), understood, strict=True)
        ]
        answered = {a.digest: told for a, _found in linked if (told := _answers(desk, a))}
    arrivals = [
        replace(a, letter=answers.answered_letter(answered[a.digest], a.letter)) if a.digest in answered else a
        for a, _found in linked
    ]
    found = {arrival.digest: found for arrival, found in linked}
    kept = keep.keep(desk.store, arrivals, begun.batch.cursor, answered, found)
    return replace(kept, known=len(begun.batch.raws) - kept.messages)


def _answers(desk: Desk, arrival: Arrival) -> list[Answer]:
    told = answers.answers_to(desk, arrival.raw, arrival.bounce)
    return [replace(answer, detail=desk.hide(answer.detail)) for answer in told]


def _our_ids(bounce: Bounce) -> Sequence[str]:
    returned = bounce.returned.message_id if bounce.returned else ""
    return [identity for identity in (bounce.original_message_id, returned) if identity]


def _link_to_letter(desk: Desk, letter: int | None, failure: Failure) -> Link | None:
    """A letter of ours did not arrive: its addressee's address becomes a case of its own, with proof."""
    if letter is None:
        return None
    ours: Letter = letterbook.letter(desk.store, letter)
    if address.parse(ours.to).key != failure.address.key:
        return None
    return Link("", "", Strength.PROOF, Evidence.MESSAGE_ID, ours.message_id.strip("<>"))


def _is_about_others(desk: Desk, letter: int, failures: Sequence[Failure]) -> bool:
    """It names the letter, but says that mail to somebody on a list failed, and not to the letter's addressee.

    An address that nobody knows may be where the addressee's mail is forwarded to.
    """
    if any(_link_to_letter(desk, letter, failure) for failure in failures):
        return False
    return any(directory.recipient_with(desk.store, failure.address.key, "") for failure in failures)


def read_letters(desk: Desk, source: mailbox.Source) -> Synced:
    """Take note of our letters in Drafts and Sent: all of them the first time, then those of the last months."""
    began = clock.now()
    read_in = "\n".join([source.name, *(name for name, _is_sent in source.own_folders()), str(finding.filed_in(desk))])
    found = finding.look(desk, source, _letters_since(desk, read_in))
    desk.store.set_fact("letters_read_in", read_in)
    desk.store.set_fact("letters_read_at", clock.to_store(began))
    return Synced(
        settled=found.settled,
        adopted=found.adopted,
        beyond_three=found.beyond_three,
        asks=found.asks,
        gone=found.gone,
        in_drafts=found.in_drafts,
    )


def _letters_since(desk: Desk, read_in: str) -> date | None:
    """From some months before they were read last; None, that is all of them, if others were, or those elsewhere."""
    if desk.store.fact("letters_read_in") != read_in:
        return None
    read = desk.store.fact("letters_read_at")
    return (min(clock.from_store(read), clock.now()) - _LETTERS_BACK).date() if read else None


def link_again(desk: Desk) -> int:
    """Try failures that nothing counts for once more, after a directory import; returns in how many cases one does."""
    linked = 0

    @lru_cache(maxsize=2)  # a message with hundreds of recipients is read once, and asks once
    def read(content: bytes, carried: str) -> tuple[Bounce, Lookup]:
        return _recalled(content, carried), Lookup(desk.store)

    for case in links.unlinked_cases(desk.store):
        with desk.store.write():
            failures = links.unlinked_failures(desk.store, case, only_news=True)
            touched = {case, *(_link_once_more(desk, f, *read(f.raw.content, f.carried)) for f in failures)}
            before = {each: cases.by_id(desk.store, each) for each in sorted(touched)}
            for each, was in before.items():
                now = cases.refresh(desk.store, each)
                if was is None or now is None or now.closed_because == cases.MOVED:
                    continue
                if was.section is Section.DONE is not now.section:
                    journal.note(desk.store, "reopened", case=each)
                if was.last_failed != now.last_failed or was.section is Section.BIN is not now.section:
                    linked += 1
                    journal.note(desk.store, "linked", case=each, detail=now.protocol)
    return linked


def _link_once_more(desk: Desk, failure: Unlinked, bounce: Bounce, lookup: Lookup) -> int:
    """Returns the case that the failure belongs to, once it is known which address its report meant."""
    at = failure.raw.received_at
    ours = _not_ours(desk, bounce)
    for told in [*ours[failure.position : failure.position + 1], *ours]:
        meant = linking.meant(told, bounce, lookup, desk.patterns, at)
        if failure.key in (cases.key_of(told.address), cases.key_of(meant.address)):
            is_elsewhere = cases.key_of(meant.address) != failure.key
            if is_elsewhere and not links.is_movable(desk.store, failure.case):
                meant, is_elsewhere = told, False  # it stays with what people did about it, and is a guess there
            links.relink(desk.store, failure.id, linking.climb(meant, bounce, lookup, desk.patterns, at))
            return links.move(desk.store, failure, meant) if is_elsewhere else failure.case
    return failure.case


def recalled(failure: Unlinked) -> Bounce:
    """The bounce as far as it was kept, with what the body of the returned mail carried."""
    return _recalled(failure.raw.content, failure.carried)


def _recalled(content: bytes, carried: str) -> Bounce:
    bounce = bounces.parse(content)
    if not carried or bounce.returned is None:
        return bounce
    return replace(bounce, returned=replace(bounce.returned, text=carried))
