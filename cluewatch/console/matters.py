"""What happens beside a ticket's way: objections, joint visits, requests between offices."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from cluewatch.accounts import scope
from cluewatch.console.access import SignedIn, Wired
from domain.people import User
from domain.tickets import Move, Ticket
from tickets import appeals, assistance, joint
from tickets.appeals import AppealDecision
from tickets.assistance import Question
from tickets.request_forms import FORMS, AssistanceKind

router = APIRouter()
ASKABLE = (AssistanceKind.INQUIRY, AssistanceKind.FINDING, AssistanceKind.TEST)
"""What a person asks; the other kinds of request follow from outcomes."""

Words = Annotated[str, Form(min_length=2, max_length=2000)]


@router.post("/tickets/{ticket_id}/appeals")
def appeal(
    wired: Wired,
    session: SignedIn,
    ticket_id: str,
    words: Words,
    decision: Annotated[AppealDecision | Literal[""], Form()] = "",
) -> Response:
    """Note the accused party's objection (申诉), or with `decision` what came of it."""
    at, actor = wired.clock.now(), session.user.name
    with wired.truth.write() as tx:
        ticket = _ours(tx, session.user, ticket_id)
        if decision:
            appeals.decide(
                tx,
                ticket_id=ticket.id,
                decision=AppealDecision(decision),
                grounds=words,
                actor=actor,
                at=at,
                desk=wired.desk,
            )
        else:
            appeals.receive(tx, ticket_id=ticket.id, words=words, actor=actor, at=at)
    return _back(ticket_id)


@router.post("/tickets/{ticket_id}/visits")
def visit(
    *,
    wired: Wired,
    session: SignedIn,
    ticket_id: str,
    day: Annotated[date | Literal[""], Form()] = "",
    note: Annotated[str, Form(max_length=500)] = "",
    visit_id: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Plan a visit to the subject on a day, or with `visit_id` note what came of the planned one.

    Every office with an open ticket on the subject takes part (一案多查).
    """
    at, actor = wired.clock.now(), session.user.name
    with wired.truth.write() as tx:
        ticket = _ours(tx, session.user, ticket_id)
        if visit_id:
            _check_member(tx, ticket, visit_id)
            joint.report_visit(tx, visit_id, result=note, actor=actor, at=at)
        elif day:
            joint.plan_visit(
                tx,
                ticket_ids=[ticket.id],
                day=day,
                actor=actor,
                at=at,
                ids=wired.ids,
                note=note,
            )
    return _back(ticket_id)


@router.post("/tickets/{ticket_id}/requests")
def ask(
    *,
    wired: Wired,
    session: SignedIn,
    ticket_id: str,
    kind: Annotated[AssistanceKind, Form()],
    asked: Annotated[str, Form(max_length=64)],
    words: Words,
) -> Response:
    """Ask another office for help (协查、认定、检验)."""
    with wired.truth.write() as tx:
        ticket = _ours(tx, session.user, ticket_id)
        assistance.ask(
            tx,
            ticket_id=ticket.id,
            question=Question(kind=kind, asking=ticket.lead, asked=asked, words=words),
            actor=session.user.name,
            at=wired.clock.now(),
            desk=wired.desk,
            ids=wired.ids,
        )
    return _back(ticket_id)


@router.post("/requests/{reference}/answer")
def answer(
    wired: Wired,
    session: SignedIn,
    reference: str,
    points: Annotated[list[str] | None, Form(max_length=20)] = None,
    reason: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Answer a request point by point, or with `reason` send it back."""
    at, actor = wired.clock.now(), session.user.name
    with wired.truth.write() as tx:
        request = scope.request(tx, session.user, reference)
        if reason.strip():
            assistance.decline(tx, request.id, reason=reason, actor=actor, at=at, desk=wired.desk)
        else:
            names = FORMS[request.kind]
            form = dict(zip(names, points or (), strict=False))
            assistance.answer(tx, request.id, form=form, actor=actor, at=at, desk=wired.desk)
    return RedirectResponse("/todo", status_code=303)


def _ours(tx: Connection, user: User, ticket_id: str) -> Ticket:
    """The ticket, when the user acts for its lead. Raises NotFound, or HTTPException 403."""
    ticket = scope.ticket(tx, user, ticket_id)
    if not scope.may_move(user, ticket, Move.CHECK):
        raise HTTPException(403, scope.NOT_YOURS)
    return ticket


def _check_member(tx: Connection, ticket: Ticket, visit_id: str) -> None:
    found = joint.planned(tx, ticket.id)
    if found is None or found.id != visit_id:
        raise HTTPException(404, "本工单没有这次检查")


def _back(ticket_id: str) -> Response:
    return RedirectResponse(f"/tickets/{ticket_id}", status_code=303)
