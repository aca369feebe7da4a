"""Packages as if they had left."""

from __future__ import annotations

from sqlalchemy import Connection, update

from domain.tickets import Ticket
from storage.leases import WorkState
from tests.tickets.cases import AT
from tickets import outbox, tables
from tickets.outbox import DeliveryKind


def all_delivered(tx: Connection, ticket_id: str, *, except_for: str = "") -> None:
    """Mark every package of a ticket as delivered, but those of one office."""
    table = tables.deliveries
    tx.execute(
        update(table)
        .where(table.c.ticket_id == ticket_id, table.c.office != except_for)
        .values(work_state=WorkState.DONE.value, delivered_at=AT, receipt="已收")
    )


def of_kind(tx: Connection, ticket: Ticket, kind: DeliveryKind) -> list[outbox.Delivery]:
    """What is on its way, or has arrived, of one kind."""
    return [d for d in outbox.of_ticket(tx, ticket.id) if d.kind is kind]
