"""Who lives in the demo: authors, firms, projects and their meetings. All invented; all domains reserved (RFC 2606)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

WINTER = timezone(timedelta(hours=1))
SUMMER = timezone(timedelta(hours=2))
REFERENCE = datetime(2026, 11, 23, 9, 0, tzinfo=WINTER)
"""The moment at which the world is drawn up: a Monday morning."""
END = REFERENCE + timedelta(weeks=4)
"""Until then it goes on."""
_FIRST_MONDAY = date(2026, 9, 14)
_WINTER_BEGINS = date(2026, 10, 25)


def moment(week: int, weekday: int, hour: int, minute: int) -> datetime:
    """A time in central Europe, in week 0 to 14 of the demo (10 is that of `REFERENCE`); weekday 0 is Monday."""
    day = _FIRST_MONDAY + timedelta(weeks=week, days=weekday)
    return datetime.combine(day, time(hour, minute), SUMMER if day < _WINTER_BEGINS else WINTER)


@dataclass(frozen=True, slots=True)
class Author:
    id: str
    name: str
    email: str
    company: str
    salutation: str
    title: str = ""
    language: str = "de"
    deputy: str = ""


@dataclass(frozen=True, slots=True)
class Firm:
    """A firm on the lists, and how it makes addresses of its people's names."""

    domain: str
    name: str
    pattern: str = "{first}.{last}"


@dataclass(frozen=True, slots=True)
class Project:
    """A series of meetings: one protocol every `every` weeks from week `start`, `count` of them, and `later` ones."""

    key: str
    name: str
    author: str
    title: str
    team: int
    """How many people its list holds, beside those of the stories."""
    first: int = 1
    """The number of the first meeting; 0: a meeting without a number."""
    start: int = 0
    every: int = 1
    count: int = 10
    weekday: int = 0
    hour: int = 7
    minute: int = 0
    one_mail: bool = False
    """One mail to the whole list instead of one to each."""
    later: tuple[int, ...] = ()
    """The weeks of its meetings after `REFERENCE`."""
    firms: tuple[str, ...] = ()
    """Firms that are surely on the list, a domain for each of their people; the others are drawn by lot."""

    def sent_at(self, index: int) -> datetime:
        week = self.start + index * self.every if index < self.count else self.later[index - self.count]
        return moment(week, self.weekday, self.hour, self.minute)

    def meeting(self, index: int) -> str:
        return f"{self.title} {self.first + index}" if self.first else self.title


