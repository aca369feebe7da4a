"""When the holidays of a year are published: 暂定 deadlines become certain, by an event."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from domain.tickets import Remark
from tickets import deadlines, ledger
from tickets.deadlines import Moved
from tickets.desk import Desk


def reckon_provisional(
    tx: Connection, *, desk: Desk, actor: str, at: datetime
) -> tuple[Moved, ...]:
    """Reckon every 暂定 deadline by the calendar as it is now, and note each change in the
    ticket's history. Without a new year in the calendar nothing changes."""
    moved: list[Moved] = []
    for ticket_id in deadlines.with_provisional(tx):
        changed = deadlines.reckon(tx, ticket_id=ticket_id, clocks=desk.clocks)
        moved += changed
        if changed:
            ledger.remark(
                tx,
                ticket_id=ticket_id,
                remark=Remark.RECKON,
                actor=actor,
                at=at,
                note="；".join(_words(change) for change in changed),
            )
    return tuple(moved)


def _words(change: Moved) -> str:
    certain = "仍为暂定" if change.provisional else "不再暂定"
    return f"“{change.title}”由 {change.old} 重算为 {change.due}，{certain}"
