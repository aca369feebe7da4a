"""Who takes part in a ticket, in which role, and where it lies inside each office."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from attrs import evolve
from sqlalchemy import Connection, delete, select, update

from domain.errors import IllegalMove
from domain.findings import Family
from domain.tickets import Assignment, OfficeRole
from storage.upsert import upsert
from tickets import tables, units
from tickets.offices import Office, Offices


def seated(
    assignments: Sequence[Assignment], offices: Offices, *, family: Family, region: str, day: date
) -> list[Assignment]:
    """The parts with the unit and the officer that each office's own rules give on that day."""
    found = []
    for part in assignments:
        seat = offices.get(part.office).seat(family, region, day)
        found.append(evolve(part, unit=seat.unit, handler=seat.handler))
    return found


def assign(
    tx: Connection,
    ticket_id: str,
    assignments: Sequence[Assignment],
    *,
    awaiting_opinion: frozenset[str],
) -> None:
    """Write the parts of a new ticket, in this order."""
    rows = [
        {
            "ticket_id": ticket_id,
            "office": part.office,
            "role": part.role.value,
            "position": position,
            "awaits_opinion": part.office in awaiting_opinion,
            "unit": part.unit,
            "handler": part.handler,
        }
        for position, part in enumerate(assignments)
    ]
    tx.execute(tables.assignments.insert(), rows)


def of_ticket(tx: Connection, ticket_id: str) -> tuple[Assignment, ...]:
    """The parts of a ticket, in the order in which they were given."""
    parts = tables.assignments
    rows = tx.execute(
        select(parts.c.office, parts.c.role, parts.c.unit, parts.c.handler)
        .where(parts.c.ticket_id == ticket_id)
        .order_by(parts.c.position, parts.c.office)
    )
    return tuple(
        Assignment(office=row.office, role=OfficeRole(row.role), unit=row.unit, handler=row.handler)
        for row in rows
    )


def awaiting_opinion(tx: Connection, ticket_id: str) -> frozenset[str]:
    """Offices whose copy is held until the lead has characterised the content (定性)."""
    parts = tables.assignments
    rows = tx.execute(
        select(parts.c.office).where(parts.c.ticket_id == ticket_id, parts.c.awaits_opinion)
    )
    return frozenset(rows.scalars())


def give_lead(
    tx: Connection, ticket_id: str, office: Office, *, family: Family, region: str, day: date
) -> None:
    """Make an office the lead; the one before has no part any more."""
    parts = tables.assignments
    lead = OfficeRole.LEAD.value
    seat = office.seat(family, region, day)
    tx.execute(delete(parts).where(parts.c.ticket_id == ticket_id, parts.c.role == lead))
    values = {
        "role": lead,
        "position": 0,
        "awaits_opinion": False,
        "unit": seat.unit,
        "handler": seat.handler,
    }
    row = upsert(tx, parts).values(ticket_id=ticket_id, office=office.id, **values)
    tx.execute(
        row.on_conflict_do_update(index_elements=[parts.c.ticket_id, parts.c.office], set_=values)
    )


def hand(tx: Connection, ticket_id: str, office: Office, handler: str, *, day: date) -> None:
    """Give an office's part to another of its officers. Raises IllegalMove when the office has no
    such officer, when they are away on that day, or when the office has no part."""
    staff = {officer.name: officer for officer in units.officers(office.units)}
    if handler not in staff or not staff[handler].is_present(day):
        raise IllegalMove(f"{office.name} 没有在岗的承办人“{handler}”")
    parts = tables.assignments
    changed = tx.execute(
        update(parts)
        .where(parts.c.ticket_id == ticket_id, parts.c.office == office.id)
        .values(handler=handler)
    )
    if not changed.rowcount:
        raise IllegalMove(f"{office.name} 不参与此工单")
