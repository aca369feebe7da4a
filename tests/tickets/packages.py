"""Packages as if they had left."""

from __future__ import annotations

from sqlalchemy import Connection, update

from storage.leases import WorkState
from tests.tickets.cases import AT
from tickets import tables


def all_delivered(tx: Connection, ticket_id: str, *, except_for: str = "") -> None:
    """Mark every package of a ticket as delivered, but those of one office."""
    table = tables.deliveries
    tx.execute(
        update(table)
        .where(table.c.ticket_id == ticket_id, table.c.office != except_for)
        .values(work_state=WorkState.DONE.value, delivered_at=AT, receipt="已收")
    )
