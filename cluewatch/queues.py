"""The queues of the truth database, by the names that operators know them."""

from __future__ import annotations

from sqlalchemy import Connection, Table

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


def depths(tx: Connection) -> dict[str, dict[WorkState, int]]:
    """How many items of each queue wait, are under way, are done, and wait for a person."""
    return {name: leases.depth(tx, table) for name, table in QUEUES.items()}
