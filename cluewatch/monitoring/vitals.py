"""The vital signs: the few numbers by which metrics, alarms and operators judge the whole.

Every query here reads an index or a small table, so that asking once a minute costs nothing.
"""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from attrs import frozen

from cluewatch import health
from cluewatch.bootstrap import Services
from cluewatch.health import WorkerHealth
from cluewatch.monitoring import canary_runs
from cluewatch.monitoring.canary_runs import CanaryRun
from cluewatch.queues import Backlog, backlogs
from crawlers.frontier import reports
from domain.captures import SealStatus
from domain.outcomes import Outcome
from domain.tickets import TicketState
from evidence import gaps, reader
from tickets import deadlines, worklist
from tickets.calendar import civil_date

RECENT = timedelta(hours=1)
GAP_MEMORY = timedelta(days=7)


@frozen(kw_only=True)
class Vitals:
    """What was seen at the civil moment `at`.

    `captures` are those of the past hour. `open_gaps` are places last missed within seven days;
    what the crawl has not even tried for longer is a matter of its sources. `crawl` are the books
    of the frontier since its beginning. `canary` is the last flight that ended. `workers` are
    those of this machine, None when no supervisor runs here. `free_bytes` is what is left where
    the home directory is.
    """

    at: datetime
    queues: tuple[Backlog, ...]
    captures: dict[Outcome, int]
    open_gaps: dict[Outcome, int]
    crawl: dict[str, int]
    open_breakers: int
    tickets: dict[TicketState, int]
    overdue: int
    seals: dict[SealStatus, int]
    canary: CanaryRun | None
    workers: tuple[WorkerHealth, ...] | None
    free_bytes: int


def take(services: Services) -> Vitals:
    """Look once. Nothing is changed."""
    at = services.clock.now()
    with services.frontier.read() as tx:
        crawl = reports.flow(tx)
        breakers = len(reports.open_breakers(tx, now=at))
    with services.truth.read() as tx:
        missed = gaps.gaps(tx, limit=None, seen_from=at - GAP_MEMORY)
        return Vitals(
            at=at,
            queues=backlogs(tx),
            captures=reader.count_by_outcome(tx, since=at - RECENT),
            open_gaps=dict(Counter(gap.outcome for gap in missed if gap.is_open)),
            crawl=crawl,
            open_breakers=breakers,
            tickets=worklist.tickets_by_state(tx),
            overdue=deadlines.count_overdue(tx, today=civil_date(at)),
            seals=worklist.clues_by_seal(tx),
            canary=canary_runs.newest(tx, ended=True),
            workers=health.read(services.settings.path("logs")),
            free_bytes=free_bytes(services.settings.home),
        )


def free_bytes(home: Path) -> int:
    """What is left on the disk of the home directory."""
    return shutil.disk_usage(home).free
