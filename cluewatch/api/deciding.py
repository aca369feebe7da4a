"""Endpoints by which callers decide: reviews of findings, moves of clues and tickets."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from cluewatch.accounts import scope
from cluewatch.accounts.tokens import Bearer
from cluewatch.api.access import Wired, needs
from cluewatch.api.models import ClueModel, TicketModel
from cluewatch.api.orders import (
    ClueOrder,
    Handing,
    OpinionOrder,
    ReviewModel,
    ReviewOrder,
    ReviewPage,
    TicketOrder,
    WaitingModel,
    WaitingPage,
)
from cluewatch.api.problems import Problem
from cluewatch.api.tagged import TaggedRoute, check_unchanged
from cluewatch.casework import Casework
from cluewatch.reviewing import Answer, Reviewing, Span, waiting_for
from documents import reviews
from domain.people import Permission
from domain.tickets import Move, Opinion
from tickets import clues, ledger, opinions
from tickets.clue_moves import ClueMove
from tickets.ledger import Order

router = APIRouter(route_class=TaggedRoute)
Reviewer = Annotated[Bearer, Depends(needs(Permission.REVIEW_CLUE))]
Mover = Annotated[Bearer, Depends(needs(Permission.MOVE_TICKET))]
Id = Annotated[str, Path(min_length=1, max_length=64)]


@router.get("/review-queue", tags=["复核"])
def review_queue(
    wired: Wired,
    caller: Reviewer,
    after: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
    type: Annotated[str | None, Query(max_length=64, description="违法类型")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> WaitingPage:
    """待复核的文书，新的在前；只含本人可见范围。权限：review_clue。"""
    with wired.truth.read() as tx:
        found = waiting_for(tx, caller.user, before=after, type=type, limit=limit)
    more = found[-1].place if len(found) == limit else None
    return WaitingPage(entries=[WaitingModel.of(one) for one in found], after=more)


@router.get("/documents/{document_id}/reviews", tags=["复核"])
def document_reviews(wired: Wired, caller: Reviewer, document_id: Id) -> ReviewPage:
    """一份文书上已有的复核结论。权限：review_clue。"""
    with wired.truth.read() as tx:
        found = scope.document(tx, caller.user, document_id)
        made = reviews.of_document(tx, found.id)
    return ReviewPage(entries=[ReviewModel.of(one) for one in made])


@router.post("/documents/{document_id}/reviews", tags=["复核"], status_code=201)
def review(wired: Wired, caller: Reviewer, document_id: Id, order: ReviewOrder) -> ReviewPage:
    """复核一份文书：确认的成为线索，其余按理由驳回。权限：review_clue。"""
    with wired.truth.write() as tx:
        found = scope.document(tx, caller.user, document_id)
        into = scope.clue(tx, caller.user, order.into).id if order.into else None
        answer = Answer(
            document=found,
            confirmed=tuple(Span(**span.model_dump()) for span in order.confirmed),
            reason=order.reason,
            note=order.note,
            into=into,
            actor=caller.user.name,
        )
        Reviewing(wired).decide(tx, answer)
        made = reviews.of_document(tx, found.id)
    return ReviewPage(entries=[ReviewModel.of(one) for one in made])


@router.post("/clues/{clue_id}/moves", tags=["线索"])
def move_clue(
    request: Request, wired: Wired, caller: Reviewer, clue_id: Id, order: ClueOrder
) -> ClueModel:
    """研判、误报关闭、合并、撤销合并或生成工单；If-Match 核对所读版本。权限：review_clue。"""
    with wired.truth.write() as tx:
        clue = scope.clue(tx, caller.user, clue_id)
        check_unchanged(request, ClueModel.of(clue))
        into = scope.clue(tx, caller.user, order.into).id if order.into else None
        if into is not None and order.move is not ClueMove.MERGE:
            raise Problem(422, "into：只有合并（merge）才指明并入的线索")
        Casework(wired).move(
            tx, clue, order.move, actor=caller.user.name, note=order.note, into=into
        )
        return ClueModel.of(clues.get(tx, clue.id))


@router.post("/tickets/{ticket_id}/moves", tags=["工单"])
def move_ticket(
    request: Request, wired: Wired, caller: Mover, ticket_id: Id, order: TicketOrder
) -> TicketModel:
    """签收、受理、退回、改派等；If-Match 核对所读版本。权限：move_ticket。"""
    wanted = Order(actor=caller.user.name, at=wired.clock.now(), **order.model_dump())
    with wired.truth.write() as tx:
        ticket = scope.ticket(tx, caller.user, ticket_id)
        check_unchanged(request, TicketModel.of(ticket))
        if not scope.may_move(caller.user, ticket, order.move):
            raise Problem(403, scope.NOT_YOURS)
        return TicketModel.of(ledger.move(tx, ticket_id=ticket.id, order=wanted, desk=wired.desk))


@router.post("/tickets/{ticket_id}/handler", tags=["工单"])
def hand(wired: Wired, caller: Mover, ticket_id: Id, order: Handing) -> TicketModel:
    """机关内部分派承办人。权限：move_ticket。"""
    with wired.truth.write() as tx:
        ticket = scope.ticket(tx, caller.user, ticket_id)
        if not scope.speaks_for(caller.user, order.office):
            raise Problem(403, "只能分派本机关的承办人")
        return TicketModel.of(
            ledger.hand(
                tx,
                ticket_id=ticket.id,
                office=order.office,
                handler=order.handler,
                actor=caller.user.name,
                at=wired.clock.now(),
                desk=wired.desk,
            )
        )


@router.post("/tickets/{ticket_id}/opinion", tags=["工单"])
def characterise(wired: Wired, caller: Mover, ticket_id: Id, order: OpinionOrder) -> TicketModel:
    """由主办机关定性，网信部门的处置件随后发出。权限：move_ticket。"""
    opinion = Opinion(
        number=order.number,
        words=order.words,
        signer=caller.user.name,
        at=wired.clock.now(),
    )
    with wired.truth.write() as tx:
        ticket = scope.ticket(tx, caller.user, ticket_id)
        if not scope.may_move(caller.user, ticket, Move.CHECK):
            raise Problem(403, "定性须由主办机关作出")
        opinions.characterise(tx, ticket_id=ticket.id, opinion=opinion)
        return TicketModel.of(ledger.get(tx, ticket.id))
