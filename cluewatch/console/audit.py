"""What the auditor reads: who signed in, what administrators did, who saw which evidence."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from cluewatch.accounts import store as accounts
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.rendering import page
from evidence import ledger

router = APIRouter()


@router.get("/audit")
def audit(
    request: Request,
    wired: Wired,
    _session: SignedIn,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """The account log and the access ledger, the newest first; nothing here can be changed."""
    with wired.truth.read() as tx:
        return page(
            request,
            "audit.html",
            entries=accounts.entries(tx),
            accesses=ledger.newest(tx, ledger.ACCESS, before=before),
        )
