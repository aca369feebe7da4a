"""How the whole is doing: worker processes, queues, the crawl, and what needs a person."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from attrs import frozen

from cluewatch.bootstrap import Services
from cluewatch.queues import depths
from crawlers.frontier import pauses, reports
from crawlers.frontier.records import Conservation, FrontierCounts
from evidence import gaps
from storage.leases import WorkState
from storage.records import from_json, to_json

HEALTH_FILE = "workers.json"
STALE_SECONDS = 15.0


@frozen(kw_only=True)
class WorkerHealth:
    """One supervised process. `state` is running, restarting (it waits after a death) or ended;
    `seconds` is how long the present process has lived, `code` how the last one ended."""

    role: str
    pid: int
    state: str
    deaths: int
    seconds: float
    code: int | None


@frozen(kw_only=True)
class Status:
    """Everything that `cluewatch status` tells; `problems` is empty when all is well."""

    supervised: bool
    workers: tuple[WorkerHealth, ...]
    queues: dict[str, dict[str, int]]
    frontier: FrontierCounts
    books: Conservation
    pauses: tuple[pauses.Pause, ...]
    open_breakers: tuple[str, ...]
    open_gaps: int
    problems: tuple[str, ...]


def write(logs: Path, workers: list[WorkerHealth]) -> None:
    """Leave word of the workers for other processes; readers never see half a file."""
    logs.mkdir(parents=True, exist_ok=True)
    draft = logs / f"{HEALTH_FILE}.new"
    draft.write_text(to_json(workers), "utf-8")
    draft.replace(logs / HEALTH_FILE)


def read(logs: Path) -> tuple[WorkerHealth, ...] | None:
    """What the supervisor said last; None when it has been silent for `STALE_SECONDS`."""
    file = logs / HEALTH_FILE
    try:
        age = time.time() - file.stat().st_mtime
        text = file.read_text("utf-8")
    except OSError:
        return None
    return from_json(tuple[WorkerHealth, ...], text) if age < STALE_SECONDS else None


def status(services: Services, *, now: datetime) -> Status:
    """Look at everything at the civil moment `now`; nothing is changed."""
    workers = read(services.settings.path("logs"))
    with services.truth.read() as tx:
        waiting = depths(tx)
        open_gaps = sum(gap.is_open for gap in gaps.gaps(tx, limit=1000))
    with services.frontier.read() as tx:
        books = reports.conservation(tx)
        counts = reports.counts(tx, now=now)
        stops = pauses.all(tx)
        broken = reports.open_breakers(tx, now=now)
    return Status(
        supervised=workers is not None,
        workers=workers or (),
        queues={
            name: {state.value: count for state, count in depth.items()}
            for name, depth in waiting.items()
        },
        frontier=counts,
        books=books,
        pauses=stops,
        open_breakers=broken,
        open_gaps=open_gaps,
        problems=(
            *_troubles_of(workers),
            *(
                f"队列“{name}”有 {depth[WorkState.PARKED]} 项须人工处理"
                for name, depth in waiting.items()
                if depth[WorkState.PARKED]
            ),
            *([] if books.balanced else ["抓取账目不平：领取 ≠ 完成 + 失败 + 退回"]),
        ),
    )


def _troubles_of(workers: tuple[WorkerHealth, ...] | None) -> list[str]:
    if workers is None:
        return ["没有监督进程在运行（cluewatch run）"]
    waiting = (worker for worker in workers if worker.state == "restarting")
    return [f"{worker.role} 进程已死 {worker.deaths} 次，等待重启" for worker in waiting]
