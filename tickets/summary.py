"""Counts for the demo's table and the console's first page."""

from __future__ import annotations

from datetime import date

from attrs import frozen
from sqlalchemy import Connection, func, select

from domain.clues import ClueState
from domain.tickets import OfficeRole, TicketState
from tickets import deadlines, tables


@frozen(kw_only=True)
class ClueCount:
    """Clues that carry a violation type, by state; a clue counts under each of its types."""

    type: str
    state: ClueState
    count: int


@frozen(kw_only=True)
class TicketCount:
    """Tickets that an office leads, by state."""

    office: str
    state: TicketState
    count: int


@frozen(kw_only=True)
class Summary:
    """Where all cases stand. `overdue` counts running clocks whose last day has passed."""

    clues: int
    tickets: int
    overdue: int
    clues_by_type: tuple[ClueCount, ...]
    tickets_by_office: tuple[TicketCount, ...]


def summary(tx: Connection, *, today: date) -> Summary:
    """The counts as of `today` (the civil day in China)."""
    clue, finding = tables.clues, tables.clue_findings
    ticket, part = tables.tickets, tables.assignments
    by_type = tx.execute(
        select(finding.c.type, clue.c.state, func.count(func.distinct(clue.c.id)))
        .join(clue, clue.c.id == finding.c.clue_id)
        .group_by(finding.c.type, clue.c.state)
        .order_by(finding.c.type, clue.c.state)
    )
    by_office = tx.execute(
        select(part.c.office, ticket.c.state, func.count())
        .join(ticket, ticket.c.id == part.c.ticket_id)
        .where(part.c.role == OfficeRole.LEAD.value)
        .group_by(part.c.office, ticket.c.state)
        .order_by(part.c.office, ticket.c.state)
    )
    return Summary(
        clues=tx.execute(select(func.count()).select_from(clue)).scalar_one(),
        tickets=tx.execute(select(func.count()).select_from(ticket)).scalar_one(),
        overdue=deadlines.count_overdue(tx, today=today),
        clues_by_type=tuple(
            ClueCount(type=slug, state=ClueState(state), count=count)
            for slug, state, count in by_type
        ),
        tickets_by_office=tuple(
            TicketCount(office=office, state=TicketState(state), count=count)
            for office, state, count in by_office
        ),
    )