AUTHORS = (
    Author("A01", "Karin Roth", "karin.roth@roth-architekten.example", "Roth Architekten", "Frau", deputy="A02"),
    Author("A02", "Ingo Lang", "ingo.lang@roth-architekten.example", "Roth Architekten", "Herr", deputy="A01"),
    Author("A03", "Beate Hoffmann", "b.hoffmann@pm-hoffmann.example", "PM Hoffmann", "Frau", "Dr."),
    Author("A04", "Stefan Krüger", "krueger@krueger-bauleitung.example", "Krüger Bauleitung", "Herr", deputy="A16"),
    Author("A05", "Ayşe Demir", "a.demir@demir-ingenieure.example", "Demir Ingenieure", "Frau"),
    Author("A06", "Urs Zbinden", "u.zbinden@alpin-ingenieure.example", "Alpin Ingenieure AG", "Herr"),
    Author("A07", "Franz Obermayr", "f.obermayr@obermayr-bau.example", "Obermayr Baumanagement", "Herr", "Ing."),
    Author("A08", "Magdalena Nowak", "m.nowak@planwerk-ost.example", "Planwerk Ost", "Frau"),
    Author("A09", "Dieter Vogt", "dieter.vogt@vogt-ingenieure.example", "Vogt Ingenieure", "Herr", deputy="A10"),
    Author("A10", "Claudia Siebert", "claudia.siebert@vogt-ingenieure.example", "Vogt Ingenieure", "Frau"),
    Author("A11", "Emily Carter", "emily.carter@northbridge-pm.example", "Northbridge PM", "Frau", language="en"),
    Author("A12", "James Whitfield", "j.whitfield@northbridge-pm.example", "Northbridge PM", "Herr", language="en"),
    Author("A13", "Priya Raman", "p.raman@hafen-consult.example", "Hafen Consult", "Frau", "Dr.", "en"),
    Author("A14", "Lars Svensson", "lars@fjordlicht.example", "Fjordlicht Planning", "Herr", language="en"),
    Author("A15", "Heike Brandt", "h.brandt@brandt-partner.example", "Brandt + Partner", "Frau"),
    Author("A16", "Murat Aydın", "aydin@krueger-bauleitung.example", "Krüger Bauleitung", "Herr", deputy="A04"),
    Author("A17", "Elisabeth Gruber", "e.gruber@wohnbau-donau.example", "Wohnbau Donau", "Frau", "Mag."),
    Author("A18", "Reto Ammann", "r.ammann@alpin-ingenieure.example", "Alpin Ingenieure AG", "Herr", deputy="A06"),
    Author("A19", "Sven Petersen", "petersen@kuestenplan.example", "Küstenplan", "Herr"),
    Author("A20", "Katarzyna Zielińska", "k.zielinska@planwerk-ost.example", "Planwerk Ost", "Frau", deputy="A08"),
    Author("A21", "Jörg Weidner", "joerg.weidner@stadt-lindenau.example", "Stadt Lindenau", "Herr"),
    Author("A22", "Anke Sommer", "anke@lichtplanung-sommer.example", "Lichtplanung Sommer", "Frau"),
    Author("A23", "Thomas Beck", "thomas.beck@tragwerk-beck.example", "Tragwerk Beck", "Herr", "Dr."),
    Author("A24", "Silke Hartung", "s.hartung@pm-hoffmann.example", "PM Hoffmann", "Frau", deputy="A03"),
    Author("A25", "Georg Pichler", "g.pichler@obermayr-bau.example", "Obermayr Baumanagement", "Herr", deputy="A07"),
)

FIRMS = (
    Firm("planung-sued.example", "Planung Süd GmbH", "{f}.{last}"),
    Firm("bau-huber.example", "Bau Huber GmbH"),
    Firm("tragwerk-beck.example", "Tragwerk Beck"),
    Firm("elektro-haas.example", "Elektro Haas", "{last}"),
    Firm("holzbau-egger.example", "Holzbau Egger", "{f}.{last}"),
    Firm("steiner-partner.example", "Steiner + Partner AG", "{f}.{last}"),
    Firm("haustechnik-lindner.example", "Haustechnik Lindner"),
    Firm("gartenbau-wolf.example", "Gartenbau Wolf", "{last}"),
    Firm("stadt-lindenau.example", "Stadt Lindenau, Hochbauamt"),
    Firm("vermessung-kraus.example", "Vermessung Kraus", "{last}"),
    Firm("brandschutz-adler.example", "Brandschutz Adler", "{f}.{last}"),
    Firm("metallbau-yilmaz.example", "Metallbau Yılmaz", "{f}.{last}"),
    Firm("geologie-mertens.example", "Geologie Mertens", "{last}"),
    Firm("akustik-thoma.example", "Akustik Thoma"),
    Firm("dachdecker-brunner.example", "Dachdeckerei Brunner", "{last}"),
    Firm("klinikum-westheim.example", "Klinikum Westheim"),
    Firm("uni-nordheim.example", "Universität Nordheim, Bauabteilung"),
    Firm("wohnbau-donau.example", "Wohnbau Donau", "{f}.{last}"),
    Firm("alpin-ingenieure.example", "Alpin Ingenieure AG", "{f}.{last}"),
    Firm("fassaden-kowalski.example", "Fassaden Kowalski", "{f}.{last}"),
    Firm("tiefbau-reuter.example", "Tiefbau Reuter"),
    Firm("schlosserei-pohl.example", "Schlosserei Pohl", "{last}"),
    Firm("ib-novak.example", "Ingenieurbüro Novák", "{f}.{last}"),
    Firm("aufzug-berger.example", "Aufzug Berger", "{f}.{last}"),
    Firm("kreis-hellental.example", "Kreis Hellental"),
    Firm("bodengutachter-franke.example", "Bodengutachter Franke", "{last}"),
    Firm("sigeko-baumann.example", "SiGeKo Baumann", "{f}.{last}"),
    Firm("landschaft-erlen.example", "Landschaftsarchitektur Erlen"),
    Firm("fenster-dietl.example", "Fenster Dietl", "{last}"),
    Firm("freemail.example", "", "{first}.{last}"),
    Firm("gmx-mail.example", "", "{first}.{last}"),
    Firm("t-online-mail.example", "", "{f}.{last}"),
)
STADTWERKE = Firm("stadtwerke-nord.example", "Stadtwerke Nord")

