"""Signs that a message is a report about a delivery, before it is read as one."""

from __future__ import annotations

import re

from triage.bounces.reading import Part
from triage.bounces.tables import comparable, list_of, table

_CODE = re.compile(r"(?<![\w.])(?:[45]\.\d{1,2}\.\d{1,3}|[45][0-5]\d[ -](?=\S))(?![\w.]*@)")
_ENVELOPE_SENDER = re.compile(rb"<\s*>")


def is_certain(root: Part) -> bool:
    """Whether the head alone leaves no doubt: only reports look so, and no mail that a report might return."""
    return (
        bool(root.raw("x-failed-recipients"))
        or root.parameters.get("report-type", "").lower() == "delivery-status"
        or by_sender(root) == 2
        or (by_sender(root) == 1 and by_subject(root))
    )


def is_report(root: Part, prose: str = "", returns_mail: bool = False) -> bool:
    """Whether a message says by its head, and where that leaves a doubt by its text, that it reports a delivery."""
    if root.raw("x-failed-recipients") or root.parameters.get("report-type", "").lower() == "delivery-status":
        return True
    points = by_sender(root) + by_null_sender(root)
    # A parcel may be "nicht zugestellt" too: from a person, the text must speak of mail servers.
    if prose and not points and not returns_mail and not speaks_of_mail(prose):
        return False
    if by_subject(root):
        # A person's subject may say so too; then the text must.
        points += 2 if points or returns_mail or not prose or _begins_as_reports_do(root) else 1
    if points >= 2 or not prose:
        return points >= 2
    return says_undelivered(prose) and points + 1 + returns_mail >= 2


def says_undelivered(prose: str) -> bool:
    return bool(list_of("prose", "says_undelivered").found_in(comparable(prose[:3_000])))


def speaks_of_mail(prose: str) -> bool:
    """Whether a text uses the words or codes of mail servers."""
    text = comparable(prose[:6_000])
    return bool(_CODE.search(text)) or bool(list_of("prose", "speaks_of_mail").found_in(text))


def cause_in_subject(root: Part) -> str:
    """The subject, where MTAs are known to write the cause into it ("Returned mail: User unknown"), or ""."""
    subject = root.header("subject")[:500]
    return subject if subject.lower().startswith(tuple(table("prose")["telling_subjects"])) else ""


def by_sender(root: Part) -> int:
    """2 for the address of a mailer daemon; 1 for a postmaster's, or the name of either, which people may bear."""
    sender = root.header("from").lower()
    local = sender.rpartition("<")[2].partition("@")[0].strip(' "\\<>')
    names = table("prose")
    if local in names["daemons"] or "mailer-daemon@" in sender:
        return 2
    name = sender.partition("<")[0]
    return int(
        local in names["postmasters"] or any(known in name for known in (*names["daemon_names"], *names["postmasters"]))
    )


def by_subject(root: Part) -> bool:
    """Whether the subject is that of a report, and not of a reply to one, nor of a report of success."""
    subject = comparable(root.header("subject")[:500])
    if not list_of("prose", "subjects").found_in(subject):
        return False
    sender = by_sender(root)
    if not sender and (
        subject.startswith(tuple(table("prose")["replies"]))
        or list_of("automatic", "subjects.auto_reply").found_in(subject)
        or is_to_many(root)
    ):
        return False
    return not (sender and of_success(subject))


def _begins_as_reports_do(root: Part) -> bool:
    return comparable(root.header("subject")[:500]).startswith(tuple(table("prose")["subject_begins"]))


def of_success(subject: str) -> str:
    """The words of a subject (see `comparable`) by which a mailer daemon reports a delivery that succeeded, or ""."""
    begins = tuple(table("automatic")["subject_begins"]["delivered"])
    if subject.startswith(begins):
        return subject.partition(":")[0]
    return list_of("automatic", "subjects.delivered").found_in(subject)


def is_to_many(root: Part) -> bool:
    """Newsletters and mailing lists (RFC 2369), which like to speak of bounces."""
    return bool(root.raw("list-unsubscribe")) or comparable(root.header("precedence")) == "list"


def by_null_sender(root: Part) -> bool:
    """The null return path of RFC 5321, 4.5.5, which automatic replies bear too."""
    return bool(_ENVELOPE_SENDER.match(root.raw("return-path").strip()))
