"""The queue's lists: ids of a section in order, and the lines of a page of them. Strays have negative ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from triage import clock
from triage.model import Entry, Kind, LetterState, Reason, Section, Stray, Strength, Term
from triage.store import convert
from triage.store.base import Row, Store


def counts(store: Store) -> dict[Section, int]:
    """How many cases and strays lie in each section."""
    rows = store.rows(
        "SELECT section, sum(n) AS n FROM ("
        " SELECT section, count(*) AS n FROM cases GROUP BY section"
        " UNION ALL SELECT section, count(*) FROM messages WHERE section IS NOT NULL GROUP BY section"
        ") GROUP BY section"
    )
    found = {row["section"]: row["n"] for row in rows}
    return {section: found.get(section.value, 0) for section in Section}


def ids(store: Store, section: Section | None, terms: Sequence[Term] = ()) -> list[int]:
    """The ids of a section (None: of all), newest first, that fit all terms."""
    values: list[Any] = []
    case_where, message_where = ["1"], ["m.section IS NOT NULL"]
    if section is not None:
        case_where.append("c.section = ?")
        message_where.append("m.section = ?")
    case_values: list[Any] = [section.value] if section else []
    message_values: list[Any] = [section.value] if section else []
    for term in terms:
        case_sql, message_sql, for_case, for_message = _term(term)
        case_where.append(f"NOT coalesce({case_sql}, 0)" if term.negated else case_sql)
        message_where.append(f"NOT coalesce({message_sql}, 0)" if term.negated else message_sql)
        case_values += for_case
        message_values += for_message
    values = [*case_values, *message_values]
    rows = store.rows(
        "SELECT id FROM ("  # noqa: S608
        " SELECT c.id AS id, c.last_seen AS seen FROM cases c LEFT JOIN authors a ON a.id = c.author"
        f" WHERE {' AND '.join(case_where)}"
        " UNION ALL SELECT -m.id, m.received_at FROM messages m"
        f" WHERE {' AND '.join(message_where)}"
        ") ORDER BY seen DESC, id DESC",
        values,
    )
    return [row["id"] for row in rows]


def page(store: Store, wanted: Sequence[int]) -> list[Entry]:
    """The lines of these ids, in their order; ids that are gone are passed over."""
    found: dict[int, Entry] = {}
    if cases := [i for i in wanted if i > 0]:
        marks = ", ".join("?" for _ in cases)
        for row in store.rows(
            "SELECT c.*, a.name AS author_name, (SELECT l.state FROM letter_items i JOIN letters l ON l.id = i.letter"  # noqa: S608
            " WHERE i.case_id = c.id AND l.state = 'composed' LIMIT 1) AS composed"
            f" FROM cases c LEFT JOIN authors a ON a.id = c.author WHERE c.id IN ({marks})",
            cases,
        ):
            found[row["id"]] = _case_entry(row)
    if messages := [-i for i in wanted if i < 0]:
        marks = ", ".join("?" for _ in messages)
        for row in store.rows(f"SELECT * FROM messages WHERE id IN ({marks})", messages):  # noqa: S608
            found[-row["id"]] = _stray_entry(row)
    return [found[i] for i in wanted if i in found]


def stray(store: Store, message: int) -> Stray | None:
    """A message without a case, by its id."""
    row = store.row("SELECT * FROM messages WHERE id = ? AND section IS NOT NULL", [message])
    if row is None:
        return None
    return Stray(
        id=row["id"],
        received_at=clock.from_store(row["received_at"]),
        kind=Kind(row["kind"]),
        sender=row["sender"],
        subject=row["subject"],
        section=Section(row["section"]),
        source=row["source"],
        new_address=row["new_address"],
        reason=Reason(row["rule"], row["words"]),
        letter=row["letter"],
    )


def kept(store: Store, message: int) -> bytes:
    """What was kept of a message; b"" if there is none."""
    return bytes(store.value("SELECT kept FROM messages WHERE id = ?", [message]) or b"")


def _case_entry(row: Row) -> Entry:
    state = row["open_letter"] or row["composed"]
    return Entry(
        id=row["id"],
        address=row["written"],
        kind=Kind(row["kind"]),
        section=Section(row["section"]),
        strength=Strength(row["strength"]) if row["strength"] else None,
        notices=row["notices"],
        bounces=row["bounces"],
        author=row["author_name"] or "",
        protocol=row["protocol"],
        seen=convert.moment(row["last_seen"]),
        wakes_at=convert.moment(row["wakes_at"]),
        letter=LetterState(state) if state else None,
        held=row["held"] if row["held_until"] and row["held_until"] > clock.to_store(clock.now()) else "",
        taken_by=row["taken_by"],
        closed_because=row["closed_because"],
    )


def _stray_entry(row: Row) -> Entry:
    return Entry(
        id=-row["id"],
        address=row["sender"],
        kind=Kind(row["kind"]),
        subject=row["subject"],
        section=Section(row["section"]),
        bounces=1,
        seen=clock.from_store(row["received_at"]),
    )


# --- filter terms to SQL ---

_Sql = tuple[str, str, list[Any], list[Any]]


def _term(term: Term) -> _Sql:
    """(for a case, for a stray, values of the one, values of the other); a stray fits only what it can have."""
    value = term.value
    pattern = "%" + value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    match term.field:
        case "kind":
            return "c.kind = ?", "m.kind = ?", [value], [value]
        case "domain":
            ends = "%@" + pattern[1:-1]
            return "c.key LIKE ? ESCAPE '\\'", "m.sender LIKE ? ESCAPE '\\'", [ends], ["%@" + pattern[1:]]
        case "notices":
            return "c.notices = ?", "0", [int(value)], []
        case "author":
            return "(a.name LIKE ? ESCAPE '\\' OR c.author = ?)", "0", [pattern, value], []
        case "protocol":
            return "c.protocol LIKE ? ESCAPE '\\'", "0", [pattern[1:]], []
        case "age":
            older = value.startswith(">")
            limit = clock.to_store(clock.now() - timedelta(days=int(value.strip("<>d"))))
            sign = "<" if older else ">="
            return f"c.first_seen {sign} ?", f"m.received_at {sign} ?", [limit], [limit]
        case "is":
            return _is(value)
        case _:
            case_sql = (
                "(c.written LIKE ? ESCAPE '\\' OR c.key LIKE ? ESCAPE '\\' OR c.protocol LIKE ? ESCAPE '\\'"
                " OR a.name LIKE ? ESCAPE '\\' OR c.note LIKE ? ESCAPE '\\')"
            )
            return (
                case_sql,
                "(m.sender LIKE ? ESCAPE '\\' OR m.subject LIKE ? ESCAPE '\\')",
                [pattern] * 5,
                [pattern] * 2,
            )


def _is(value: str) -> _Sql:
    """`is:mine`-like words about state."""
    table = {
        "taken": "c.taken_by <> ''",
        "held": "c.held <> ''",
        "letter": "(c.open_letter IS NOT NULL OR EXISTS (SELECT 1 FROM letter_items i JOIN letters l ON l.id = i.letter"
        " WHERE i.case_id = c.id AND l.state = 'composed'))",
        "noted": "c.note <> ''",
    }
    return table[value], "0", [], []
