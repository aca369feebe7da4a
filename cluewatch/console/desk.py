"""The first page: where everything stands."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from cluewatch.console.access import PasswordChangeNeeded, SignedIn, Wired
from cluewatch.console.rendering import page
from documents import store as documents
from tickets.calendar import civil_date
from tickets.summary import summary

router = APIRouter()


@router.get("/")
def home(request: Request, wired: Wired, session: SignedIn) -> Response:
    """Counts by verdict, type and office; every number leads to its list."""
    if session.must_change:
        raise PasswordChangeNeeded
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
