"""What operators look at: sources, gaps, queues, workers, and work that waits for a person."""

from __future__ import annotations

import shutil
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.rendering import page
from cluewatch.queues import QUEUES, backlogs
from crawlers import source_store
from crawlers.frontier import pauses, reports
from evidence import gaps
from storage import leases

router = APIRouter()
MOST_PARKED = 50


@router.get("/operations")
def operations(request: Request, wired: Wired, _session: SignedIn) -> Response:
    """Everything an operator needs to know this morning."""
    with wired.frontier.read() as tx:
        crawl = reports.counts(tx, now=wired.clock.now())
        stops = pauses.all(tx)
    with wired.truth.read() as tx:
        return page(
            request,
            "operations.html",
            sources=source_store.all(tx),
            gaps=gaps.gaps(tx),
            queues=backlogs(tx),
            workers=[
                (owner, name, count)
                for name, table in QUEUES.items()
                for owner, count in sorted(leases.owners(tx, table).items())
            ],
            parked={
                name: leases.parked(tx, table, limit=MOST_PARKED) for name, table in QUEUES.items()
            },
            crawl=crawl,
            stops=stops,
            disk=shutil.disk_usage(wired.settings.home),
        )


@router.post("/operations/retries")
def retry(
    wired: Wired,
    _session: SignedIn,
    queue: Annotated[str, Form(max_length=32)],
    work: Annotated[str, Form(max_length=64)],
) -> Response:
    """Put work that waits for a person back into its queue."""
    if queue not in QUEUES:
        raise HTTPException(404, "没有这个队列")
    with wired.truth.write() as tx:
        leases.retry(tx, QUEUES[queue], work)
    return RedirectResponse("/operations", status_code=303)
