"""The running clocks of tickets: started, moved by a pause, ended, and read against today."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from attrs import asdict, frozen
from sqlalchemy import Connection, and_, func, select, update

from domain.tickets import Deadline, Move, OfficeRole, TicketState
from storage.upsert import upsert
from tickets import tables
from tickets.calendar import civil_date
from tickets.clocks import Clocks, Pause

FLAGS = (100, 80, 50)
_STOPPED = (TicketState.SUSPENDED.value, TicketState.RECALLED.value)


@frozen(kw_only=True)
class ClockReading:
    """How far a running clock is. `used` is in percent of the term, `flag` the highest of 50, 80
    and 100 that is reached (0: none); `overdue` once the last day has passed."""

    ticket_id: str
    number: str
    office: str
    clock: str
    title: str
    due: date
    provisional: bool
    used: int
    flag: int
    overdue: bool


def start(tx: Connection, *, ticket_id: str, deadlines: Iterable[Deadline], day: date) -> None:
    """Start clocks on `day`; one that ran before starts anew."""
    table = tables.deadlines
    for deadline in deadlines:
        values = {**asdict(deadline), "started": day, "ended": None, "extended": 0}
        row = upsert(tx, table).values(ticket_id=ticket_id, **values)
        tx.execute(
            row.on_conflict_do_update(
                index_elements=[table.c.ticket_id, table.c.clock], set_=values
            )
        )


def end(tx: Connection, *, ticket_id: str, clocks: Iterable[str], day: date) -> None:
    """End those clocks of the ticket that run."""
    table = tables.deadlines
    tx.execute(
        update(table)
        .where(
            table.c.ticket_id == ticket_id,
            table.c.clock.in_(list(clocks)),
            table.c.ended.is_(None),
        )
        .values(ended=day)
    )


@frozen(kw_only=True)
class Moved:
    """A deadline that was reckoned anew and came out differently."""

    ticket_id: str
    clock: str
    title: str
    old: date
    due: date
    provisional: bool


def reckon(tx: Connection, *, ticket_id: str, clocks: Clocks) -> tuple[Moved, ...]:
    """Reckon the running clocks of a ticket from their start: pauses, extensions and the calendar
    as they are known now. Doing it again changes nothing."""
    table = tables.deadlines
    stops = pauses(tx, ticket_id)
    moved = []
    for row in tx.execute(
        select(table).where(table.c.ticket_id == ticket_id, table.c.ended.is_(None))
    ).all():
        due, provisional = clocks.due(row.clock, row.started, extended=row.extended, pauses=stops)
        if (due, provisional) == (row.due, row.provisional):
            continue
        moved.append(
            Moved(
                ticket_id=ticket_id,
                clock=row.clock,
                title=row.title,
                old=row.due,
                due=due,
                provisional=provisional,
            )
        )
        tx.execute(
            update(table)
            .where(table.c.ticket_id == ticket_id, table.c.clock == row.clock)
            .values(due=due, provisional=provisional)
        )
    return tuple(moved)


def pauses(tx: Connection, ticket_id: str) -> tuple[Pause, ...]:
    """The suspensions of a ticket that have ended, from its history."""
    events = tables.ticket_events
    rows = tx.execute(
        select(events.c.move, events.c.at)
        .where(
            events.c.owner_id == ticket_id,
            events.c.move.in_((Move.SUSPEND.value, Move.RESUME.value)),
        )
        .order_by(events.c.sequence)
    ).all()
    days = [civil_date(at) for _, at in rows]
    return tuple(
        Pause(since=since, until=until) for since, until in zip(days[::2], days[1::2], strict=False)
    )


def with_provisional(tx: Connection) -> tuple[str, ...]:
    """Ids of the tickets that have a running deadline that is 暂定."""
    table = tables.deadlines
    rows = tx.execute(
        select(table.c.ticket_id)
        .where(table.c.ended.is_(None), table.c.provisional)
        .distinct()
        .order_by(table.c.ticket_id)
    )
    return tuple(rows.scalars())


def running(tx: Connection, ticket_id: str) -> tuple[Deadline, ...]:
    """The clocks that run on a ticket, the nearest first."""
    table = tables.deadlines
    rows = tx.execute(
        select(table.c.clock, table.c.title, table.c.due, table.c.source, table.c.provisional)
        .where(table.c.ticket_id == ticket_id, table.c.ended.is_(None))
        .order_by(table.c.due, table.c.clock)
    ).mappings()
    return tuple(Deadline(**row) for row in rows)


def readings(
    tx: Connection, *, today: date, at_least: int = 50, office: str | None = None
) -> tuple[ClockReading, ...]:
    """Running clocks whose flag is `at_least` (0: all), most urgent first.

    `office` limits them to one lead. Suspended and recalled tickets are left out.
    """
    clock, ticket, part = tables.deadlines, tables.tickets, tables.assignments
    wanted = (
        select(clock, ticket.c.number, part.c.office)
        .join(ticket, ticket.c.id == clock.c.ticket_id)
        .join(part, and_(part.c.ticket_id == ticket.c.id, part.c.role == OfficeRole.LEAD.value))
        .where(clock.c.ended.is_(None), ticket.c.state.not_in(_STOPPED))
        .order_by(clock.c.due, ticket.c.id, clock.c.clock)
    )
    if office is not None:
        wanted = wanted.where(part.c.office == office)
    found = []
    for row in tx.execute(wanted):
        used = _used(row.started, row.due, today)
        reading = ClockReading(
            ticket_id=row.ticket_id,
            number=row.number,
            office=row.office,
            clock=row.clock,
            title=row.title,
            due=row.due,
            provisional=row.provisional,
            used=used,
            flag=next((flag for flag in FLAGS if used >= flag), 0),
            overdue=today > row.due,
        )
        found.append(reading)
    return tuple(reading for reading in found if reading.flag >= at_least)


def count_overdue(tx: Connection, *, today: date) -> int:
    """How many running clocks have passed their last day; suspended and recalled tickets are
    left out."""
    clock, ticket = tables.deadlines, tables.tickets
    late = and_(clock.c.ended.is_(None), clock.c.due < today, ticket.c.state.not_in(_STOPPED))
    query = select(func.count()).select_from(clock).join(ticket, ticket.c.id == clock.c.ticket_id)
    return tx.execute(query.where(late)).scalar_one()


def _used(started: date, due: date, today: date) -> int:
    term = max((due - started).days, 1)
    return max(0, (today - started).days * 100 // term)
