"""What the desk notes on a ticket: supervision (督办), publication (公示), correction (更正)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from domain.errors import IllegalMove
from domain.tickets import Remark, Ticket, TicketState
from tickets import deadlines, ledger, outbox
from tickets.calendar import civil_date
from tickets.desk import Desk
from tickets.outbox import DeliveryKind


def supervise(
    tx: Connection, *, ticket_id: str, by: str, actor: str, at: datetime, note: str
) -> Ticket:
    """An office above watches over the ticket (督办). Raises IllegalMove when one does already."""
    ticket = ledger.get(tx, ticket_id)
    if ticket.supervised:
        raise IllegalMove(f"已由{ticket.supervised}督办", at=ticket.number)
    return ledger.remark(
        tx,
        ticket_id=ticket.id,
        remark=Remark.SUPERVISE,
        actor=actor,
        at=at,
        note=f"{by}督办：{note}",
        supervised=by,
    )


def release(tx: Connection, *, ticket_id: str, actor: str, at: datetime, note: str) -> Ticket:
    """The supervision ends. Raises IllegalMove when there is none."""
    ticket = ledger.get(tx, ticket_id)
    if not ticket.supervised:
        raise IllegalMove("没有督办", at=ticket.number)
    return ledger.remark(
        tx,
        ticket_id=ticket.id,
        remark=Remark.RELEASE,
        actor=actor,
        at=at,
        note=f"{ticket.supervised}解除督办：{note}",
        supervised="",
    )


def publish(
    tx: Connection, *, ticket_id: str, actor: str, at: datetime, desk: Desk, note: str
) -> Ticket:
    """The penalty was made public (处罚公示); its clock ends. Raises IllegalMove without one."""
    ticket = ledger.get(tx, ticket_id)
    clocks = desk.clocks.ending_with(Remark.PUBLISH)
    if not {deadline.clock for deadline in ticket.deadlines} & set(clocks):
        raise IllegalMove("没有待公示的处罚决定", at=ticket.number)
    deadlines.end(tx, ticket_id=ticket.id, clocks=clocks, day=civil_date(at))
    return ledger.remark(
        tx, ticket_id=ticket.id, remark=Remark.PUBLISH, actor=actor, at=at, note=note
    )


def correct(
    tx: Connection, *, ticket_id: str, actor: str, at: datetime, note: str
) -> tuple[str, ...]:
    """Correct what was handed over (更正): every office that got the case gets notice.

    Returns the offices. Raises IllegalMove when the case was recalled, or nobody has got it yet.
    """
    ticket = ledger.get(tx, ticket_id)
    if ticket.state is TicketState.RECALLED:
        raise IllegalMove("工单已撤回，不能更正", at=ticket.number)
    if not outbox.recipients(tx, ticket.id):
        raise IllegalMove("尚未送达任何机关，无须更正", at=ticket.number)
    ledger.remark(tx, ticket_id=ticket.id, remark=Remark.CORRECT, actor=actor, at=at, note=note)
    return outbox.notify(
        tx,
        ticket_id=ticket.id,
        number=ticket.number,
        kind=DeliveryKind.CORRECTION,
        reference=str(ledger.event(tx, ticket.id, Remark.CORRECT.value).sequence),
        at=at,
    )
