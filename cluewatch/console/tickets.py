"""Tickets: list, page, the moves that offices make, and their characterisation."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from cluewatch.access import note_read
from cluewatch.accounts.store import Session
from cluewatch.console.access import Genuine, Wired, needs
from cluewatch.console.cases import Note, scope
from cluewatch.console.rendering import page
from domain.people import Permission, User
from domain.tickets import Move, Opinion, ReturnReason, Ticket, TicketState, legal_moves
from tickets import (
    appeals,
    assistance,
    clues,
    joint,
    ledger,
    opinions,
    outbox,
    recurrence,
    worklist,
)
from tickets.ledger import NAMING, Order
from tickets.visibility import ticket_visible
from tickets.worklist import TicketFilter

router = APIRouter()
TicketReader = Annotated[Session, Depends(needs(Permission.READ_TICKET))]
Mover = Annotated[Session, Depends(needs(Permission.MOVE_TICKET))]


@router.get("/tickets")
def ticket_list(
    *,
    request: Request,
    wired: Wired,
    session: TicketReader,
    state: TicketState | None = None,
    after: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Tickets, newest first; office handlers see their own offices' only."""
    wanted = TicketFilter(state=state, offices=scope(session.user))
    with wired.truth.read() as tx:
        found = worklist.tickets(tx, wanted, after=after)
        total = worklist.count_tickets(tx, wanted)
    return page(
        request,
        "tickets.html",
        found=found,
        total=total,
        wanted=wanted,
        states=TicketState,
        rules=wired.rulebook.rules,
        offices={office.id: office.name for office in wired.desk.offices.all},
    )


@router.get("/tickets/{ticket_id}")
def ticket_page(request: Request, wired: Wired, session: TicketReader, ticket_id: str) -> Response:
    """One ticket: parts, deadlines, history, deliveries, and what may be done next."""
    with wired.truth.write() as tx:
        ticket = visible_ticket(tx, session.user, ticket_id)
        note_read(
            tx, actor=session.user.name, subject=ticket.id, page="ticket", at=wired.clock.now()
        )
        clue = clues.get(tx, ticket.clue_id)
        events = ledger.events(tx, ticket.id)
        deliveries = outbox.of_ticket(tx, ticket.id)
        opinion = opinions.latest(tx, ticket.id)
        subject_id = clue.subject.id
        known = joint.open_cases(tx, subject_id, wired.desk.offices, seen_by=scope(session.user))
        repeats = recurrence.repeats(tx, subject_id, at=wired.clock.now())
        objections = appeals.of_ticket(tx, ticket.id)
        requests = assistance.of_ticket(tx, ticket.id)
    return page(
        request,
        "ticket.html",
        ticket=ticket,
        clue=clue,
        events=events,
        deliveries=deliveries,
        others=[case for case in known if case.ticket_id != ticket.id],
        repeats=repeats,
        objections=objections,
        requests=requests,
        kinds=assistance.TITLES,
        opinion=opinion,
        moves=[m for m in legal_moves(ticket.state) if _may(session.user, ticket, m)],
        naming=NAMING,
        reasons=ReturnReason,
        rules=wired.rulebook.rules,
        offices={office.id: office.name for office in wired.desk.offices.all},
    )


@router.post("/tickets/{ticket_id}/moves", dependencies=[Genuine])
def move_ticket(
    *,
    wired: Wired,
    session: Mover,
    ticket_id: str,
    move: Annotated[Move, Form()],
    note: Note = "",
    office: Annotated[str, Form(max_length=64)] = "",
    reason: Annotated[ReturnReason | Literal[""], Form()] = "",
    signer: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Make a move; the ledger refuses what the state does not allow.

    The fields of other moves, which one form carries along, do not count.
    """
    order = Order(
        move=move,
        actor=session.user.name,
        at=wired.clock.now(),
        note=note,
        office=(office or None) if move in NAMING else None,
        reason=(reason or None) if move is Move.RETURN else None,
        signer=signer,
    )
    with wired.truth.write() as tx:
        ticket = visible_ticket(tx, session.user, ticket_id)
        if not _may(session.user, ticket, move):
            raise HTTPException(403, "此项操作须由主办机关或有审批权限的人员执行")
        ledger.move(tx, ticket_id=ticket.id, order=order, desk=wired.desk)
    return RedirectResponse(f"/tickets/{ticket_id}", status_code=303)


@router.post("/tickets/{ticket_id}/opinion", dependencies=[Genuine])
def characterise(
    wired: Wired,
    session: Mover,
    ticket_id: str,
    number: Annotated[str, Form(min_length=2, max_length=100)],
    words: Annotated[str, Form(min_length=2, max_length=500)],
) -> Response:
    """The lead characterises the content (定性); the takedown office's copy may then leave."""
    opinion = Opinion(number=number, words=words, signer=session.user.name, at=wired.clock.now())
    with wired.truth.write() as tx:
        ticket = visible_ticket(tx, session.user, ticket_id)
        if not _may(session.user, ticket, Move.CHECK):
            raise HTTPException(403, "定性须由主办机关作出")
        opinions.characterise(tx, ticket_id=ticket.id, opinion=opinion)
    return RedirectResponse(f"/tickets/{ticket_id}", status_code=303)


_DESK_MOVES = frozenset({Move.APPROVE, Move.REASSIGN, Move.RECALL, Move.DESIGNATE})


def _may(user: User, ticket: Ticket, move: Move) -> bool:
    """Sending, reassigning and recalling are the desk's; the rest is the lead office's."""
    if move in _DESK_MOVES:
        return user.may(Permission.APPROVE_TICKET)
    return not user.limited_to_offices or ticket.lead in user.offices


def visible_ticket(tx: Connection, user: User, ticket_id: str) -> Ticket:
    """The ticket, or 404 when it has not reached the user's offices."""
    ticket = ledger.get(tx, ticket_id)
    if user.limited_to_offices and not ticket_visible(tx, ticket.id, user.offices):
        raise HTTPException(404, "没有这张工单")
    return ticket
