"""What a person decided about the words that rules or models found."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen


class Decision(StrEnum):
    """Whether the words are a violation of that type."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class RejectReason(StrEnum):
    """Why words were rejected; the code says what a rule or model has to learn."""

    LAWFUL = "lawful"
    NOT_ADVERTISING = "not_advertising"
    NEGATED = "negated"
    OTHER_TYPE = "other_type"
    BOUNDARY = "boundary"
    MISREAD = "misread"
    INSUFFICIENT = "insufficient"
    OUTSIDE = "outside"


@frozen(kw_only=True)
class Review:
    """One decision on one span, never changed; a later one on the same span outweighs it.

    `[start, end)` are code points of the stored text and `quote` is that slice. A confirmed span
    that no finding has was drawn by the reviewer. `reason` is set when rejected; `clue_id` names
    the clue that the confirmed words went to.
    """

    document_id: str
    assessment_id: str
    type: str
    start: int
    end: int
    quote: str
    decision: Decision
    reason: RejectReason | None = None
    note: str = ""
    clue_id: str | None = None
    actor: str
    at: datetime
