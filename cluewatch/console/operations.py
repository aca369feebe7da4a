"""What operators look at: sources, gaps, queues, and work that waits for a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import PlainTextResponse

from cluewatch.accounts.store import Session
from cluewatch.console.access import Wired, needs
from cluewatch.console.rendering import page
from cluewatch.queues import QUEUES
from crawlers import source_store
from domain.people import Permission
from evidence import gaps
from storage import leases
from storage.leases import WorkState

router = APIRouter()
Operator = Annotated[Session, Depends(needs(Permission.READ_OPERATIONS))]


@router.get("/operations")
def operations(request: Request, wired: Wired, _session: Operator) -> Response:
    """Everything an operator needs to know this morning."""
    with wired.truth.read() as tx:
        return page(
            request,
            "operations.html",
            sources=source_store.all(tx),
            gaps=gaps.gaps(tx),
            queues={name: leases.depth(tx, table) for name, table in QUEUES.items()},
            parked={name: leases.parked(tx, table, limit=20) for name, table in QUEUES.items()},
            states=(WorkState.READY, WorkState.LEASED, WorkState.DONE, WorkState.PARKED),
        )


@router.get("/healthz")
def health() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")
