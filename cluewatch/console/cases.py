"""Clues: list, page, and the moves that reviewers make."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from cluewatch.access import note_read
from cluewatch.accounts.store import Session
from cluewatch.casework import Casework
from cluewatch.console.access import Genuine, Wired, needs
from cluewatch.console.rendering import page
from domain.captures import SealStatus
from domain.clues import Clue, ClueState
from domain.people import Permission, User
from evidence import requests
from evidence.sealing import seal_of
from tickets import clue_moves, clues, ledger, worklist
from tickets.clue_moves import ClueMove
from tickets.visibility import clue_visible
from tickets.worklist import ClueFilter

router = APIRouter()
ClueReader = Annotated[Session, Depends(needs(Permission.READ_CLUE))]
Reviewer = Annotated[Session, Depends(needs(Permission.REVIEW_CLUE))]
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
    wanted = ClueFilter(state=state, type=type or None, offices=scope(session.user))
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
        clue = visible_clue(tx, session.user, clue_id)
        note_read(tx, actor=session.user.name, subject=clue.id, page="clue", at=wired.clock.now())
        tickets = ledger.of_clue(tx, clue.id)
        seal = seal_of(tx, clue.id)
        pending = requests.open_seals(tx, clue.id)
        events = clue_moves.events(tx, clue.id)
    return page(
        request,
        "clue.html",
        clue=clue,
        tickets=tickets,
        seal=seal,
        sealed=SealStatus.SEALED,
        pending=pending,
        events=events,
        moves=clue_moves.legal_moves(clue.state),
        rules=wired.rulebook.rules,
        offices={office.id: office.name for office in wired.desk.offices.all},
    )


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
        clue = visible_clue(tx, session.user, clue_id)
        if move is ClueMove.ISSUE:
            Casework(wired).issue(tx, clue, automatic=False, actor=session.user.name)
        else:
            clue_moves.clue_move(
                tx, clue_id=clue.id, move=move, actor=session.user.name, at=at, note=note
            )
    return RedirectResponse(f"/clues/{clue_id}", status_code=303)


def scope(user: User) -> frozenset[str] | None:
    """The offices that a user is limited to, None for whoever sees everything."""
    return user.offices if user.limited_to_offices else None


def visible_clue(tx: Connection, user: User, clue_id: str) -> Clue:
    """The clue, if this user may see it; to anyone else it does not exist (404)."""
    clue = clues.get(tx, clue_id)
    if user.limited_to_offices and not clue_visible(tx, clue.id, user.offices):
        raise HTTPException(404, "没有这条线索")
    return clue
