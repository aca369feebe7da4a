"""The first page: where everything stands."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from cluewatch.console.access import PasswordChangeNeeded, SignedIn, Wired
from cluewatch.console.rendering import page
from documents import store as documents
from domain.people import Permission
from tickets.calendar import civil_date
from tickets.summary import summary

router = APIRouter()


@router.get("/")
def home(request: Request, wired: Wired, session: SignedIn) -> Response:
    """Counts by verdict, type and office; who may not see them is led to what is theirs."""
    if session.must_change:
        raise PasswordChangeNeeded
    if session.user.limited_to_offices:
        return RedirectResponse("/tickets", status_code=303)
    if not session.user.may(Permission.READ_CLUE):
        return page(request, "welcome.html")
    with wired.truth.read() as tx:
        cases = summary(tx, today=civil_date(wired.clock.now()))
        verdicts = documents.verdict_counts(tx)
        found = documents.finding_counts(tx)
    return page(
        request,
        "home.html",
        cases=cases,
        verdicts=verdicts,
        findings=sorted(found.items(), key=lambda item: -item[1]),
        rules=wired.rulebook.rules,
        offices={office.id: office.name for office in wired.desk.offices.all},
    )
