"""What a mail says, without what opens a protocol: so it is linked, stored and shown."""

from __future__ import annotations

from dataclasses import replace

from triage.model import Bounce, Failure, Reason, Returned
from triage.tokens import Hider


def hidden(bounce: Bounce, hide: Hider) -> Bounce:
    """What was understood, with the tokens of links hidden in all that mails say."""
    returned = bounce.returned
    text = hide(returned.text) if returned else ""
    said = _said(bounce)
    if hide(said) is said:  # nearly always: a link of ours stands in the text of our mail
        if returned is None or text is returned.text:
            return bounce
        return replace(bounce, returned=replace(returned, text=text))
    return replace(
        bounce,
        sender=hide(bounce.sender),
        subject=hide(bounce.subject),
        reason=_reason(bounce.reason, hide),
        failures=tuple(_failure(failure, hide) for failure in bounce.failures),
        returned=_returned(returned, text, hide) if returned else None,
    )


def _said(bounce: Bounce) -> str:
    """All but the returned text at once: to look through one text is less work than through forty."""
    texts = [bounce.sender, bounce.subject, bounce.reason.words]
    for failure in bounce.failures:
        texts += (failure.diagnostic, failure.reason.words)
    if bounce.returned:
        texts.append(bounce.returned.subject)
        texts += [value for _name, value in bounce.returned.headers]
    return "\n".join(texts)


def _failure(failure: Failure, hide: Hider) -> Failure:
    return replace(failure, diagnostic=hide(failure.diagnostic), reason=_reason(failure.reason, hide))


def _reason(reason: Reason, hide: Hider) -> Reason:
    words = hide(reason.words)
    return reason if words is reason.words else Reason(reason.rule, words)


def _returned(returned: Returned, text: str, hide: Hider) -> Returned:
    headers = tuple([(name, hide(value)) for name, value in returned.headers])
    return replace(returned, subject=hide(returned.subject), headers=headers, text=text)
