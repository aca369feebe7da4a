"""The ledger of tickets: every move is checked by the table of `domain.tickets` and chained."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Row, or_, select

from domain.captures import SealStatus
from domain.errors import IllegalMove, NotFound
from domain.findings import Family
from domain.tickets import (
    Move,
    Remark,
    ReturnReason,
    Ticket,
    TicketEvent,
    TicketState,
    next_state,
)
from tickets import deadlines, history, outbox, parts, second_looks, tables
from tickets.calendar import civil_date
from tickets.desk import Desk
from tickets.history import Entry
from tickets.visibility import project_again

NAMING = frozenset({Move.REASSIGN, Move.TRANSFER, Move.DESIGNATE})
"""Moves that name a new lead."""


@frozen(kw_only=True)
class Order:
    """What an actor orders: the move, and what it needs besides.

    `office` is the new lead of REASSIGN, TRANSFER and DESIGNATE; `reason` that of a RETURN;
    `signer` the head who signs what the lead office wants signed.
    """

    move: Move
    actor: str
    at: datetime
    note: str = ""
    office: str | None = None
    reason: ReturnReason | None = None
    signer: str = ""


def move(tx: Connection, *, ticket_id: str, order: Order, desk: Desk) -> Ticket:
    """Make a move: state, history, clocks and deliveries change together.

    Raises NotFound, IllegalMove, or RetryableError when another worker was faster.
    """
    row = _row(tx, ticket_id, lock=True)
    ticket = get(tx, ticket_id)
    refuses = _refuses(ticket, order)
    state = next_state(
        ticket.state,
        order.move,
        resumed=ticket.suspended_from,
        disputed=refuses and ticket.refusals > 0,
    )
    words = [_new_lead(tx, ticket, order, desk, state), _signature(ticket, order, desk)]
    if order.reason is not None:
        words.append(f"退回原因：{order.reason}")
    _append(
        tx,
        row,
        move=order.move.value,
        state=state,
        actor=order.actor,
        at=order.at,
        note=" ".join(word for word in (*words, order.note) if word),
        suspended_from=ticket.state.value if order.move is Move.SUSPEND else None,
        refusals=ticket.refusals + int(refuses),
        designated=ticket.designated or order.move is Move.DESIGNATE,
    )
    if order.move is Move.RESUME:
        deadlines.reckon(tx, ticket_id=ticket_id, clocks=desk.clocks)
    else:
        enter(tx, ticket_id=ticket_id, desk=desk, at=order.at)
        day, lead = civil_date(order.at), desk.offices.get(get(tx, ticket_id).lead)
        begun = desk.clocks.starting_with(lead.kind, order.move, day)
        deadlines.start(tx, ticket_id=ticket_id, deadlines=begun, day=day)
    return get(tx, ticket_id)


def remark(
    tx: Connection,
    *,
    ticket_id: str,
    remark: Remark,
    actor: str,
    at: datetime,
    note: str,
    **changes: object,
) -> Ticket:
    """Note something in the history; the state stays. `changes` are columns of the ticket."""
    row = _row(tx, ticket_id, lock=True)
    state = TicketState(row.state)
    _append(tx, row, move=remark.value, state=state, actor=actor, at=at, note=note, **changes)
    return get(tx, ticket_id)


def hand(
    tx: Connection,
    *,
    ticket_id: str,
    office: str,
    handler: str,
    actor: str,
    at: datetime,
    desk: Desk,
) -> Ticket:
    """Inside an office, give its part to another officer. Raises IllegalMove."""
    found = desk.offices.get(office)
    parts.hand(tx, ticket_id, found, handler, day=civil_date(at))
    note = f"{found.name}：交由 {handler} 承办"
    return remark(tx, ticket_id=ticket_id, remark=Remark.HAND, actor=actor, at=at, note=note)


def enter(tx: Connection, *, ticket_id: str, desk: Desk, at: datetime) -> None:
    """What being in a state brings about: clocks end and start, packages are queued
    or held, the page is looked at again."""
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
            seal=seal_status(tx, ticket.clue_id),
            at=at,
        )
    elif ticket.state is TicketState.RECALLED:
        outbox.recalled(tx, ticket_id=ticket_id, number=ticket.number, at=at)
    second_looks.ask(tx, ticket, at)


def get(tx: Connection, reference: str) -> Ticket:
    """The ticket with this id or printed number; `deadlines` are those that run.

    Raises NotFound.
    """
    row = _row(tx, reference)
    return Ticket(
        id=row.id,
        number=row.number,
        clue_id=row.clue_id,
        case_group=row.case_group,
        family=Family(row.family),
        state=TicketState(row.state),
        types=tuple(json.loads(row.types)),
        region=row.region,
        assignments=parts.of_ticket(tx, row.id),
        deadlines=deadlines.running(tx, row.id),
        created_at=row.created_at,
        updated_at=row.updated_at,
        suspended_from=TicketState(row.suspended_from) if row.suspended_from else None,
        recurrence=row.recurrence,
        refusals=row.refusals,
        designated=row.designated,
        supervised=row.supervised,
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


def event(tx: Connection, ticket_id: str, reference: str) -> TicketEvent:
    """One entry, by its sequence or as the latest of a move. Raises NotFound."""
    for entry in reversed(events(tx, ticket_id)):
        if reference in (str(entry.sequence), entry.move):
            return entry
    raise NotFound(f"工单没有“{reference}”这条记录", at=ticket_id)


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
    owners, events = tables.tickets, tables.ticket_events
    history.append(tx, owners, events, entry, previous=row.head, updated_at=at, **changes)
    project_again(tx, row.clue_id)


def _row(tx: Connection, reference: str, *, lock: bool = False) -> Row[*tuple[Any, ...]]:
    """`lock` keeps other writers waiting (PostgreSQL), so that their moves come after ours."""
    tickets = tables.tickets
    wanted = select(tickets).where(or_(tickets.c.id == reference, tickets.c.number == reference))
    row = tx.execute(wanted.with_for_update() if lock else wanted).one_or_none()
    if row is None:
        raise NotFound(f"没有工单 {reference}")
    return row


def seal_status(tx: Connection, clue_id: str) -> SealStatus:
    """How far the proof of a clue is sealed."""
    clues = tables.clues
    return SealStatus(tx.execute(select(clues.c.seal).where(clues.c.id == clue_id)).scalar_one())


def _tickets_where(tx: Connection, condition: ColumnElement[bool]) -> list[Ticket]:
    found = tx.execute(select(tables.tickets.c.id).where(condition).order_by(tables.tickets.c.id))
    return [get(tx, ticket_id) for ticket_id in found.scalars().all()]


def _refuses(ticket: Ticket, order: Order) -> bool:
    """Whether an office says that the ticket is not its own; RETURN must say why."""
    if (order.move is Move.RETURN) != (order.reason is not None):
        raise IllegalMove("退回须说明原因（管辖或材料），其他操作不得", at=ticket.number)
    refuses = order.move is Move.TRANSFER or order.reason is ReturnReason.JURISDICTION
    if refuses and ticket.designated:
        raise IllegalMove("已指定管辖，不得再以管辖为由退回或转办", at=ticket.number)
    return refuses


def _new_lead(tx: Connection, ticket: Ticket, order: Order, desk: Desk, state: TicketState) -> str:
    if (order.move in NAMING) != (order.office is not None):
        raise IllegalMove("改派、转办、指定须指明新的主办机关，其他操作不得指明", at=ticket.number)
    if order.office is None:
        return ""
    office = desk.offices.get(order.office)
    if state is TicketState.DISPUTED:
        return f"认为应由{office.name}主办，报请指定"
    parts.give_lead(
        tx,
        ticket.id,
        office,
        family=ticket.family,
        region=ticket.region,
        day=civil_date(order.at),
    )
    return f"主办改为{office.name}"


def _signature(ticket: Ticket, order: Order, desk: Desk) -> str:
    office = desk.offices.get(ticket.lead)
    if order.move not in office.sign_off:
        return f"签批：{order.signer}" if order.signer else ""
    if order.signer not in office.heads() or order.signer == order.actor:
        raise IllegalMove(
            f"{office.name}规定此项须经签批（{'、'.join(sorted(office.heads()))}），且不得自批",
            at=ticket.number,
        )
    return f"签批：{order.signer}"
