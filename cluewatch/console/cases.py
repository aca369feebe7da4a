"""Clues and tickets: lists, pages, and the moves that people make."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, RedirectResponse

from cluewatch.accounts.store import Session
from cluewatch.casework import Casework
from cluewatch.console.access import Genuine, Wired, needs
from cluewatch.console.rendering import page
from domain.captures import SealStatus
from domain.clues import Clue, ClueState
from domain.people import Permission, User
from domain.tickets import Move, Ticket, TicketState, legal_moves
from evidence import ledger as evidence_ledger
from evidence.sealing import seal_of
from tickets import clue_moves, clues, ledger, outbox, worklist
from tickets.clue_moves import ClueMove
from tickets.visibility import clue_visible, ticket_visible
from tickets.worklist import ClueFilter, TicketFilter

router = APIRouter()
ClueReader = Annotated[Session, Depends(needs(Permission.READ_CLUE))]
Reviewer = Annotated[Session, Depends(needs(Permission.REVIEW_CLUE))]
EvidenceReaderSession = Annotated[Session, Depends(needs(Permission.READ_EVIDENCE))]
TicketReader = Annotated[Session, Depends(needs(Permission.READ_TICKET))]
Mover = Annotated[Session, Depends(needs(Permission.MOVE_TICKET))]
Note = Annotated[str, Form(max_length=500)]


@router.get("/clues")
def clue_list(
    *,
    request: Request,
    wired: Wired,
    session: ClueReader,
    state: ClueState | None = None,
    type: Annotated[str | None, Query(max_length=64)] = None,
    after: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Clues, newest first; office handlers see those behind their own tickets."""
    wanted = ClueFilter(state=state, type=type or None, offices=_scope(session.user))
    with wired.truth.read() as tx:
        found = worklist.clues(tx, wanted, after=after)
        total = worklist.count_clues(tx, wanted)
    rules = wired.rulebook.rules
    return page(
        request,
        "clues.html",
        found=found,
        total=total,
        wanted=wanted,
        states=ClueState,
        rules=rules,
    )


@router.get("/clues/{clue_id}")
def clue_page(request: Request, wired: Wired, session: ClueReader, clue_id: str) -> Response:
    """One clue: who, which words, which articles, the proof, its tickets."""
    with wired.truth.write() as tx:
        clue = _visible_clue(tx, session.user, clue_id)
        _note_read(tx, wired.clock.now(), session.user, clue.id, "clue")
        tickets = ledger.of_clue(tx, clue.id)
        seal = seal_of(tx, clue.id)
        events = clue_moves.events(tx, clue.id)
    return page(
        request,
        "clue.html",
        clue=clue,
        tickets=tickets,
        seal=seal,
        sealed=SealStatus.SEALED,
        events=events,
        moves=clue_moves.legal_moves(clue.state),
        rules=wired.rulebook.rules,
        offices={office.id: office.name for office in wired.desk.offices.all},
    )


@router.get("/clues/{clue_id}/screenshot.png")
def screenshot(wired: Wired, session: EvidenceReaderSession, clue_id: str) -> Response:
    """The sealed picture; every look is an entry of the access ledger."""
    with wired.truth.write() as tx:
        clue = _visible_clue(tx, session.user, clue_id)
        seal = seal_of(tx, clue.id)
        if seal is None or not any(file.name == "screenshot.png" for file in seal.files):
            raise HTTPException(404, "没有截图")
        _note_read(tx, wired.clock.now(), session.user, seal.id, "screenshot")
    path = wired.settings.evidence_directory / seal.directory / "screenshot.png"
    return FileResponse(path, media_type="image/png")


