"""The queues of the truth database, by the names that operators know them."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from sqlalchemy import Column, Connection, Table

from cluewatch.saved.tables import alert_messages
from documents.tables import index_queue, picture_queue
from evidence.tables import capture_requests, outbox
from storage import leases
from storage.leases import WorkState
from tickets.tables import deliveries

QUEUES: dict[str, Table] = {
    "待研判": outbox,
    "待识图": picture_queue,
    "再次采集": capture_requests,
    "待索引": index_queue,
    "待投递": deliveries,
    "待通知": alert_messages,
}
_BORN: dict[str, Column[datetime]] = {
    outbox.name: outbox.c.created_at,
    capture_requests.name: capture_requests.c.requested_at,
    deliveries.name: deliveries.c.created_at,
    alert_messages.name: alert_messages.c.created_at,
}


@frozen(kw_only=True)
class Backlog:
    """How much of a queue waits, is under way, and waits for a person. `oldest` is the civil
    moment when the oldest of what waits came in: None when nothing waits, or the queue does not
    keep it (the index queue holds documents, not the moments of their changes)."""

    name: str
    table: str
    ready: int
    leased: int
    parked: int
    oldest: datetime | None

    def age_seconds(self, at: datetime) -> float:
        """How long the oldest has waited at the civil moment `at`; 0 when nothing is known."""
        return max(0.0, (at - self.oldest).total_seconds()) if self.oldest else 0.0


def depths(tx: Connection) -> dict[str, dict[WorkState, int]]:
    """How many items of each queue wait, are under way, are done, and wait for a person."""
    return {name: leases.depth(tx, table) for name, table in QUEUES.items()}


def backlogs(tx: Connection) -> tuple[Backlog, ...]:
    """What is not done of each queue; costs nothing for what is."""
    return tuple(_backlog(tx, name, table) for name, table in QUEUES.items())


def _backlog(tx: Connection, name: str, table: Table) -> Backlog:
    waiting = leases.undone(tx, table)
    born = _BORN.get(table.name)
    return Backlog(
        name=name,
        table=table.name,
        ready=waiting[WorkState.READY],
        leased=waiting[WorkState.LEASED],
        parked=waiting[WorkState.PARKED],
        oldest=leases.oldest(tx, table, born) if born is not None else None,
    )
