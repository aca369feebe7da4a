"""Leave to open originals (原件): asked by one person, decided by another, for a time.

Every step is an entry of the access ledger, and so is every use (the caller notes the export).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, insert, select, update

from domain.errors import IllegalMove, NotFound, PermanentError
from evidence import ledger
from evidence.tables import original_requests as table

LEAST_PURPOSE = 2


@frozen(kw_only=True)
class OriginalRequest:
    """What was asked and decided. Before a decision `expires_at` is when the question lapses,
    after an approval when the leave does."""

    id: str
    clue_id: str
    asked_by: str
    purpose: str
    asked_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    approved: bool | None = None
    note: str | None = None
    expires_at: datetime

    def is_open(self, at: datetime) -> bool:
        """Whether it waits for a decision."""
        return self.approved is None and at < self.expires_at

    def permits(self, actor: str, at: datetime) -> bool:
        """Whether this person may open the originals now."""
        return self.approved is True and self.asked_by == actor and at < self.expires_at


def ask(
    tx: Connection,
    *,
    id: str,
    clue_id: str,
    actor: str,
    purpose: str,
    at: datetime,
    lasts: timedelta,
) -> OriginalRequest:
    """Ask to open the originals of a clue. Raises PermanentError without a purpose."""
    if len(purpose.strip()) < LEAST_PURPOSE:
        raise PermanentError("申请原件须说明用途", at=clue_id)
    asked = OriginalRequest(
        id=id,
        clue_id=clue_id,
        asked_by=actor,
        purpose=purpose.strip(),
        asked_at=at,
        expires_at=at + lasts,
    )
    tx.execute(
        insert(table).values(
            id=id,
            clue_id=clue_id,
            asked_by=actor,
            purpose=asked.purpose,
            asked_at=at,
            expires_at=asked.expires_at,
        )
    )
    act = _entry(asked, actor, "ask_original", purpose=asked.purpose)
    ledger.extend(tx, writer=ledger.ACCESS, acts=(act,), at=at)
    return asked


def decide(
    tx: Connection,
    *,
    id: str,
    actor: str,
    approved: bool,
    note: str,
    at: datetime,
    lasts: timedelta,
) -> OriginalRequest:
    """Approve (for `lasts` from now) or refuse.

    Raises NotFound, PermanentError for the person who asked, IllegalMove when it was decided or
    has lapsed.
    """
    asked = get(tx, id)
    if asked.asked_by == actor:
        raise PermanentError("原件须由申请人以外的另一人批准", at=id)
    values = {
        "decided_by": actor,
        "decided_at": at,
        "approved": approved,
        "note": note,
        "expires_at": at + lasts,
    }
    undecided = (table.c.id == id, table.c.approved.is_(None), table.c.expires_at > at)
    if not tx.execute(update(table).where(*undecided).values(values)).rowcount:
        raise IllegalMove("该申请已有决定或已过期", at=id)
    action = "approve_original" if approved else "refuse_original"
    act = _entry(asked, actor, action, note=note, asked_by=asked.asked_by)
    ledger.extend(tx, writer=ledger.ACCESS, acts=(act,), at=at)
    return get(tx, id)


def permit(tx: Connection, *, clue_id: str, actor: str, at: datetime) -> OriginalRequest:
    """The leave under which this person may open the originals. Raises PermanentError."""
    for asked in of_clue(tx, clue_id):
        if asked.permits(actor, at):
            return asked
    raise PermanentError("查看原件须先申请，并由另一人批准；批准后限时有效", at=clue_id)


def get(tx: Connection, id: str) -> OriginalRequest:
    """One request. Raises NotFound."""
    row = tx.execute(select(table).where(table.c.id == id)).mappings().first()
    if row is None:
        raise NotFound("没有这项原件申请", at=id)
    return OriginalRequest(**row)


def of_clue(tx: Connection, clue_id: str) -> list[OriginalRequest]:
    """What was asked about a clue, the newest first."""
    return _listed(tx, table.c.clue_id == clue_id)


def waiting(tx: Connection, at: datetime) -> list[OriginalRequest]:
    """What waits for a decision, the newest first."""
    return [asked for asked in _listed(tx, table.c.approved.is_(None)) if asked.is_open(at)]


def _listed(tx: Connection, condition: ColumnElement[bool]) -> list[OriginalRequest]:
    newest_first = (table.c.asked_at.desc(), table.c.id.desc())
    rows = tx.execute(select(table).where(condition).order_by(*newest_first)).mappings()
    return [OriginalRequest(**row) for row in rows]


def _entry(asked: OriginalRequest, actor: str, action: str, **detail: str) -> ledger.Act:
    about = {"request": asked.id, **detail}
    return ledger.Act(actor=actor, action=action, subject=asked.clue_id, detail=about)
