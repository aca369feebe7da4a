"""Complaints: new ones taken in, and what is decided about each. Who complained stays in the
vault and is on no page."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from cluewatch import complaints as intake
from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.reading import note_read
from cluewatch.console.rendering import page
from domain.errors import PermanentError
from tickets import complaints
from tickets.calendar import civil_date
from tickets.complaints import Complaint, ComplaintSource, ComplaintState
from tickets.vault import Reporter

router = APIRouter()
Short = Annotated[str, Form(max_length=200)]


class Answer(StrEnum):
    """What may be decided about a complaint on its page."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    RAISE = "raise"
    TELL = "tell"
    ANSWER = "answer"


@router.get("/complaints")
def complaint_list(
    request: Request, wired: Wired, session: SignedIn, state: ComplaintState | None = None
) -> Response:
    """Complaints, those to be decided soonest first, and the form for a new one."""
    wanted = [state] if state else [s for s in ComplaintState if s is not ComplaintState.ANSWERED]
    with wired.truth.write() as tx:
        found = [
            one for one in complaints.all_in(tx, wanted) if scope.inside(session.user, one.region)
        ]
        note_read(tx, wired, session.user, "complaints", "complaints")
    return page(
        request,
        "complaints.html",
        found=found,
        state=state,
        states=ComplaintState,
        sources=ComplaintSource,
        places=wired.desk.places.all,
        suggested={one.id: wired.desk.places.suggested(one.words).id for one in found},
        rules=wired.rulebook.rules,
        today=civil_date(wired.clock.now()),
        region=session.user.region or wired.settings.agency.region,
    )


@router.post("/complaints")
def take_in(
    *,
    wired: Wired,
    session: SignedIn,
    source: Annotated[ComplaintSource, Form()],
    words: Annotated[str, Form(min_length=2, max_length=20_000)],
    party: Annotated[str, Form(min_length=1, max_length=200)],
    region: Annotated[str, Form(pattern=r"^(\d{6})?$")] = "",
    external_no: Short = "",
    name: Short = "",
    phone: Short = "",
) -> Response:
    """Take in a letter, a visit or another office's referral; the reporter goes to the vault."""
    if not scope.inside(session.user, region):
        raise PermanentError("区划不在您的区划之内", at=region or "未填区划")
    intake.register(
        wired,
        source=source,
        external_no=external_no,
        party=party,
        words=words,
        region=region,
        reporter=Reporter(name=name, phone=phone) if name or phone else None,
        actor=session.user.name,
    )
    return RedirectResponse("/complaints", status_code=303)


@router.post("/complaints/{reference}/decision")
def decide(
    *,
    wired: Wired,
    session: SignedIn,
    reference: str,
    answer: Annotated[Answer, Form()],
    words: Annotated[str, Form(max_length=2000)] = "",
    place: Annotated[str, Form(max_length=64)] = "",
    types: Annotated[list[str] | None, Form(max_length=20)] = None,
) -> Response:
    """Accept it, refuse it with where to go, raise a clue on it, or note what was told."""
    with wired.truth.read() as tx:
        complaint = scope.complaint(tx, session.user, reference)
    _decide(wired, complaint, answer, session.user.name, words=words, place=place, types=types)
    return RedirectResponse("/complaints", status_code=303)


def _decide(
    wired: Services,
    complaint: Complaint,
    answer: Answer,
    actor: str,
    *,
    words: str,
    place: str,
    types: list[str] | None,
) -> None:
    if answer is Answer.ACCEPT:
        intake.accept(wired, complaint.id, actor=actor)
        return
    if answer is Answer.RAISE:
        intake.raise_clue(wired, complaint.id, types=types or [], actor=actor)
        return
    at = wired.clock.now()
    with wired.truth.write() as tx:
        if answer is Answer.REFUSE:
            where = wired.desk.places.get(place)
            complaints.refuse(tx, complaint.id, place=where, actor=actor, at=at)
            return
        if not words.strip():
            raise PermanentError("须写明告知或反馈的内容", at=complaint.number)
        note = complaints.tell if answer is Answer.TELL else complaints.answer
        note(tx, complaint.id, words=words, actor=actor, at=at)