@router.post("/clues/{clue_id}/moves", dependencies=[Genuine])
def move_clue(
    *,
    wired: Wired,
    session: Reviewer,
    clue_id: str,
    move: Annotated[ClueMove, Form()],
    note: Note = "",
) -> Response:
    """Take up, dismiss, or issue a clue."""
    at = wired.clock.now()
    with wired.truth.write() as tx:
        clue = _visible_clue(tx, session.user, clue_id)
        if move is ClueMove.ISSUE:
            Casework(wired).issue(tx, clue, automatic=False, actor=session.user.name)
        else:
            clue_moves.clue_move(
                tx, clue_id=clue.id, move=move, actor=session.user.name, at=at, note=note
            )
    return RedirectResponse(f"/clues/{clue_id}", status_code=303)


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
    wanted = TicketFilter(state=state, offices=_scope(session.user))
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
        ticket = _visible_ticket(tx, session.user, ticket_id)
        _note_read(tx, wired.clock.now(), session.user, ticket.id, "ticket")
        clue = clues.get(tx, ticket.clue_id)
        events = ledger.events(tx, ticket.id)
        deliveries = outbox.of_ticket(tx, ticket.id)
        opinion = ledger.opinion(tx, ticket.id)
        siblings = [t for t in ledger.of_case(tx, ticket.case_group) if t.id != ticket.id]
    return page(
        request,
        "ticket.html",
        ticket=ticket,
        clue=clue,
        events=events,
        deliveries=deliveries,
        siblings=siblings,
        opinion=opinion,
        moves=[m for m in legal_moves(ticket.state) if _may(session.user, ticket, m)],
        reassign=Move.REASSIGN,
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
) -> Response:
    """Make a move; the ledger refuses what the state does not allow."""
    with wired.truth.write() as tx:
        ticket = _visible_ticket(tx, session.user, ticket_id)
        if not _may(session.user, ticket, move):
            raise HTTPException(403, "此项操作须由主办机关或有审批权限的人员执行")
        ledger.move(
            tx,
            ticket_id=ticket.id,
            move=move,
            actor=session.user.name,
            at=wired.clock.now(),
            desk=wired.desk,
            note=note,
            office=office or None,
        )
    return RedirectResponse(f"/tickets/{ticket_id}", status_code=303)


@router.post("/tickets/{ticket_id}/opinion", dependencies=[Genuine])
def characterise(
    wired: Wired,
    session: Mover,
    ticket_id: str,
    words: Annotated[str, Form(min_length=2, max_length=500)],
) -> Response:
    """The lead characterises the content (定性); the takedown office's copy may then leave."""
    with wired.truth.write() as tx:
        ticket = _visible_ticket(tx, session.user, ticket_id)
        if not _may(session.user, ticket, Move.CHECK):
            raise HTTPException(403, "定性须由主办机关作出")
        ledger.characterise(
            tx,
            ticket_id=ticket.id,
            words=words,
            signer=session.user.name,
            at=wired.clock.now(),
        )
    return RedirectResponse(f"/tickets/{ticket_id}", status_code=303)


_DESK_MOVES = frozenset({Move.APPROVE, Move.REASSIGN, Move.RECALL})


def _may(user: User, ticket: Ticket, move: Move) -> bool:
    """Sending, reassigning and recalling are the desk's; the rest is the lead office's."""
    if move in _DESK_MOVES:
        return user.may(Permission.APPROVE_TICKET)
    return not user.limited_to_offices or ticket.lead in user.offices


def _scope(user: User) -> frozenset[str] | None:
    return user.offices if user.limited_to_offices else None


def _visible_clue(tx: Connection, user: User, clue_id: str) -> Clue:
    clue = clues.get(tx, clue_id)
    if user.limited_to_offices and not clue_visible(tx, clue.id, user.offices):
        raise HTTPException(404, "没有这条线索")
    return clue


def _visible_ticket(tx: Connection, user: User, ticket_id: str) -> Ticket:
    ticket = ledger.get(tx, ticket_id)
    if user.limited_to_offices and not ticket_visible(tx, ticket.id, user.offices):
        raise HTTPException(404, "没有这张工单")
    return ticket


def _note_read(tx: Connection, at: datetime, user: User, subject: str, page_name: str) -> None:
    evidence_ledger.append(
        tx,
        writer=evidence_ledger.ACCESS,
        actor=user.name,
        action="read",
        subject=subject,
        detail={"page": page_name},
        at=at,
    )
