"""The ledger of tickets: every move is checked by the table of `domain.tickets` and chained."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, or_, select

from domain.captures import SealStatus
from domain.errors import IllegalMove, NotFound
from domain.findings import Family
from domain.tickets import (
    Assignment,
    Move,
    OfficeRole,
    Ticket,
    TicketEvent,
    TicketState,
    next_state,
)
from storage.upsert import upsert
from tickets import deadlines, history, outbox, tables
from tickets.calendar import civil_date
from tickets.desk import Desk
from tickets.history import Entry
from tickets.offices import Office

CHARACTERISE = "characterise"
DELIVER = "deliver"
_CHARACTERISED_IN = frozenset(TicketState) - {
    TicketState.AWAITING_APPROVAL,
    TicketState.SENT,
    TicketState.RETURNED,
    TicketState.REASSIGNED,
    TicketState.SUSPENDED,
    TicketState.RECALLED,
    TicketState.ARCHIVED,
}


def move(
    tx: Connection,
    *,
    ticket_id: str,
    move: Move,
    actor: str,
    at: datetime,
    desk: Desk,
    note: str = "",
    office: str | None = None,
) -> Ticket:
    """Make a move: state, history, clocks and deliveries change together.

    `office` is the new lead: required for REASSIGN, refused otherwise. Raises NotFound,
    IllegalMove, or RetryableError when another worker was faster.
    """
    row = _row(tx, ticket_id, lock=True)
    resumed = TicketState(row.suspended_from) if row.suspended_from else None
    state = next_state(TicketState(row.state), move, resumed=resumed)
    if (move is Move.REASSIGN) != (office is not None):
        raise IllegalMove("改派须指明新的主办机关，其他操作不得指明", at=row.number)
    if office is not None:
        new_lead = desk.offices.get(office)
        _hand_over(tx, ticket_id, new_lead)
        note = f"改派至{new_lead.name} {note}".strip()
    _append(
        tx,
        row,
        move=move.value,
        state=state,
        actor=actor,
        at=at,
        note=note,
        suspended_from=row.state if move is Move.SUSPEND else None,
    )
    if move is Move.RESUME:
        _resume(tx, ticket_id, desk, at)
    else:
        enter(tx, ticket_id=ticket_id, desk=desk, at=at)
    return get(tx, ticket_id)


def characterise(
    tx: Connection, *, ticket_id: str, words: str, signer: str, at: datetime
) -> Ticket:
    """Note the lead's characterisation (定性) of the content, possible before filing.

    `words` are the opinion's number and content. The takedown office's copy may now leave, as
    soon as the clue's proof is sealed. Raises IllegalMove while the lead has not received it.
    """
    row = _row(tx, ticket_id, lock=True)
    state = TicketState(row.state)
    if state not in _CHARACTERISED_IN:
        raise IllegalMove(f"工单处于“{state}”，不能定性", at=row.number)
    _append(tx, row, move=CHARACTERISE, state=state, actor=signer, at=at, note=words)
    outbox.opinion_given(tx, ticket_id=ticket_id, seal=_seal(tx, row.clue_id))
    return get(tx, ticket_id)


def note_delivery(tx: Connection, *, ticket_id: str, note: str, actor: str, at: datetime) -> None:
    """Note that a package reached an office; the state stays."""
    row = _row(tx, ticket_id, lock=True)
    _append(tx, row, move=DELIVER, state=TicketState(row.state), actor=actor, at=at, note=note)


def enter(tx: Connection, *, ticket_id: str, desk: Desk, at: datetime) -> None:
    """What being in a state brings about: clocks end and start, packages are queued or held."""
    ticket = get(tx, ticket_id)
    day = civil_date(at)
    lead = desk.offices.get(ticket.lead)
    deadlines.end(tx, ticket_id=ticket_id, clocks=desk.clocks.ending(ticket.state), day=day)
    starting = desk.clocks.starting(lead.kind, ticket.state, day)
    deadlines.start(tx, ticket_id=ticket_id, deadlines=starting, day=day)
    if ticket.state is TicketState.SENT:
        outbox.enqueue(
            tx,
            ticket_id=ticket_id,
            number=ticket.number,
            sequence=_row(tx, ticket_id).sequence,
            seal=_seal(tx, ticket.clue_id),
            at=at,
        )
    elif ticket.state is TicketState.RECALLED:
        outbox.recalled(tx, ticket_id=ticket_id)


def get(tx: Connection, reference: str) -> Ticket:
    """The ticket with this id or printed number; `deadlines` are those that run.

    Raises NotFound.
    """
    row = _row(tx, reference)
    parts = tables.assignments
    assignments = tx.execute(
        select(parts.c.office, parts.c.role)
        .where(parts.c.ticket_id == row.id)
        .order_by(parts.c.position, parts.c.office)
    )
    return Ticket(
        id=row.id,
        number=row.number,
        clue_id=row.clue_id,
        case_group=row.case_group,
        family=Family(row.family),
        state=TicketState(row.state),
        types=tuple(json.loads(row.types)),
        region=row.region,
        assignments=tuple(
            Assignment(office=office, role=OfficeRole(role)) for office, role in assignments
        ),
        deadlines=deadlines.running(tx, row.id),
        created_at=row.created_at,
        updated_at=row.updated_at,
        suspended_from=TicketState(row.suspended_from) if row.suspended_from else None,
    )


def of_clue(tx: Connection, clue_id: str) -> list[Ticket]:
    """The tickets of a clue, in the order in which they were opened."""
    return _tickets_where(tx, tables.tickets.c.clue_id == clue_id)


def of_case(tx: Connection, case_group: str) -> list[Ticket]:
    """The tickets of a case group (一案多查), in the order in which they were opened."""
    return _tickets_where(tx, tables.tickets.c.case_group == case_group)


def events(tx: Connection, ticket_id: str) -> tuple[TicketEvent, ...]:
    """The history of a ticket, oldest first."""
    return tuple(
        TicketEvent(
            sequence=entry.sequence,
            ticket_id=entry.owner_id,
            at=entry.at,
            actor=entry.actor,
            move=entry.move,
            state=TicketState(entry.state),
            note=entry.note,
            digest=entry.digest,
        )
        for entry in history.entries(tx, tables.ticket_events, ticket_id)
    )


def opinion(tx: Connection, ticket_id: str) -> TicketEvent | None:
    """The lead's latest characterisation (定性) of the content, None before there is one."""
    found = [event for event in events(tx, ticket_id) if event.move == CHARACTERISE]
    return found[-1] if found else None


