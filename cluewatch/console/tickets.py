"""Tickets: list, page, the moves that offices make, and their characterisation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from attrs import evolve
from fastapi import APIRouter, Form, Query, Request, Response
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.matters import ASKABLE
from cluewatch.console.outcomes import codes_for
from cluewatch.console.reading import note_read
from cluewatch.console.rendering import page
from cluewatch.console.spreadsheets import spreadsheet
from cluewatch.console.words import word
from cluewatch.papers import paper_set
from domain.people import User
from domain.tickets import Move, Opinion, ReturnReason, Ticket, TicketState, legal_moves
from tickets import (
    appeals,
    assistance,
    clues,
    handovers,
    joint,
    ledger,
    opinions,
    outbox,
    outcomes,
    rechecks,
    recurrence,
    request_forms,
    worklist,
)
from tickets.appeals import AppealDecision
from tickets.control import campaigns
from tickets.handovers import Circumstances
from tickets.ledger import NAMING, Order
from tickets.worklist import TicketFilter

router = APIRouter()


@router.get("/tickets")
def ticket_list(
    *,
    request: Request,
    wired: Wired,
    session: SignedIn,
    state: TicketState | None = None,
    after: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Tickets, newest first; office handlers see their own offices' only."""
    wanted = _filter(session.user, state)
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


@router.get("/tickets.xlsx")
def ticket_sheet(wired: Wired, session: SignedIn, state: TicketState | None = None) -> Response:
    """The same list as a spreadsheet."""
    wanted = _filter(session.user, state)
    titles = wired.type_titles
    offices = {office.id: office.name for office in wired.desk.offices.all}
    heads = ("编号", "类别", "违法类型", "主办", "状态", "区划", "时限", "更新时间")
    with wired.truth.write() as tx:
        note_read(tx, wired, session.user, "tickets", "spreadsheet")
        rows = (
            (
                ticket.number,
                word(ticket.family),
                "；".join(titles.get(slug, slug) for slug in ticket.types),
                offices.get(ticket.lead, ticket.lead),
                ticket.state.value,
                ticket.region,
                "；".join(f"{d.title} {d.due}" for d in ticket.deadlines),
                ticket.updated_at,
            )
            for ticket in worklist.every_ticket(tx, wanted)
        )
        return spreadsheet("工单", heads, rows)


@router.get("/tickets/{ticket_id}")
def ticket_page(request: Request, wired: Wired, session: SignedIn, ticket_id: str) -> Response:
    """One ticket: parts, deadlines, history, deliveries, and what may be done next."""
    with wired.truth.write() as tx:
        ticket = scope.ticket(tx, session.user, ticket_id)
        note_read(tx, wired, session.user, ticket.id, "ticket")
        clue = clues.get(tx, ticket.clue_id)
        known = joint.open_cases(
            tx, clue.subject.id, wired.desk.offices, seen_by=scope.offices(session.user)
        )
        shown = {
            **_history(tx, ticket),
            **_course(tx, wired, ticket),
            "repeats": recurrence.repeats(tx, clue.subject.id, at=wired.clock.now()),
        }
    return page(
        request,
        "ticket.html",
        **shown,
        ticket=ticket,
        clue=clue,
        others=[case for case in known if case.ticket_id != ticket.id],
        kinds=request_forms.TITLES,
        askable=ASKABLE,
        decisions=AppealDecision,
        ours=scope.may_move(session.user, ticket, Move.CHECK),
        moves=[m for m in legal_moves(ticket.state) if scope.may_move(session.user, ticket, m)],
        codes=codes_for(wired, session.user, ticket),
        speaking=scope.speaking_for(session.user, ticket),
        code_titles={code.code: code.title for code in wired.desk.outcomes.all},
        papers=paper_set(wired).titles,
        naming=NAMING,
        reasons=ReturnReason,
        rules=wired.rulebook.rules,
        offices={office.id: office.name for office in wired.desk.offices.all},
    )


def _history(tx: Connection, ticket: Ticket) -> dict[str, Any]:
    """What was noted, sent, said and asked."""
    return {
        "events": ledger.events(tx, ticket.id),
        "deliveries": outbox.of_ticket(tx, ticket.id),
        "opinion": opinions.latest(tx, ticket.id),
        "visit": joint.planned(tx, ticket.id),
        "objections": appeals.of_ticket(tx, ticket.id),
        "requests": assistance.of_ticket(tx, ticket.id),
    }


def _course(tx: Connection, wired: Services, ticket: Ticket) -> dict[str, Any]:
    """What has become of the matter, and whether it is one for the police."""
    return {
        "outcomes": outcomes.of_ticket(tx, ticket.id),
        "rechecks": rechecks.of_ticket(tx, ticket.id),
        "campaigns": campaigns.of_ticket(tx, ticket.id),
        "criminal": handovers.reached(tx, ticket, Circumstances(), desk=wired.desk),
        "handover": handovers.latest(tx, ticket.id),
    }


@router.post("/tickets/{ticket_id}/moves")
def move_ticket(
    *,
    wired: Wired,
    session: SignedIn,
    ticket_id: str,
    move: Annotated[Move, Form()],
    note: Annotated[str, Form(max_length=500)] = "",
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
        ticket = scope.ticket(tx, session.user, ticket_id)
        if not scope.may_move(session.user, ticket, move):
            raise HTTPException(403, scope.NOT_YOURS)
        ledger.move(tx, ticket_id=ticket.id, order=order, desk=wired.desk)
    return RedirectResponse(f"/tickets/{ticket_id}", status_code=303)


@router.post("/tickets/{ticket_id}/opinion")
def characterise(
    wired: Wired,
    session: SignedIn,
    ticket_id: str,
    number: Annotated[str, Form(min_length=2, max_length=100)],
    words: Annotated[str, Form(min_length=2, max_length=500)],
) -> Response:
    """The lead characterises the content (定性); the takedown office's copy may then leave."""
    opinion = Opinion(number=number, words=words, signer=session.user.name, at=wired.clock.now())
    with wired.truth.write() as tx:
        ticket = scope.ticket(tx, session.user, ticket_id)
        if not scope.may_move(session.user, ticket, Move.CHECK):
            raise HTTPException(403, "定性须由主办机关作出")
        opinions.characterise(tx, ticket_id=ticket.id, opinion=opinion)
    return RedirectResponse(f"/tickets/{ticket_id}", status_code=303)


def _filter(user: User, state: TicketState | None) -> TicketFilter:
    return evolve(scope.ticket_filter(user), state=state)
