"""What points to a source that nobody watches yet."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen


class CandidateKind(StrEnum):
    """What is known of a possible source: its host, its account, a number, or only its name."""

    SITE = "site"
    ACCOUNT = "account"
    PHONE = "phone"
    NAME = "name"


class CandidateState(StrEnum):
    """Where a candidate stands in the review queue."""

    WAITING = "待核"
    ACCEPTED = "已登记"
    REJECTED = "已排除"


@frozen(kw_only=True)
class Lead:
    """One possible source as it is named somewhere: host, WeChat name, number or name."""

    kind: CandidateKind
    value: str


@frozen(kw_only=True)
class Sign:
    """One reason to look at a lead. `place` is what said so (a document, a row of a complaint);
    the same place says the same thing once. `weight` adds to the score (0 to 100)."""

    lead: Lead
    place: str
    reason: str
    weight: int
    url: str | None = None


@frozen(kw_only=True)
class Candidate:
    """A lead in the review queue with all that speaks for it, strongest reasons first.

    `score` is at most 100. `decided_by` and `decision` (the reason given) are None while waiting.
    """

    id: str
    lead: Lead
    state: CandidateState
    score: int
    reasons: tuple[str, ...]
    urls: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime
    decided_by: str | None = None
    decision: str | None = None