def verify_events(tx: Connection, ticket_id: str) -> tuple[str, ...]:
    """What is wrong with a ticket's history, in words; empty when it holds. Raises NotFound."""
    row = _row(tx, ticket_id)
    found = history.entries(tx, tables.ticket_events, row.id)
    return history.problems(found, head=row.head, state=row.state)


def _append(
    tx: Connection,
    row: Row[*tuple[Any, ...]],
    *,
    move: str,
    state: TicketState,
    actor: str,
    at: datetime,
    note: str,
    **changes: object,
) -> None:
    entry = Entry(
        owner_id=row.id,
        sequence=row.sequence + 1,
        at=at,
        actor=actor,
        move=move,
        state=state.value,
        note=note,
    )
    history.append(
        tx,
        tables.tickets,
        tables.ticket_events,
        entry,
        previous=row.head,
        updated_at=at,
        **changes,
    )


def _row(tx: Connection, reference: str, *, lock: bool = False) -> Row[*tuple[Any, ...]]:
    """`lock` keeps other writers waiting (PostgreSQL), so that their moves come after ours."""
    tickets = tables.tickets
    wanted = select(tickets).where(or_(tickets.c.id == reference, tickets.c.number == reference))
    row = tx.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise NotFound(f"没有工单 {reference}")
    return row


def _seal(tx: Connection, clue_id: str) -> SealStatus:
    clues = tables.clues
    return SealStatus(tx.execute(select(clues.c.seal).where(clues.c.id == clue_id)).scalar_one())


def _tickets_where(tx: Connection, condition: ColumnElement[bool]) -> list[Ticket]:
    found = tx.execute(select(tables.tickets.c.id).where(condition).order_by(tables.tickets.c.id))
    return [get(tx, ticket_id) for ticket_id in found.scalars().all()]


def _hand_over(tx: Connection, ticket_id: str, office: Office) -> None:
    parts = tables.assignments
    lead = OfficeRole.LEAD.value
    tx.execute(delete(parts).where(parts.c.ticket_id == ticket_id, parts.c.role == lead))
    values = {"role": lead, "position": 0, "awaits_opinion": False}
    row = upsert(tx, parts).values(ticket_id=ticket_id, office=office.id, **values)
    tx.execute(
        row.on_conflict_do_update(index_elements=[parts.c.ticket_id, parts.c.office], set_=values)
    )


def _resume(tx: Connection, ticket_id: str, desk: Desk, at: datetime) -> None:
    events = tables.ticket_events
    suspended = tx.execute(
        select(events.c.at)
        .where(events.c.owner_id == ticket_id, events.c.move == Move.SUSPEND.value)
        .order_by(events.c.sequence.desc())
        .limit(1)
    ).scalar_one()
    deadlines.resume(
        tx,
        ticket_id=ticket_id,
        clocks=desk.clocks,
        since=civil_date(suspended),
        until=civil_date(at),
    )
