"""Originals in the console: ask, decide, and see what was allowed."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse, StreamingResponse

from cluewatch import originals
from cluewatch.accounts import scope
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.proof import SANDBOX
from cluewatch.console.rendering import page

router = APIRouter()
Purpose = Annotated[str, Form(min_length=2, max_length=500)]


@router.get("/originals")
def waiting(request: Request, wired: Wired, session: SignedIn) -> Response:
    """What waits for a second person."""
    with wired.truth.read() as tx:
        asked = originals.waiting(wired, tx, session.user)
    return page(request, "originals.html", asked=asked)


@router.post("/clues/{clue_id}/originals")
def ask(wired: Wired, session: SignedIn, clue_id: str, purpose: Purpose) -> Response:
    """Ask for the originals of a clue."""
    with wired.truth.write() as tx:
        clue = scope.clue(tx, session.user, clue_id)
        originals.ask(wired, tx, user=session.user, clue=clue, purpose=purpose)
    return RedirectResponse(f"/clues/{clue_id}", status_code=303)


@router.post("/originals/{request_id}")
def decide(
    *,
    wired: Wired,
    session: SignedIn,
    request_id: str,
    approved: Annotated[bool, Form()],
    note: Purpose,
) -> Response:
    """Approve or refuse what another person asked."""
    with wired.truth.write() as tx:
        originals.decide(wired, tx, user=session.user, id=request_id, approved=approved, note=note)
    return RedirectResponse("/originals", status_code=303)


@router.get("/clues/{clue_id}/original.png")
def picture(wired: Wired, session: SignedIn, clue_id: str) -> Response:
    """The sealed picture as it was taken, for whoever has leave; never kept by the browser."""
    with wired.truth.write() as tx:
        clue = scope.clue(tx, session.user, clue_id)
        pieces = originals.screenshot(wired, tx, user=session.user, clue=clue)
    headers = {"Content-Security-Policy": SANDBOX, "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type="image/png", headers=headers)
