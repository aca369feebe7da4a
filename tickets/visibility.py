"""What an office may see: tickets that were sent to it, and the clues behind them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, select

from documents import store as documents
from domain.tickets import TicketState
from tickets.tables import assignments, sightings, tickets

_UNSENT = (TicketState.AWAITING_APPROVAL.value, TicketState.REASSIGNED.value)


def reached(offices: Collection[str]) -> ColumnElement[bool]:
    """The condition on `tickets` that one of these offices has got it.

    Not before it is sent, and not while the office's copy waits for the characterisation (定性).
    """
    parts = select(assignments.c.ticket_id).where(
        assignments.c.office.in_(offices), assignments.c.awaits_opinion.is_(False)
    )
    return tickets.c.id.in_(parts) & tickets.c.state.not_in(_UNSENT)


def offices_by_document(tx: Connection, document_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Which offices have got a ticket about what these documents say; others are left out."""
    rows = tx.execute(
        select(sightings.c.document_id, assignments.c.office)
        .join(tickets, tickets.c.clue_id == sightings.c.clue_id)
        .join(assignments, assignments.c.ticket_id == tickets.c.id)
        .where(
            sightings.c.document_id.in_(document_ids),
            assignments.c.awaits_opinion.is_(False),
            tickets.c.state.not_in(_UNSENT),
        )
    ).all()
    found: dict[str, frozenset[str]] = {}
    for document_id, office in rows:
        found[document_id] = found.get(document_id, frozenset()) | {office}
    return found


def project_again(tx: Connection, clue_id: str) -> None:
    """Have the documents of a clue indexed again, because who has got it may have changed."""
    seen = select(sightings.c.document_id).where(sightings.c.clue_id == clue_id).distinct()
    for document_id in tx.execute(seen).scalars().all():
        documents.enqueue_index(tx, document_id)


def ticket_visible(tx: Connection, ticket_id: str, offices: Collection[str]) -> bool:
    """Whether one of these offices has got this ticket."""
    wanted = select(tickets.c.id).where(tickets.c.id == ticket_id, reached(offices))
    return tx.execute(wanted).first() is not None


def clue_visible(tx: Connection, clue_id: str, offices: Collection[str]) -> bool:
    """Whether one of these offices has got a ticket of this clue."""
    wanted = select(tickets.c.id).where(tickets.c.clue_id == clue_id, reached(offices)).limit(1)
    return tx.execute(wanted).first() is not None
