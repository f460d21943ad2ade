"""One mail, understood: the order in which it is asked what it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from triage import address
from triage.bounces import automatic, fallback, notifications, prose, signs
from triage.bounces import returned as returning
from triage.bounces.addresses import in_text, typed_address
from triage.bounces.kinds import decide, enhanced_code, reply_code
from triage.bounces.letter import Letter
from triage.bounces.reading import ENCLOSING, MOST_TEXT, Mail, Part, read
from triage.bounces.reports import MOST_RECIPIENTS, STATUS_TYPES, Recipient, reports
from triage.bounces.reports import read as read_report
from triage.bounces.tables import comparable, table
from triage.model import AutoReply, Bounce, Failure, Kind, Reason, Returned

_NAMES_MESSAGE_ID = re.compile(r"^[ \t>*]*(?:original-|x-original-)?message[- ]id:\s*(<[^<>\s]+>)", re.I | re.M)
_RELATED = ("in-reply-to", "references", "x-ms-exchange-parent-message-id", "x-original-message-id")
_RELATED_RETURNED = frozenset(
    {
        "x-original-message-id", "x-google-original-message-id", "x-ms-exchange-parent-message-id",
        "x-microsoft-original-message-id", "original-message-id",
    }
)  # fmt: skip
_COMMA = re.compile(r",(?=[^,@]*@)")
"""Between two addresses, not the comma that somebody wrote for a dot."""
_DEEPEST_FORWARD = 3
_MOST_FORWARDED = 20
_WORST_FIRST = (
    Kind.WRONG_MAILBOX,
    Kind.WRONG_DOMAIN,
    Kind.MAILBOX_DISABLED,
    Kind.OUR_FAULT,
    Kind.SPAM_OR_POLICY,
    Kind.TOO_LARGE,
    Kind.MAILBOX_FULL,
    Kind.DELIVERY_PROBLEM,
    Kind.UNCLEAR,
    Kind.DELAYED,
)


def parse(raw: bytes, mail: Mail | None = None) -> Bounce:
    """What the mail is and which recipients it reports. Never raises. `mail` is `raw`, read before."""
    try:
        mail = mail or read(raw)
        return _with_head(_understood(mail.root, mail.faults), mail)
    except (ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError) as error:
        return Bounce(Kind.UNCLEAR, reason=Reason("unreadable", type(error).__name__), faults=("unreadable",))


@dataclass(slots=True)
class _Finding:
    """What became of a message: a `Bounce` without what stands in its head."""

    kind: Kind
    reason: Reason
    failures: tuple[Failure, ...] = ()
    auto_reply: AutoReply | None = None
    reporting_mta: str = ""
    original_message_id: str = ""
    returned: Returned | None = None


def _understood(root: Part, faults: list[str], depth: int = 0) -> _Finding:
    letter = Letter(root, faults)
    found = reports(letter.parts, faults)
    recipients = [recipient for report in found for recipient in report.recipients]
    if recipients and letter.mentions(*table("automatic")["challengers"]) and automatic.is_challenge(letter.prose):
        finding: _Finding | None = _Finding(Kind.CHALLENGE, Reason("text"))
    else:
        finding = _failed(letter, recipients) if recipients else _from_structure(letter)
    if finding is None and depth < _DEEPEST_FORWARD and (forwarded := _forwarded(letter, depth)):
        return forwarded
    finding = finding or _from_text(letter)
    finding.reporting_mta = next((report.reporting_mta for report in found if report.reporting_mta), "")
    finding.returned = returning.understood(letter.returned) if letter.returned else None
    finding.original_message_id = _original_message_id(letter, finding.returned)
    return finding


def _original_message_id(letter: Letter, returned: Returned | None) -> str:
    """From the returned message, the bounce's own headers, a receipt's fields, or the prose."""
    if returned and returned.message_id:
        return returned.message_id
    if found := returning.message_id(letter.root.header("x-original-message-id")):
        return found
    texts = [part.text for part in letter.parts if part.type.endswith(("disposition-notification", "feedback-report"))]
    for text in [*texts, letter.prose]:
        named = _NAMES_MESSAGE_ID.search(text[:MOST_TEXT])
        if named and (found := returning.message_id(named[1])):
            return found
    return ""


def _expanded(recipients: list[Recipient], letter: Letter) -> list[Recipient]:
    """With the address before its alias was expanded, where only the prose tells (Postfix, Sendmail, Exim)."""
    if not recipients or not letter.mentions("expanded from", "generated from"):
        return recipients
    former = {entry.final.lower(): entry.written for entry in prose.recipients(letter.prose) if entry.final}
    return [
        recipient._replace(written=former[recipient.written.lower()], final=recipient.written)
        if recipient.written.lower() in former and not recipient.final
        else recipient
        for recipient in recipients
    ]


def _as_addressed(recipients: list[Recipient], letter: Letter) -> list[Recipient]:
    """The address of the returned mail, where the report names the mailbox without its domain."""
    if len(recipients) != 1 or "@" in recipients[0].written or letter.returned is None:
        return recipients
    to = in_text(letter.returned.header("to"))
    if len(to) != 1 or to[0].lower().partition("@")[0] != recipients[0].written.lower():
        return recipients
    return [recipients[0]._replace(written=to[0], final=recipients[0].written)]


def _forwarded(letter: Letter, depth: int) -> _Finding | None:
    """The bounces that a person or a gateway passed on, as attachments or inside the text."""
    enclosed = [
        part.parts[0] for part in letter.parts if part.type in ENCLOSING and part.parts and part is not letter.root
    ]
    if not enclosed and letter.returned is not None:
        enclosed = [letter.returned]
    bounces = [
        _understood(part, letter.faults, depth + 1) for part in enclosed[:_MOST_FORWARDED] if signs.is_certain(part)
    ]
    bounces = [bounce for bounce in bounces if bounce.failures]
    if not bounces:
        return None
    first, failures = bounces[0], [failure for bounce in bounces for failure in bounce.failures]
    if len(failures) > MOST_RECIPIENTS:
        letter.faults.append("too many recipients")
    worst = _worst(failures[:MOST_RECIPIENTS])
    first.kind, first.reason, first.failures = worst.kind, worst.reason, tuple(failures[:MOST_RECIPIENTS])
    return first


def _from_structure(letter: Letter) -> _Finding | None:
    what = automatic.by_structure(letter.parts)
    if what is None:
        return None
    if what[0] is Kind.RECEIPT and automatic.is_refusal(letter.root, letter.prose):
        texts = [part.text for part in letter.parts if part.type.endswith("disposition-notification")]
        refused = [recipient for text in texts for recipient in read_report(text).recipients]
        if refused:
            return _failed(letter, [recipient._replace(action="failed") for recipient in refused])
    return _Finding(*what)


def _from_text(letter: Letter) -> _Finding:
    root = letter.root
    notification = notifications.read(letter.prose)
    if notification:
        if notification.recipients:
            return _failed(letter, list(notification.recipients))
        return _Finding(notification.kind or Kind.UNCLEAR, Reason("notification"))
    if not signs.is_report(root, letter.prose, letter.returned is not None):
        what = automatic.recognised(root, letter.prose)
        return _no_bounce(letter, *what) if what else _Finding(Kind.NOT_BOUNCE, Reason("no sign of a report"))
    what = automatic.by_subject(root)
    if what and not signs.by_subject(root) and not root.raw("x-failed-recipients"):
        return _no_bounce(letter, *what)
    recipients = _named_in_head(root, _told_of(letter)) or _last_resorts(letter)
    recipients = [recipient for recipient in recipients if prose.may_fail(recipient.written)]
    if letter.returned is None and signs.by_sender(root) < 2 and _names_only(recipients, root.header("to")):
        return _Finding(Kind.NOT_BOUNCE, Reason("no sign of a report"))  # "your mailbox is full": to rob passwords
    if not recipients:
        what = automatic.recognised(root, letter.prose)
        if what and not signs.by_subject(root):
            return _no_bounce(letter, *what)
        if not (signs.by_sender(root) or signs.by_null_sender(root) or letter.returned) or _is_posed(root):
            return _Finding(Kind.NOT_BOUNCE, Reason("no sign of a report"))
        return _Finding(Kind.UNCLEAR, Reason("a report that names nobody"))
    if prose.is_delay(comparable(root.header("subject")) + " " + comparable(letter.prose)):
        recipients = [recipient._replace(action=recipient.action or "delayed") for recipient in recipients]
    return _failed(letter, recipients)


def _told_of(letter: Letter) -> list[Recipient]:
    """The recipients that the texts name; texts that name others each are reports by themselves."""
    found = prose.recipients(letter.prose)
    if len(letter.proses) < 2:
        return found
    told = [prose.recipients(text) for text in letter.proses]
    named = [{recipient.written.lower() for recipient in each} for each in told if each]
    apart = len(named) > 1 and not set.intersection(*named)
    return [recipient for each in told for recipient in each] if apart else found


def _is_posed(root: Part) -> bool:
    """Whether somebody only calls himself a mailer daemon: those of servers use the null return path (RFC 5321)."""
    return signs.by_sender(root) == 1 and bool(root.raw("return-path").strip()) and not signs.by_null_sender(root)


def _names_only(recipients: list[Recipient], ours: str) -> bool:
    """Whether a mail that looks like a report is about nobody but whom it was sent to."""
    own = {name.lower() for name in in_text(ours)}
    return bool(recipients) and all(recipient.written.lower() in own for recipient in recipients)


def _named_in_head(root: Part, found: list[Recipient]) -> list[Recipient]:
    """X-Failed-Recipients (Exim, Gmail), where it stands, says who failed; the prose, what is said of each."""
    failed = [typed_address(name) for value in root.headers("x-failed-recipients") for name in _COMMA.split(value)]
    if not any(failed):
        return found
    known = {name.lower(): recipient for recipient in found for name in (recipient.final, recipient.written) if name}
    named = [known.get(name.lower(), Recipient(name)) for name in failed if name]
    return list(dict.fromkeys(named))


def _failed(letter: Letter, recipients: list[Recipient]) -> _Finding:
    around = _Around(letter)
    recipients = _as_addressed(_expanded(recipients, letter), letter)
    if len(recipients) > MOST_RECIPIENTS:
        letter.faults.append("too many recipients")
    return _from_failures([_failure(recipient, around) for recipient in recipients[:MOST_RECIPIENTS]])


def _no_bounce(letter: Letter, kind: Kind, reason: Reason) -> _Finding:
    if kind is not Kind.AUTO_REPLY:
        return _Finding(kind, reason)
    sent = returning.moment(letter.root.header("date"))
    return _Finding(kind, reason, auto_reply=automatic.reply(letter.prose, sent.date() if sent else None))


def _last_resorts(letter: Letter) -> list[Recipient]:
    """Who failed, where only the returned message or a lonely address in the text can tell."""
    if not (signs.by_subject(letter.root) or signs.says_undelivered(letter.prose)):
        return []
    ours = frozenset(
        a.lower() for name in ("from", "to", "delivered-to", "return-path") for a in in_text(letter.root.header(name))
    )
    sole = prose.sole_address(letter.prose, ours)
    if sole and prose.may_fail(sole):
        return [Recipient(sole)]
    summed_up = prose.in_summary(letter.prose)
    if len(summed_up) == 1:
        return summed_up
    if letter.returned:
        to = in_text(letter.returned.header("to"))
        if len(to) == 1:
            return [Recipient(to[0])]
    if letter.is_tangled or any(part.type in STATUS_TYPES for part in letter.parts):
        return []  # it reads reports no better, and is slow on what an attacker writes
    return [Recipient(name) for name in fallback.recipients(letter.root.source)]


class _Around:
    """What a report says beside the diagnostic of each recipient; read only if asked."""

    def __init__(self, letter: Letter) -> None:
        self._letter = letter
        self._said: dict[str, str] | None = None

    def said_of(self, recipient: Recipient) -> str:
        """Its entry in the prose; the whole prose where it has none or that is known already."""
        if self._said is None:
            found = prose.recipients(self._letter.prose)
            self._said = {name.lower(): r.diagnostic for r in found for name in (r.written, r.final) if name}
        said = self._said.get(recipient.written.lower()) or self._said.get(recipient.final.lower())
        if said and said != recipient.diagnostic:
            return said
        return f"{self._letter.prose[:5_000]}\n{signs.cause_in_subject(self._letter.root)}"


def _failure(recipient: Recipient, around: _Around) -> Failure:
    kind, reason = decide(recipient.action, recipient.status, recipient.diagnostic, lambda: around.said_of(recipient))
    return Failure(
        address=address.parse(recipient.written),
        kind=kind,
        final_recipient=recipient.final,
        action=recipient.action,
        status=recipient.status or enhanced_code(recipient.diagnostic),
        reply=reply_code(recipient.diagnostic),
        diagnostic=recipient.diagnostic,
        remote_mta=recipient.remote_mta,
        reason=reason,
    )


def _from_failures(failures: list[Failure]) -> _Finding:
    """Each address once; a warning gives way to the failure that followed it."""
    real: list[Failure] = []
    places: dict[str, list[int]] = {}
    for failure in failures:
        if not failure.kind.is_bounce:
            continue
        known = places.setdefault(failure.address.key, [])
        for at in known:
            if _is_same(real[at].final_recipient, failure.final_recipient):
                real[at] = failure if real[at].kind is Kind.DELAYED else real[at]
                break
        else:
            known.append(len(real))
            real.append(failure)
    if not real:
        return _Finding(Kind.DELIVERED, failures[0].reason)
    worst = _worst(real)
    return _Finding(worst.kind, worst.reason, tuple(real))


def _is_same(one_final: str, other_final: str) -> bool:
    return not one_final or not other_final or one_final.lower() == other_final.lower()


def _worst(failures: list[Failure]) -> Failure:
    """The most permanent one."""
    return min(failures, key=lambda failure: _WORST_FIRST.index(failure.kind)) if len(failures) > 1 else failures[0]


def _with_head(finding: _Finding, mail: Mail) -> Bounce:
    root = mail.root
    to = [a for name in ("to", "delivered-to", "x-original-to") for value in root.headers(name) for a in in_text(value)]
    related = [value for name in _RELATED if name in root.head.first for value in root.headers(name)]
    if finding.returned:
        related += [value for name, value in finding.returned.headers if name in _RELATED_RETURNED]
    ids = dict.fromkeys(i for value in related for i in returning.message_ids(value))
    ids.pop(finding.original_message_id, None)
    return Bounce(
        finding.kind,
        failures=finding.failures,
        message_id=returning.message_id(root.header("message-id")),
        sender=root.header("from")[:1_000],
        to=tuple(dict.fromkeys(to))[:50],
        subject=root.header("subject")[:2_000],
        date=returning.moment(root.header("date")),
        reporting_mta=finding.reporting_mta,
        original_message_id=finding.original_message_id,
        related_ids=tuple(ids)[:50],
        returned=finding.returned,
        auto_reply=finding.auto_reply,
        reason=finding.reason,
        faults=tuple(dict.fromkeys(mail.faults)),
    )
