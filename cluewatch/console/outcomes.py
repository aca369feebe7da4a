"""What has become of a ticket, given on its page by the office that did it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.casework import Casework
from cluewatch.console.access import SignedIn, Wired
from domain.feedback import read_particulars
from domain.people import User
from domain.tickets import Ticket
from tickets.outcome_codes import OutcomeCode
from tickets.outcomes import Saying

router = APIRouter()
Short = Annotated[str, Form(max_length=100)]
Day = Annotated[str, Form(max_length=10)]


def codes_for(wired: Services, user: User, ticket: Ticket) -> list[OutcomeCode]:
    """The outcomes that the user's offices may give on a ticket: all of them as the lead, else the
    measures that leave its state alone."""
    speaking = scope.speaking_for(user, ticket)
    offices = [wired.desk.offices.get(office) for office in speaking]
    return [
        code
        for code in wired.desk.outcomes.all
        if any(
            code.may_be_given_by(office) and (code.reaches is None or office.id == ticket.lead)
            for office in offices
        )
    ]


@router.post("/tickets/{ticket_id}/outcomes")
def give_outcome(
    *,
    wired: Wired,
    session: SignedIn,
    ticket_id: str,
    code: Annotated[str, Form(max_length=32)],
    reason: Annotated[str, Form(max_length=32)] = "",
    office: Annotated[str, Form(max_length=64)] = "",
    case_no: Short = "",
    decision_no: Short = "",
    fine: Annotated[str, Form(max_length=20)] = "",
    since: Day = "",
    until: Day = "",
    target: Annotated[str, Form(max_length=500)] = "",
    count: Annotated[str, Form(max_length=6)] = "",
    transfer_to: Annotated[str, Form(max_length=64)] = "",
    person: Annotated[str, Form(max_length=40)] = "",
    words: Annotated[str, Form(max_length=500)] = "",
    signer: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Record an outcome with its coded reason; what it lacks is said, and nothing is kept."""
    stated = read_particulars(
        {
            "case_no": case_no,
            "decision_no": decision_no,
            "fine": fine,
            "since": since,
            "until": until,
            "target": target,
            "count": count,
            "transfer_to": transfer_to,
            "person": person,
            "words": words,
        }
    )
    with wired.truth.write() as tx:
        ticket = scope.ticket(tx, session.user, ticket_id)
        speaking = scope.speaking_for(session.user, ticket)
        if not speaking or (office and office not in speaking):
            raise HTTPException(403, "结果须由参与此工单的机关记录")
        saying = Saying(
            code=code,
            reason=reason,
            office=office or speaking[0],
            actor=session.user.name,
            at=wired.clock.now(),
            signer=signer,
            particulars=stated,
        )
        Casework(wired).record_outcome(tx, ticket_id=ticket.id, saying=saying)
    return RedirectResponse(f"/tickets/{ticket_id}", status_code=303)
