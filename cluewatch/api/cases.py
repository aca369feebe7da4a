"""Endpoints of clues, tickets and sources."""

from __future__ import annotations

from typing import Annotated

from attrs import evolve
from fastapi import APIRouter, Depends, Path, Query

from cluewatch.accounts import scope
from cluewatch.accounts.tokens import Bearer
from cluewatch.api.access import Wired, needs
from cluewatch.api.models import (
    ClueEntryModel,
    ClueModel,
    CluePage,
    SourceModel,
    SourcePage,
    TicketModel,
    TicketPage,
)
from cluewatch.api.tagged import TaggedRoute
from cluewatch.console.reading import note_read
from domain.clues import ClueState
from domain.people import Permission
from domain.tickets import TicketState
from tickets import worklist

router = APIRouter(route_class=TaggedRoute)
ClueReader = Annotated[Bearer, Depends(needs(Permission.READ_CLUE))]
TicketReader = Annotated[Bearer, Depends(needs(Permission.READ_TICKET))]
Operator = Annotated[Bearer, Depends(needs(Permission.READ_OPERATIONS))]
Id = Annotated[str, Path(min_length=1, max_length=64)]
After = Annotated[str | None, Query(max_length=300, description="上一页给出的 after")]
Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/clues", tags=["线索"])
def clues(
    *,
    wired: Wired,
    caller: ClueReader,
    state: ClueState | None = None,
    type: Annotated[str | None, Query(max_length=64, description="违法类型")] = None,
    after: After = None,
    limit: Limit = 50,
) -> CluePage:
    """线索，新的在前；只含本人可见范围。权限：read_clue。"""
    wanted = evolve(scope.clue_filter(caller.user), state=state, type=type)
    with wired.truth.read() as tx:
        found = worklist.clues(tx, wanted, after=after, limit=limit)
    return CluePage(entries=[ClueEntryModel.of(one) for one in found.entries], after=found.after)


@router.get("/clues/{clue_id}", tags=["线索"])
def clue(wired: Wired, caller: ClueReader, clue_id: Id) -> ClueModel:
    """一条线索及其依据；读取记入台账。权限：read_clue。"""
    with wired.truth.write() as tx:
        found = scope.clue(tx, caller.user, clue_id)
        note_read(tx, wired, caller.user, found.id, "api")
    return ClueModel.of(found)


@router.get("/tickets", tags=["工单"])
def tickets(
    *,
    wired: Wired,
    caller: TicketReader,
    state: TicketState | None = None,
    after: After = None,
    limit: Limit = 50,
) -> TicketPage:
    """工单，新的在前；只含本人可见范围。权限：read_ticket。"""
    wanted = evolve(scope.ticket_filter(caller.user), state=state)
    with wired.truth.read() as tx:
        found = worklist.tickets(tx, wanted, after=after, limit=limit)
    return TicketPage(entries=[TicketModel.of(one) for one in found.entries], after=found.after)


@router.get("/tickets/{ticket_id}", tags=["工单"])
def ticket(wired: Wired, caller: TicketReader, ticket_id: Id) -> TicketModel:
    """一张工单；读取记入台账。权限：read_ticket。"""
    with wired.truth.write() as tx:
        found = scope.ticket(tx, caller.user, ticket_id)
        note_read(tx, wired, caller.user, found.id, "api")
    return TicketModel.of(found)


@router.get("/sources", tags=["监测对象"])
def sources(wired: Wired, caller: Operator, after: After = None, limit: Limit = 50) -> SourcePage:
    """监测对象，按编号。权限：read_operations。"""
    with wired.truth.read() as tx:
        there = scope.sources(tx, caller.user)
    seen = [source for source in there if source.id > (after or "")]
    page = seen[:limit]
    more = page[-1].id if len(seen) > limit else None
    return SourcePage(entries=[SourceModel.of(source) for source in page], after=more)


@router.get("/sources/{source_id}", tags=["监测对象"])
def source(wired: Wired, caller: Operator, source_id: Id) -> SourceModel:
    """一个监测对象。权限：read_operations。"""
    with wired.truth.read() as tx:
        return SourceModel.of(scope.source(tx, caller.user, source_id))
