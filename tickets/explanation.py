"""Why a clue goes where it goes: the line of the table, the office, the seat and the clocks."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from attrs import frozen

from domain.clues import Clue
from domain.findings import Family
from domain.tickets import Deadline, OfficeRole, TicketState
from tickets import parts
from tickets.desk import Desk
from tickets.offices import Office
from tickets.routes import Exchange
from tickets.routing import TicketPlan, plan


@frozen(kw_only=True)
class TypeGround:
    """A type of the ticket and the line of the route table that took it."""

    type: str
    severity: int
    subject: str
    region: str
    at: str


@frozen(kw_only=True)
class PartGround:
    """An office's part, why it was chosen, and where the case lies inside."""

    office: str
    name: str
    role: OfficeRole
    ground: str
    unit: str
    handler: str
    contact: str
    awaits_opinion: bool
    exchange: Exchange | None


@frozen(kw_only=True)
class Explanation:
    """One ticket of a clue, explained. `automatic`: it leaves without approval."""

    family: Family
    types: tuple[TypeGround, ...]
    parts: tuple[PartGround, ...]
    clocks: tuple[Deadline, ...]
    automatic: bool


def explain(clue: Clue, desk: Desk, *, day: date, automatic: bool) -> tuple[Explanation, ...]:
    """The tickets that the clue has or would have if it were issued on `day`."""
    found = plan(clue, desk.routes, desk.offices)
    return tuple(_explain(one, clue, desk, day, automatic) for one in found)


def _explain(found: TicketPlan, clue: Clue, desk: Desk, day: date, automatic: bool) -> Explanation:
    lead = desk.offices.get(found.lead)
    return Explanation(
        family=found.family,
        types=tuple(
            TypeGround(
                type=slug,
                severity=desk.routes.type_of(slug).severity,
                subject=clue.subject.kind.value,
                region=route.region,
                at=Path(route.at).name,
            )
            for slug, route in zip(found.types, found.routes, strict=True)
        ),
        parts=_parts(found, clue, desk, day),
        clocks=tuple(desk.clocks.starting(lead.kind, TicketState.SENT, day)),
        automatic=lead.leaves_by_itself(found.types, default=automatic),
    )


def _parts(found: TicketPlan, clue: Clue, desk: Desk, day: date) -> tuple[PartGround, ...]:
    seated = parts.seated(
        found.assignments, desk.offices, family=found.family, region=clue.region, day=day
    )
    result = []
    for part in seated:
        office = desk.offices.get(part.office)
        result.append(
            PartGround(
                office=office.id,
                name=office.name,
                role=part.role,
                ground=found.grounds[office.id],
                unit=part.unit,
                handler=part.handler,
                contact=_contact(office),
                awaits_opinion=office.id in found.awaiting_opinion,
                exchange=desk.routes.exchanges.get(office.kind),
            )
        )
    return tuple(result)


def _contact(office: Office) -> str:
    return f"{office.liaison.name} {office.liaison.contact}" if office.liaison else ""
