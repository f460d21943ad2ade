"""The service's own data: lists, protocols and the mails that carried them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from random import Random

from demo_world import lots
from demo_world.cast import AUTHORS, FIRMS, MEN, PROJECTS, STADTWERKE, SURNAMES, WOMEN, Author, Firm, Project, address
from demo_world.stories import BURST, STORIES, Story

_KNOWN = ("feuerwache", 8, 877)
"""Project, index and number of the protocol from which the others are counted."""
_NUMBERS_A_DAY = 5


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    company: str
    address: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A person on the list of one protocol."""

    id: str
    person: Person
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail of the service, to one or several people."""

    message_id: str
    to: tuple[Listed, ...]
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Protocol:
    number: str
    title: str
    project: Project
    index: int
    author: Author
    met_on: date
    sent_at: datetime
    url: str
    mails: tuple[Mail, ...]

    @property
    def subject(self) -> str:
        return f"Protokoll {self.number} {self.title}: {self.project.name}"

    def mail_to(self, wanted: str) -> Mail:
        return next(mail for mail in self.mails if any(one.person.address == wanted for one in mail.to))


def protocols() -> list[Protocol]:
    """All protocols in the order in which they were sent, with their mails."""
    authors = {author.id: author for author in AUTHORS}
    teams = _teams()
    meetings = sorted(
        ((p.sent_at(i), p, i) for p in PROJECTS for i in range(p.count + len(p.later))), key=lambda m: m[0]
    )
    numbers = _numbers(meetings)
    found = []
    serial = count(1)
    for sent_at, project, index in meetings:
        lot = lots(project.key, index)
        people = [p for p in teams[project.key] if lot.random() < 0.75 or p.company == STADTWERKE.name]
        people += _of_stories(project, index)
        listed = [Listed(f"R{next(serial):05}", person, _entered_at(project, person)) for person in people]
        number = numbers[project.key, index]
        found.append(
            Protocol(
                number=number,
                title=project.meeting(index),
                project=project,
                index=index,
                author=authors[project.author],
                met_on=(sent_at - timedelta(days=3 if sent_at.weekday() == 0 else 1)).date(),
                sent_at=sent_at,
                url=f"https://iprot.example/p/{_token(lot, 22)}",
                mails=tuple(_mails(number, project, listed, sent_at, lot)),
            )
        )
    return found


def _entered_at(project: Project, person: Person) -> datetime:
    """Some day before the project's first protocol, in office hours."""
    lot = lots(project.key, person.address)
    day = project.sent_at(0) - timedelta(days=lot.randint(1, 24))
    return day.replace(hour=lot.randint(8, 16), minute=lot.randint(0, 59))


def _mails(number: str, project: Project, listed: list[Listed], sent_at: datetime, lot: Random) -> list[Mail]:
    if project.one_mail:
        return [Mail(f"p{number}.{_token(lot, 12)}@iprot.example", tuple(listed), sent_at)]
    return [
        Mail(f"p{number}.{_token(lot, 12)}@iprot.example", (one,), sent_at + timedelta(seconds=2 * place))
        for place, one in enumerate(listed)
    ]


def _numbers(meetings: list[tuple[datetime, Project, int]]) -> dict[tuple[str, int], str]:
    """Rising with time, with gaps: the service has other customers too."""
    known = next(at for at, project, index in meetings if (project.key, index) == _KNOWN[:2])
    numbers: dict[tuple[str, int], str] = {}
    last = 0
    for at, project, index in meetings:
        last = max(last + 1, _KNOWN[2] + round((at - known) / timedelta(days=1) * _NUMBERS_A_DAY))
        numbers[project.key, index] = f"{at.year}-{last:04}"
    return numbers


def _teams() -> dict[str, list[Person]]:
    """People drawn by lot whose addresses work."""
    taken = {address for story in STORIES for address in (story.address, story.right)}
    teams: dict[str, list[Person]] = {}
    for project in PROJECTS:
        lot = lots(project.key)
        firms = lot.sample(FIRMS, 9)
        sure = [firm for domain in project.firms for firm in FIRMS if firm.domain == domain]
        drawn = [lot.choice(firms) for _ in range(project.team - len(sure))]
        team = [_stranger(lot, firm, taken) for firm in sure + drawn]
        if project.key == BURST[0]:
            team += [_stranger(lot, STADTWERKE, taken) for _ in range(7)]
        elif project.key == BURST[1]:
            team += teams[BURST[0]][-6:]
        teams[project.key] = team
    return teams


def _stranger(lot: Random, firm: Firm, taken: set[str]) -> Person:
    while True:
        first, last = lot.choice(lot.choice((WOMEN, MEN))), lot.choice(SURNAMES)
        found = address(firm, first, last)
        if found not in taken:
            taken.add(found)
            return Person(f"{first} {last}", firm.name, found)


def _of_stories(project: Project, index: int) -> list[Person]:
    failing = [s for s in STORIES if s.project == project.key and (index in s.on or index in s.arrives)]
    right = [s for s in STORIES if s.elsewhere == project.key]
    return [_person(s, s.address) for s in failing] + [_person(s, s.right) for s in right]


def _person(story: Story, written: str) -> Person:
    return Person(story.name, story.firm, written)


def _token(lot: Random, length: int) -> str:
    return "".join(lot.choices("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=length))
