"""One case, many checks (一案多查): offices with open tickets on one subject see each other and
visit it together, once, with one result to each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from attrs import frozen
from sqlalchemy import Connection, select, update

from domain.errors import IllegalMove, NotFound
from domain.ports import Ids
from domain.tickets import Remark, Ticket, TicketState
from tickets import clues, ledger, tables
from tickets.issue import OVER
from tickets.offices import Offices
from tickets.visibility import reached


@frozen(kw_only=True)
class OpenCase:
    """An open ticket on a subject, as the other offices may see it."""

    ticket_id: str
    number: str
    office: str
    name: str
    contact: str
    state: TicketState
    visit: str | None
    planned_for: date | None


@frozen(kw_only=True)
class PlannedVisit:
    """A visit that is still to be made."""

    id: str
    day: date


def open_cases(
    tx: Connection,
    subject_id: str,
    offices: Offices,
    *,
    seen_by: Collection[str] | None = None,
) -> tuple[OpenCase, ...]:
    """The open tickets on a subject: office, its liaison, its planned visit.

    `seen_by` are the offices that ask: they must have got a ticket on the subject, or they see
    nothing. None: no limit.
    """
    ticket = tables.tickets
    mine = [ticket.c.subject_id == subject_id]
    if (
        seen_by is not None
        and not tx.execute(select(ticket.c.id).where(*mine, reached(seen_by)).limit(1)).first()
    ):
        return ()
    rows = tx.execute(
        select(ticket.c.id)
        .where(*mine, ticket.c.state.not_in([state.value for state in OVER]))
        .order_by(ticket.c.id)
    )
    return tuple(_case(tx, ledger.get(tx, found), offices) for found in rows.scalars().all())


def planned(tx: Connection, ticket_id: str) -> PlannedVisit | None:
    """The visit that a ticket takes part in and that has no result yet; None without one."""
    visits, members = tables.visits, tables.visit_tickets
    row = tx.execute(
        select(visits.c.id, visits.c.planned_for)
        .join(members, members.c.visit_id == visits.c.id)
        .where(members.c.ticket_id == ticket_id, visits.c.reported_at.is_(None))
    ).one_or_none()
    return None if row is None else PlannedVisit(id=row.id, day=row.planned_for)


def plan_visit(
    tx: Connection,
    *,
    ticket_ids: Collection[str],
    day: date,
    actor: str,
    at: datetime,
    ids: Ids,
    note: str = "",
) -> str:
    """Plan one visit for open tickets on one subject; returns its id.

    While a visit to the subject is planned, tickets join it (and its day is set anew) instead of
    getting a second one: nobody is inspected twice. Raises IllegalMove when the tickets concern
    several subjects or one of them is over.
    """
    found = [ledger.get(tx, ticket_id) for ticket_id in ticket_ids]
    visit_id = _visit_to(tx, _one_subject(tx, found), day, ids)
    members = _members(tx, visit_id)
    fresh = [ticket for ticket in found if ticket.id not in members]
    if fresh:
        tx.execute(
            tables.visit_tickets.insert(),
            [{"visit_id": visit_id, "ticket_id": ticket.id} for ticket in fresh],
        )
    words = f"定于 {day} 联合检查 {note}".strip()
    _tell(tx, visit_id, Remark.PLAN_VISIT, actor=actor, at=at, note=words)
    return visit_id


def report_visit(
    tx: Connection, visit_id: str, *, result: str, actor: str, at: datetime
) -> tuple[str, ...]:
    """Note the one result on every ticket of the visit; returns their ids.

    Raises NotFound, or IllegalMove when it was reported already.
    """
    visits = tables.visits
    row = tx.execute(select(visits).where(visits.c.id == visit_id)).one_or_none()
    if row is None:
        raise NotFound(f"没有检查 {visit_id}")
    if row.reported_at is not None:
        raise IllegalMove("这次检查已有结果", at=visit_id)
    tx.execute(update(visits).where(visits.c.id == visit_id).values(result=result, reported_at=at))
    return _tell(tx, visit_id, Remark.REPORT_VISIT, actor=actor, at=at, note=result)


def _case(tx: Connection, ticket: Ticket, offices: Offices) -> OpenCase:
    office = offices.get(ticket.lead)
    visit = planned(tx, ticket.id)
    return OpenCase(
        ticket_id=ticket.id,
        number=ticket.number,
        office=office.id,
        name=office.name,
        contact=f"{office.liaison.name} {office.liaison.contact}" if office.liaison else "",
        state=ticket.state,
        visit=visit.id if visit is not None else None,
        planned_for=visit.day if visit is not None else None,
    )


def _one_subject(tx: Connection, found: Sequence[Ticket]) -> str:
    subjects = {clues.subject_of(tx, ticket.clue_id) for ticket in found}
    if len(subjects) != 1:
        raise IllegalMove("一次检查只能针对同一当事人的工单")
    over = [ticket.number for ticket in found if ticket.state in OVER]
    if over:
        raise IllegalMove(f"工单已办结或撤回：{'、'.join(over)}")
    return subjects.pop()


def _visit_to(tx: Connection, subject_id: str, day: date, ids: Ids) -> str:
    """The planned visit to a subject, on this day now; a new one when none is planned."""
    visits = tables.visits
    planned = tx.execute(
        update(visits)
        .where(visits.c.subject_id == subject_id, visits.c.reported_at.is_(None))
        .values(planned_for=day)
        .returning(visits.c.id)
    ).scalar_one_or_none()
    if planned is not None:
        return str(planned)
    visit_id = ids.new()
    tx.execute(
        visits.insert().values(
            id=visit_id, subject_id=subject_id, planned_for=day, result=None, reported_at=None
        )
    )
    return visit_id


def _members(tx: Connection, visit_id: str) -> tuple[str, ...]:
    members = tables.visit_tickets
    rows = tx.execute(
        select(members.c.ticket_id)
        .where(members.c.visit_id == visit_id)
        .order_by(members.c.ticket_id)
    )
    return tuple(rows.scalars())


def _tell(
    tx: Connection, visit_id: str, remark: Remark, *, actor: str, at: datetime, note: str
) -> tuple[str, ...]:
    members = _members(tx, visit_id)
    for ticket_id in members:
        ledger.remark(tx, ticket_id=ticket_id, remark=remark, actor=actor, at=at, note=note)
    return members