_WEEKLY, _EVEN, _ODD = (10, 11, 12, 13), (10, 12), (11, 13)
PROJECTS = (
    # every week
    Project(
        "feuerwache",
        "Neubau Feuerwache Ost",
        "A01",
        "Jour fixe",
        17,
        6,
        1,
        weekday=0,
        hour=7,
        minute=24,
        later=(11, 12, 13, 14),
        firms=("planung-sued.example",) * 8,
    ),
    Project(
        "rathaus", "Sanierung Rathaus Lindenau", "A02", "Baubesprechung", 12, 21, 0, 1, 10, 1, 16, 10, later=_WEEKLY
    ),
    Project("schule", "Erweiterung Grundschule Süd", "A03", "Jour fixe", 12, 8, 0, 1, 10, 3, 11, 35, later=_WEEKLY),
    # every second week, some more often later
    Project("klinik", "Klinikum Westheim, Haus C", "A04", "Bauherrensitzung", 14, 11, 0, 2, 5, 2, 14, 5, later=_WEEKLY),
    Project("bruecke", "Brücke Hellental", "A05", "Planungsrunde", 14, 3, 1, 2, 5, 2, 9, 40, later=_WEEKLY),
    Project("hangar", "Umbau Hangar 3", "A06", "Koordinationssitzung", 14, 6, 0, 2, 5, 4, 10, 15, later=_EVEN),
    Project("wohnhof", "Wohnhof an der Donau", "A07", "Baustellenbesprechung", 14, 14, 1, 2, 5, 3, 15, 20, later=_ODD),
    Project("depot", "Straßenbahndepot Ost", "A08", "Jour fixe", 14, 30, 0, 2, 5, 1, 8, 50, later=_EVEN),
    Project("campus", "Campus Nordheim, Labor 2", "A15", "Nutzergespräch", 14, 2, 1, 2, 5, 4, 13, 0, later=_ODD),
    # now and then
    Project("turnhalle", "Turnhalle am Anger", "A09", "Abnahme", 18, 0, 6, 1, 1, 2, 10, 5),
    Project("kita", "Kita Regenbogen", "A10", "Jour fixe", 16, 1, 2, 6, 2, 3, 9, 10),
    Project("terminal", "Harbour Terminal", "A11", "Progress meeting", 16, 7, 3, 4, 2, 2, 12, 30, one_mail=True),
    Project("bridgehouse", "Bridge House Fit-out", "A12", "Design review", 18, 0, 5, 1, 1, 1, 9, 45),
    Project("pier", "Pier 7 Extension", "A13", "Coordination meeting", 18, 0, 9, 1, 1, 1, 11, 20),
    Project("galerie", "Lichtplanung Galerie am See", "A14", "Lighting workshop", 18, 0, 7, 1, 1, 3, 16, 45),
    Project("parkhaus", "Parkhaus Bahnhof", "A16", "Mängelbegehung", 18, 0, 8, 1, 1, 4, 8, 25),
    Project("donauterrassen", "Donauterrassen", "A17", "Startgespräch", 18, 0, 4, 1, 1, 2, 13, 50),
    Project("gotthard", "Werkhof Gotthard", "A18", "Koordinationssitzung", 18, 1, 3, 5, 2, 0, 14, 40),
    Project("deich", "Deichverstärkung Nord", "A19", "Ortstermin", 18, 0, 9, 1, 1, 3, 10, 30, one_mail=True),
    Project("ostbahnhof", "Vorplatz Ostbahnhof", "A20", "Planungsrunde", 18, 0, 9, 1, 1, 4, 15, 5),
    Project("bauhof", "Städtischer Bauhof", "A21", "Amtsrunde", 18, 0, 10, 1, 1, 0, 7, 41),
    Project(
        "museum",
        "Museum im Speicher",
        "A22",
        "Lichtkonzept",
        18,
        0,
        9,
        1,
        1,
        2,
        9,
        0,
        firms=("planung-sued.example",) * 5,
    ),
    Project("stadthalle", "Stadthalle, Tragwerk Dach", "A23", "Statikrunde", 18, 0, 7, 1, 1, 1, 17, 15),
    Project("fernwaerme1", "Fernwärme Nordring", "A24", "Trassenbesprechung", 9, 0, 8, 1, 1, 2, 10, 2),
    Project("fernwaerme2", "Heizzentrale Nordring", "A25", "Baubesprechung", 9, 4, 5, 3, 2, 2, 10, 31),
)

