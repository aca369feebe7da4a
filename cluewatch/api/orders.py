"""The shapes of what callers of the API decide."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from cluewatch.api.models import Shape
from domain.reviews import Decision, RejectReason
from domain.tickets import Move, ReturnReason
from tickets.clue_moves import ClueMove

Words = Annotated[str, Field(max_length=500)]
Name = Annotated[str, Field(max_length=64)]
Place = Annotated[int, Field(ge=0, le=2**31 - 1)]


class Strict(Shape):
    """What comes in: an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ClueOrder(Strict):
    """A move of a clue; `into` names the clue that it is merged into."""

    move: ClueMove
    note: Words = ""
    into: Name | None = None


class TicketOrder(Strict):
    """A move of a ticket; `office` is the new lead, `reason` that of a return, `signer` who
    signs for the lead office where it wants that."""

    move: Move
    note: Words = ""
    office: Name | None = None
    reason: ReturnReason | None = None
    signer: Annotated[str, Field(max_length=60)] = ""


class Handing(Strict):
    """Who handles an office's part of a ticket from now on."""

    office: Name
    handler: Annotated[str, Field(min_length=1, max_length=60)]


class OpinionOrder(Strict):
    """The characterisation (定性) of a ticket's content."""

    number: Annotated[str, Field(min_length=2, max_length=100)]
    words: Annotated[str, Field(min_length=2, max_length=500)]


class SpanOrder(Strict):
    """Words that are a violation: `[start, end)` in code points of the stored text."""

    type: Name
    start: Place
    end: Place


class ReviewOrder(Strict):
    """What a reviewer says of a document: every finding that is not confirmed is rejected."""

    confirmed: Annotated[tuple[SpanOrder, ...], Field(max_length=200)] = ()
    reason: RejectReason = RejectReason.LAWFUL
    note: Words = ""
    into: Name | None = None


class ReviewModel(Shape):
    """One decision on one span."""

    document_id: str
    type: str
    start: int
    end: int
    quote: str
    decision: Decision
    reason: RejectReason | None
    note: str
    clue_id: str | None
    actor: str
    at: datetime


class ReviewPage(Shape):
    """Every decision on a document, oldest first."""

    entries: list[ReviewModel]


class WaitingModel(Shape):
    """A document that waits for a decision; its `place` is the cursor of the one after it."""

    document_id: str
    place: int


class WaitingPage(Shape):
    """Documents that wait for a decision, the newest first."""

    entries: list[WaitingModel]
    after: int | None
