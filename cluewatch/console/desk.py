"""The first page: where everything stands."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.responses import RedirectResponse

from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.charts import stacked
from cluewatch.console.rendering import page
from cluewatch.statistics import overview
from domain.people import Permission

router = APIRouter()


@router.get("/")
def home(request: Request, wired: Wired, session: SignedIn) -> Response:
    """The whole in numbers; who may not see all of it is led to what is theirs."""
    user = session.user
    if user.limited_to_offices:
        return RedirectResponse("/tickets", status_code=303)
    if not user.may(Permission.READ_CLUE):
        return page(request, "welcome.html")
    if user.region:
        return RedirectResponse("/clues", status_code=303)
    with wired.truth.read() as tx:
        found = overview(tx, now=wired.clock.now())
    return page(
        request,
        "home.html",
        overview=found,
        chart=stacked(found.days),
        rules=wired.rulebook.rules,
        offices={office.id: office.name for office in wired.desk.offices.all},
    )
