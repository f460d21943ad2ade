"""Reading the mailbox: once, or again and again as soon as something comes."""

from __future__ import annotations

import math
import sys
import time

import click

from triage import lang
from triage.cli.frame import App, pass_app
from triage.cli.output import complain, progress, say
from triage.desk import Desk, base, reading
from triage.desk.reading import Progress, Synced
from triage.desk.watching import Event, Offline, Read, Waiting, Watch
from triage.errors import DONE, PARTLY
from triage.lang import _
from triage.text import address, line

_LOG_EVERY = 5.0
"""Seconds between two lines of progress where there is no terminal."""


@click.command(help=_("Read what is new in the mailbox."))
@click.option("--watch", is_flag=True, help=_("Go on, and read again as soon as something comes; Ctrl-C ends it."))
@pass_app
def sync(app: App, watch: bool) -> int:
    with app.desk() as desk:
        return _watch(desk) if watch else _sync_once(desk)


def _sync_once(desk: Desk) -> int:
    meter = _Meter()
    try:
        synced = reading.sync(desk, meter)
    except KeyboardInterrupt:
        meter.wipe()
        say(_("Stopped: one message is read and kept.|Stopped: {n} messages are read and kept.", n=meter.done))
        say(_("The next sync goes on there."))
        return PARTLY
    finally:
        meter.wipe()
    return report(synced)


def _watch(desk: Desk) -> int:
    """A line for everything that comes, for trouble and its end."""
    meter, told = _Meter(), _Told(desk)

    def tell(event: Event) -> None:
        if isinstance(event, Progress):
            meter(event)
            return
        meter.wipe()
        told(event)

    try:
        Watch(desk, tell).run()
    except KeyboardInterrupt:
        meter.wipe()
        say(_("Stopped."))
    finally:
        meter.wipe()
    return DONE


class _Meter:
    """How far, and how fast: a line that replaces itself; without a terminal a line now and then."""

    def __init__(self) -> None:
        self.done = 0
        self._before = 0
        self._began = self._told = time.monotonic()

    def __call__(self, step: Progress) -> None:
        if step.done < self.done - self._before:  # the next folder
            self._before = self.done
        self.done = self._before + step.done
        words = _(
            "{done} of {total}, {rate} a second, {new} new cases",
            done=step.done,
            total=step.total,
            rate=round(self.done / max(0.001, time.monotonic() - self._began)),
            new=step.new,
        )
        if sys.stderr.isatty():
            progress(words)
        elif step.done < step.total and time.monotonic() - self._told >= _LOG_EVERY:
            self._told = time.monotonic()
            click.echo(words, err=True)

    def wipe(self) -> None:
        progress("")


class _Told:
    """What a watch says, on lines with the time; nothing twice."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._is_waiting = False

    def __call__(self, event: Event) -> None:
        match event:
            case Read(synced) if synced.messages or synced.settled or synced.adopted or not self._is_waiting:
                report(synced, f"{base.now():%H:%M} ")
            case Waiting() if not self._is_waiting:
                self._is_waiting = True
                say(_("{time} watching {mailbox}", time=f"{base.now():%H:%M}", mailbox=line(self._desk.mailbox_name)))
            case Offline(error, seconds):
                self._is_waiting = False
                complain(error.message, error.hint)
                say(_("next try in {n} s", n=math.ceil(seconds)))


def report(synced: Synced, lead: str = "") -> int:
    """What a sync brought, in lines; returns the exit code."""
    say(
        lead
        + _(
            "new messages {messages}, known {known}: new cases {new}, failed again {again}, without a case {strays}",
            messages=synced.messages,
            known=synced.known,
            new=len(synced.new),
            again=len(synced.again),
            strays=synced.strays,
        )
    )
    if synced.reopened:
        say(_("one closed case is open again|{n} closed cases are open again", n=len(synced.reopened)))
    if synced.settled or synced.adopted:
        say(
            _(
                "letters found in Sent {settled}, adopted of another store {adopted}",
                settled=synced.settled,
                adopted=synced.adopted,
            )
        )
    if synced.unconfirmed:
        say(
            _(
                "one letter of a program that ended early: `triage letters` shows it"
                "|{n} letters of a program that ended early: `triage letters` shows them",
                n=synced.unconfirmed,
            )
        )
    _report_marked(synced)
    for reference in synced.beyond_three:
        complain(_("Letter {reference} lies in the mailbox and is a fourth notice.", reference=reference))
    if synced.gone:
        say(
            _(
                "one letter has gone from Drafts and is not in Sent: `triage letters` shows it"
                "|{n} letters have gone from Drafts and are not in Sent: `triage letters` shows them",
                n=len(synced.gone),
            )
        )
    for letter in synced.asks:
        complain(
            _(
                "Which addresses is the letter of {day} to {to} about: {subject}",
                day=lang.day(letter.left_at),
                to=address(letter.to) or "?",
                subject=line(letter.subject, 200),
            )
        )
        complain(
            _(
                "Record each: triage record ADDRESS --date {day} --to {to}; then: triage settle {letter} sent",
                day=lang.day(letter.left_at),
                to=address(letter.to) or "?",
                letter=letter.reference or letter.id,
            )
        )
    return PARTLY if synced.beyond_three or synced.asks else DONE


def _report_marked(synced: Synced) -> None:
    marked = synced.marked
    if marked.marked or marked.moved:
        say(_("bounces marked on the server {marked}, moved {moved}", marked=marked.marked, moved=marked.moved))
    if marked.why:
        say(_("could not be marked or moved on the server: {why}", why=line("; ".join(marked.why))))


COMMANDS = (sync,)
