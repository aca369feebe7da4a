"""Legal holds (保全令): while one stands on a clue or a snapshot, nothing of it may be deleted."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from sqlalchemy import Connection, insert, select, update

from domain.errors import IllegalMove, NotFound
from domain.ids import derive_id
from evidence import ledger
from evidence.tables import holds as table

CHAIN = "retention"


@frozen(kw_only=True)
class Hold:
    """A hold on `subject` (the id of a clue or a snapshot), who placed it, and what for."""

    id: str
    subject: str
    actor: str
    purpose: str
    placed_at: datetime
    released_at: datetime | None = None


def place(tx: Connection, *, subject: str, actor: str, purpose: str, at: datetime) -> Hold:
    """Place a hold; one more on the same subject stands for itself."""
    hold = Hold(
        id=derive_id("hold", subject, actor, at.isoformat()),
        subject=subject,
        actor=actor,
        purpose=purpose,
        placed_at=at,
    )
    tx.execute(
        insert(table).values(
            id=hold.id, subject=subject, actor=actor, purpose=purpose, placed_at=at
        )
    )
    detail = {"hold": hold.id, "purpose": purpose}
    act = ledger.Act(actor=actor, action="hold", subject=subject, detail=detail)
    ledger.extend(tx, writer=CHAIN, acts=(act,), at=at)
    return hold


def release(tx: Connection, *, hold_id: str, actor: str, purpose: str, at: datetime) -> Hold:
    """Lift a hold. Raises NotFound, or IllegalMove when it was lifted before."""
    row = tx.execute(select(table).where(table.c.id == hold_id)).mappings().first()
    if row is None:
        raise NotFound("没有这项保全", at=hold_id)
    hold = Hold(**row)
    if hold.released_at is not None:
        raise IllegalMove("保全已经解除", at=hold_id)
    tx.execute(update(table).where(table.c.id == hold_id).values(released_at=at))
    detail = {"hold": hold_id, "purpose": purpose}
    act = ledger.Act(actor=actor, action="release", subject=hold.subject, detail=detail)
    ledger.extend(tx, writer=CHAIN, acts=(act,), at=at)
    return hold


def standing(tx: Connection) -> list[Hold]:
    """Every hold in force, oldest first."""
    query = select(table).where(table.c.released_at.is_(None))
    rows = tx.execute(query.order_by(table.c.placed_at, table.c.id)).mappings()
    return [Hold(**row) for row in rows]
