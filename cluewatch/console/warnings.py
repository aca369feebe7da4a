"""Early warning: what waits to be acknowledged, and the ranking behind it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from cluewatch.accounts import scope
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.rendering import page
from domain.errors import NotFound
from tickets.control import warnings
from tickets.control.warnings import WarningFilter

router = APIRouter(prefix="/warnings")
_RANKED = 30


@router.get("")
def listing(request: Request, wired: Wired, session: SignedIn, waiting: bool = False) -> Response:
    """Warnings that the user's offices got; the ranking for those who see every office's cases."""
    user = session.user
    wanted = WarningFilter(waiting=waiting, region=scope.region(user), offices=scope.offices(user))
    with wired.truth.read() as tx:
        found = warnings.listed(tx, wanted)
        limited = user.limited_to_offices
        ranked = () if limited else warnings.ranking(tx, region=wanted.region, limit=_RANKED)
    return page(
        request,
        "warnings.html",
        found=found,
        ranked=ranked,
        wanted=wanted,
        levels=("", *(level.title for level in wired.control.risk.levels)),
        now=wired.clock.now(),
        offices={office.id: office.name for office in wired.desk.offices.all},
    )


@router.post("/{warning_id}/acknowledgement")
def acknowledge(
    wired: Wired,
    session: SignedIn,
    warning_id: str,
    note: Annotated[str, Form(min_length=2, max_length=500)],
) -> Response:
    """Acknowledge a warning; one outside the user's reach is answered as if it did not exist."""
    user = session.user
    with wired.truth.write() as tx:
        found = warnings.get(tx, warning_id)
        mine = warnings.addressed(found, scope.offices(user))
        if not (mine and scope.inside(user, found.region)):
            raise NotFound(f"没有预警 {warning_id}")
        warnings.acknowledge(tx, found.id, actor=user.name, note=note, at=wired.clock.now())
    return RedirectResponse("/warnings", status_code=303)
