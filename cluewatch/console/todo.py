"""我的待办: what waits for an office or for the desk, most urgent first, worked in bulk."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from attrs import evolve
from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import Connection

from cluewatch import bulk
from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.bulk import Done
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.reading import note_read
from cluewatch.console.rendering import page
from domain.errors import PermanentError
from domain.people import Permission, User
from domain.tickets import Move, OfficeRole, ReturnReason, Ticket, TicketState
from tickets import assistance, request_forms, worklist
from tickets.assistance import Assistance
from tickets.calendar import civil_date
from tickets.ledger import Order

router = APIRouter()
HAND = "hand"
MOST_OF_A_STATE = 100

_S = TicketState
_OFFICE = {
    "待签收": (_S.SENT,),
    "待受理": (_S.RECEIVED,),
    "办理中": (_S.ACCEPTED, _S.CHECKING, _S.FILED, _S.INVESTIGATING),
    "待反馈": (_S.CLOSED,),
}
_DESK = {
    "待审批": (_S.AWAITING_APPROVAL, _S.REASSIGNED),
    "退回": (_S.RETURNED,),
    "待指定": (_S.DISPUTED,),
}
_MOVES = (Move.RECEIVE, Move.ACCEPT, Move.RETURN, Move.APPROVE)


@router.get("/todo")
def todo(request: Request, wired: Wired, session: SignedIn) -> Response:
    """Tickets that wait for the user's office (or for the desk), and requests to answer."""
    return _shown(request, wired, session.user, ())


@router.post("/todo")
def work(
    *,
    request: Request,
    wired: Wired,
    session: SignedIn,
    act: Annotated[Move | Literal["hand"], Form()],
    ticket: Annotated[list[str] | None, Form(max_length=500)] = None,
    note: Annotated[str, Form(max_length=500)] = "",
    reason: Annotated[ReturnReason | Literal[""], Form()] = "",
    handler: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """One answer to all ticked tickets; each is told what came of it."""
    if not ticket:
        raise PermanentError("请先勾选工单")
    if act == HAND:
        done = bulk.hand_each(wired, session.user, ticket, handler)
    elif act in _MOVES:
        order = Order(
            move=Move(act),
            actor=session.user.name,
            at=wired.clock.now(),
            note=note,
            reason=(reason or None) if act is Move.RETURN else None,
        )
        done = bulk.move_each(wired, session.user, ticket, order)
    else:
        raise PermanentError("此项操作不能成批办理")
    return _shown(request, wired, session.user, done)


def _shown(request: Request, wired: Services, user: User, done: list[Done] | tuple[()]) -> Response:
    today = civil_date(wired.clock.now())
    with wired.truth.write() as tx:
        groups = {
            title: sorted(_waiting(tx, user, states), key=_urgency)
            for title, states in _groups(user).items()
        }
        requests = _requests(tx, user)
        note_read(tx, wired, user, "tickets", "todo")
    return page(
        request,
        "todo.html",
        groups=groups,
        requests=requests,
        forms=request_forms.FORMS,
        kinds=request_forms.TITLES,
        done=done,
        today=today,
        reasons=ReturnReason,
        moves=[m for m in _MOVES if m is not Move.APPROVE or user.may(Permission.APPROVE_TICKET)],
        offices={office.id: office.name for office in wired.desk.offices.all},
        rules=wired.rulebook.rules,
    )


def _groups(user: User) -> dict[str, tuple[TicketState, ...]]:
    return _OFFICE if user.limited_to_offices else {**_DESK, **_OFFICE}


def _waiting(tx: Connection, user: User, states: tuple[TicketState, ...]) -> list[Ticket]:
    role = OfficeRole.LEAD if user.limited_to_offices else None
    wanted = evolve(scope.ticket_filter(user), role=role)
    return [
        ticket
        for state in states
        for ticket in worklist.tickets(
            tx, evolve(wanted, state=state), limit=MOST_OF_A_STATE
        ).entries
    ]


def _requests(tx: Connection, user: User) -> list[Assistance]:
    """Requests that the user's offices have to answer."""
    return [one for office in sorted(user.offices) for one in assistance.waiting(tx, asked=office)]


def _urgency(ticket: Ticket) -> tuple[date, str]:
    return min((deadline.due for deadline in ticket.deadlines), default=date.max), ticket.id