WOMEN = (
    *("Andrea", "Anna", "Birgit", "Carina", "Christine", "Daniela", "Derya", "Elke", "Eva", "Franziska", "Gabriele"),
    *("Hannah", "Ines", "Jana", "Johanna", "Julia", "Katrin", "Lea", "Leyla", "Maria", "Martina", "Monika", "Nadine"),
    *("Nicole", "Petra", "Regula", "Renate", "Sabine", "Sandra", "Simone", "Sophie", "Stefanie", "Susanne", "Tanja"),
    *("Ulrike", "Ursula", "Verena", "Zeynep", "Agnieszka", "Ewa"),
)
MEN = (
    *("Alexander", "Andreas", "Beat", "Bernd", "Christian", "Daniel", "David", "Emre", "Florian", "Frank", "Gerhard"),
    *("Hannes", "Heinz", "Holger", "Jan", "Jens", "Johannes", "Jürgen", "Kai", "Klaus", "Lukas", "Manfred", "Marcin"),
    *("Markus", "Martin", "Matthias", "Mehmet", "Michael", "Norbert", "Oliver", "Paul", "Peter", "Philipp", "Rainer"),
    *("Ralf", "Roman", "Sebastian", "Tobias", "Uwe", "Wolfgang"),
)
SURNAMES = (
    *("Albrecht", "Arnold", "Arslan", "Bauer", "Baumgartner", "Bergmann", "Böhm", "Brandl", "Braun", "Busch", "Çelik"),
    *("Dietrich", "Doğan", "Ebner", "Eder", "Engel", "Fankhauser", "Fischer", "Frank", "Friedrich", "Fuchs", "Geiger"),
    *(
        "Graf",
        "Günther",
        "Haas",
        "Hahn",
        "Hartmann",
        "Heinrich",
        "Herrmann",
        "Hofer",
        "Horn",
        "Huber",
        "Jansen",
        "Jung",
    ),
    *("Kaiser", "Kaya", "Keller", "Kluge", "Koch", "Köhler", "König", "Kowalczyk", "Kraft", "Kuhn", "Lange", "Lehmann"),
    *("Leitner", "Lewandowski", "Lorenz", "Ludwig", "Maier", "Marti", "Mayer", "Moser", "Müller", "Neumann", "Öztürk"),
    *("Otto", "Pfeiffer", "Pichler", "Pohl", "Reiter", "Richter", "Riedl", "Rüegg", "Sauer", "Schäfer", "Schmid"),
    *("Schneider", "Scholz", "Schreiber", "Schröder", "Schubert", "Schulze", "Seidel", "Simon", "Stark", "Steiner"),
    *("Szymański", "Thiel", "Vogel", "Wagner", "Walter", "Weber", "Wegner", "Werner", "Wild", "Winkler", "Wójcik"),
    *("Yılmaz", "Zimmermann", "Zürcher"),
)

_ASCII = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ç": "c", "ğ": "g", "ı": "i", "ş": "s", "ł": "l", "ń": "n", "ó": "o"}
)


def address(firm: Firm, first: str, last: str) -> str:
    """The address that `firm` gives a person of that name."""
    first, last = first.lower().translate(_ASCII), last.lower().translate(_ASCII)
    return f"{firm.pattern.format(first=first, last=last, f=first[0])}@{firm.domain}"
