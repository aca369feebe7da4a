"""Extending a clock (延期): asked for by the lead, granted by somebody else, within the law."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from domain.errors import IllegalMove
from domain.tickets import Remark, Ticket
from tickets import deadlines, ledger, tables
from tickets.clocks import Extension
from tickets.desk import Desk


def ask(
    tx: Connection, *, ticket_id: str, clock: str, reason: str, actor: str, at: datetime, desk: Desk
) -> Ticket:
    """Ask for more time on a running clock. Raises IllegalMove when the law allows no more, the
    clock does not run, or a request is still open."""
    ticket = ledger.get(tx, ticket_id)
    rule = desk.clocks.rule(clock)
    if clock not in {deadline.clock for deadline in ticket.deadlines}:
        raise IllegalMove(f"时限“{rule.title}”没有在走", at=ticket.number)
    extension = _allowed(rule.extension, rule.title, ticket)
    table = tables.extensions
    mine = (table.c.ticket_id == ticket.id, table.c.clock == clock)
    asked = tx.execute(select(func.count()).select_from(table).where(*mine)).scalar_one()
    if tx.execute(select(table.c.sequence).where(*mine, table.c.granted.is_(None))).first():
        raise IllegalMove("已有延期申请等待批准", at=ticket.number)
    granted = _granted(tx, ticket.id, clock)
    if granted >= extension.times * extension.term:
        raise IllegalMove(f"依{extension.source}，不得再延", at=ticket.number)
    tx.execute(
        table.insert().values(
            ticket_id=ticket.id,
            clock=clock,
            sequence=asked,
            asked_by=actor,
            asked_at=at,
            reason=reason,
            granted=None,
            decided_by="",
        )
    )
    note = f"申请延长“{rule.title}”{extension.term}：{reason}"
    return ledger.remark(
        tx, ticket_id=ticket.id, remark=Remark.ASK_EXTENSION, actor=actor, at=at, note=note
    )


def answer(
    tx: Connection,
    *,
    ticket_id: str,
    clock: str,
    granted: bool,
    actor: str,
    at: datetime,
    desk: Desk,
) -> Ticket:
    """Decide the open request; the clock moves when it is granted. Raises IllegalMove when there
    is none, when the asker decides, or when the clock has ended meanwhile."""
    ticket = ledger.get(tx, ticket_id)
    rule = desk.clocks.rule(clock)
    table = tables.extensions
    mine = (table.c.ticket_id == ticket.id, table.c.clock == clock)
    request = tx.execute(select(table).where(*mine, table.c.granted.is_(None))).one_or_none()
    if request is None:
        raise IllegalMove("没有等待批准的延期申请", at=ticket.number)
    if request.asked_by == actor:
        raise IllegalMove("延期须由申请人以外的人批准", at=ticket.number)
    if granted and clock not in {deadline.clock for deadline in ticket.deadlines}:
        raise IllegalMove(f"时限“{rule.title}”没有在走", at=ticket.number)
    tx.execute(
        update(table)
        .where(*mine, table.c.sequence == request.sequence)
        .values(granted=granted, decided_by=actor)
    )
    if granted:
        term = _allowed(rule.extension, rule.title, ticket).term
        _grant(tx, ticket.id, clock, term, desk)
    note = f"{'批准' if granted else '不批准'}延长“{rule.title}”"
    return ledger.remark(
        tx, ticket_id=ticket.id, remark=Remark.ANSWER_EXTENSION, actor=actor, at=at, note=note
    )


def _allowed(extension: Extension | None, title: str, ticket: Ticket) -> Extension:
    if extension is None:
        raise IllegalMove(f"时限“{title}”不得延长", at=ticket.number)
    return extension


def _grant(tx: Connection, ticket_id: str, clock: str, term: int, desk: Desk) -> None:
    table = tables.deadlines
    tx.execute(
        update(table)
        .where(table.c.ticket_id == ticket_id, table.c.clock == clock)
        .values(extended=table.c.extended + term)
    )
    deadlines.reckon(tx, ticket_id=ticket_id, clocks=desk.clocks)


def _granted(tx: Connection, ticket_id: str, clock: str) -> int:
    table = tables.deadlines
    wanted = select(table.c.extended).where(table.c.ticket_id == ticket_id, table.c.clock == clock)
    return int(tx.execute(wanted).scalar_one())
