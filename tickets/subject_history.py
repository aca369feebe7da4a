"""What happened in the cases of one subject, as one story."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Select, Table, null, select

from tickets import tables, worklist
from tickets.worklist import ClueFilter, TicketFilter


@frozen(kw_only=True)
class Happening:
    """One entry of the history of a clue or ticket. `number` is its printed number; `ticket_id`
    is None where the clue itself was moved."""

    at: datetime
    actor: str
    move: str
    state: str
    note: str
    number: str
    clue_id: str
    ticket_id: str | None


def newest(
    tx: Connection, *, clues: ClueFilter, tickets: TicketFilter, limit: int
) -> tuple[Happening, ...]:
    """The latest entries of these clues and tickets, the newest first."""
    clue, ticket = tables.clues, tables.tickets
    of_clues = _latest(clue, tables.clue_events, worklist.clue_ids(clues)).add_columns(
        clue.c.id.label("clue_id"), null().label("ticket_id")
    )
    of_tickets = _latest(ticket, tables.ticket_events, worklist.ticket_ids(tickets)).add_columns(
        ticket.c.clue_id, ticket.c.id.label("ticket_id")
    )
    found = [
        Happening(**row)
        for wanted in (of_clues, of_tickets)
        for row in tx.execute(wanted.limit(limit)).mappings()
    ]
    return tuple(sorted(found, key=lambda one: one.at, reverse=True)[:limit])


def _latest(owners: Table, events: Table, ids: Select[str]) -> Select[*tuple[Any, ...]]:
    told = (events.c.at, events.c.actor, events.c.move, events.c.state, events.c.note)
    return (
        select(*told, owners.c.number)
        .join(owners, owners.c.id == events.c.owner_id)
        .where(owners.c.id.in_(ids))
        .order_by(events.c.at.desc(), events.c.owner_id, events.c.sequence.desc())
    )
