"""What the desk tells of a case beside its view: asked for the one case that is looked at, never for a list."""

from __future__ import annotations

from dataclasses import dataclass

from triage.desk import Desk, drafting, evidence
from triage.desk.evidence import Unsure
from triage.desk.queue import CaseView
from triage.model import Allowed, Refused


@dataclass(frozen=True, slots=True)
class Known:
    verdict: Allowed | Refused
    stands_in: str = ""
    """Who gets letters in its author's place."""
    unsure: Unsure | None = None
    """What is known of it where nothing ties it to a mail of ours."""
    told: str = ""
    """Where its newest report wrote another address than the one we mailed."""


def known(desk: Desk, view: CaseView) -> Known:
    """Raises StoreError."""
    return Known(
        verdict=drafting.may_write(desk, view.case),
        stands_in=drafting.stands_in(desk, view.case),
        unsure=evidence.unsure(desk, view.case),
        told=evidence.told(desk, view.failures[0]) if view.failures else "",
    )
