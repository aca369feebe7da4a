"""The accused party objects (申诉), and what was decided on it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen
from sqlalchemy import Connection, func, select, update

from domain.errors import IllegalMove
from domain.tickets import Move, Remark, Ticket, legal_moves
from tickets import desk_notes, ledger, tables
from tickets.desk import Desk
from tickets.ledger import Order


class AppealDecision(StrEnum):
    """What follows: it stands, what was handed over is corrected, or the case is taken back."""

    UPHELD = "维持"
    CORRECTED = "更正"
    WITHDRAWN = "撤回"


@frozen(kw_only=True)
class Appeal:
    """An objection to a ticket; `decision` is None while it is open."""

    sequence: int
    words: str
    received_at: datetime
    decision: AppealDecision | None
    grounds: str
    decided_by: str


def receive(tx: Connection, *, ticket_id: str, words: str, actor: str, at: datetime) -> Ticket:
    """Note an objection. Raises IllegalMove while another one is open, or without words."""
    ticket = ledger.get(tx, ticket_id)
    known = of_ticket(tx, ticket.id)
    if not words.strip():
        raise IllegalMove("申诉须写明内容", at=ticket.number)
    if any(appeal.decision is None for appeal in known):
        raise IllegalMove("已有申诉尚未答复", at=ticket.number)
    tx.execute(
        tables.appeals.insert().values(
            ticket_id=ticket.id,
            sequence=len(known),
            words=words,
            received_at=at,
            decision=None,
            grounds="",
            decided_by="",
        )
    )
    return ledger.remark(
        tx, ticket_id=ticket.id, remark=Remark.APPEAL, actor=actor, at=at, note=words
    )


def decide(
    tx: Connection,
    *,
    ticket_id: str,
    decision: AppealDecision,
    grounds: str,
    actor: str,
    at: datetime,
    desk: Desk,
) -> Ticket:
    """Decide the open objection; a correction or recall tells every office that got the case.

    Raises IllegalMove when none is open, without grounds, when a correction has nobody to tell, or
    when the case can no longer be taken back (the office has filed it: correct it instead).
    """
    ticket = ledger.get(tx, ticket_id)
    table = tables.appeals
    mine = (table.c.ticket_id == ticket.id, table.c.decision.is_(None))
    if not grounds.strip():
        raise IllegalMove("答复申诉须说明理由", at=ticket.number)
    if tx.execute(select(func.count()).select_from(table).where(*mine)).scalar_one() == 0:
        raise IllegalMove("没有待答复的申诉", at=ticket.number)
    if decision is AppealDecision.WITHDRAWN and Move.RECALL not in legal_moves(ticket.state):
        raise IllegalMove(f"工单处于“{ticket.state}”，不能撤回，请改为更正", at=ticket.number)
    tx.execute(
        update(table)
        .where(*mine)
        .values(decision=decision.value, grounds=grounds, decided_by=actor)
    )
    note = f"{decision}：{grounds}"
    ledger.remark(
        tx, ticket_id=ticket.id, remark=Remark.ANSWER_APPEAL, actor=actor, at=at, note=note
    )
    if decision is AppealDecision.CORRECTED:
        desk_notes.correct(tx, ticket_id=ticket.id, actor=actor, at=at, note=grounds)
    elif decision is AppealDecision.WITHDRAWN:
        order = Order(move=Move.RECALL, actor=actor, at=at, note=f"申诉成立：{grounds}")
        ledger.move(tx, ticket_id=ticket.id, order=order, desk=desk)
    return ledger.get(tx, ticket.id)


def of_ticket(tx: Connection, ticket_id: str) -> tuple[Appeal, ...]:
    """Every objection to a ticket, oldest first."""
    table = tables.appeals
    rows = tx.execute(
        select(table).where(table.c.ticket_id == ticket_id).order_by(table.c.sequence)
    )
    return tuple(
        Appeal(
            sequence=row.sequence,
            words=row.words,
            received_at=row.received_at,
            decision=AppealDecision(row.decision) if row.decision else None,
            grounds=row.grounds,
            decided_by=row.decided_by,
        )
        for row in rows
    )
