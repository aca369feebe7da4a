"""Proposals of thresholds: made, decided by a person with a reason, and read by the policy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from attrs import frozen
from sqlalchemy import Connection, Row, delete, select, update

from cluewatch.thresholds.tables import threshold_proposals
from domain.errors import IllegalMove, NotFound, PermanentError
from domain.ports import Ids


class Decision(StrEnum):
    """What a person said of a proposal."""

    APPROVED = "已批准"
    REJECTED = "已否决"


@frozen(kw_only=True)
class Evidence:
    """What speaks for a threshold: of `n` decided cases of the type `right` were violations; of
    the `kept` that it keeps, `kept_right` were."""

    n: int
    right: int
    kept: int
    kept_right: int


@frozen(kw_only=True)
class Proposal:
    """From which score on findings of a type shall make a clue; `current` is where it was."""

    id: str
    type: str
    current: float
    proposed: float
    evidence: Evidence
    made_at: datetime
    decision: Decision | None
    decided_by: str
    reason: str
    decided_at: datetime | None


def put(
    tx: Connection,
    *,
    type: str,
    current: float,
    proposed: float,
    evidence: Evidence,
    at: datetime,
    ids: Ids,
) -> Proposal:
    """Lay a proposal before people; one for the type that still waits gives way to it."""
    table = threshold_proposals
    tx.execute(delete(table).where(table.c.type == type, table.c.decision.is_(None)))
    proposal_id = ids.new()
    tx.execute(
        table.insert().values(
            id=proposal_id,
            type=type,
            current=current,
            proposed=proposed,
            n=evidence.n,
            right=evidence.right,
            kept=evidence.kept,
            kept_right=evidence.kept_right,
            made_at=at,
        )
    )
    return get(tx, proposal_id)


def decide(
    tx: Connection, proposal_id: str, *, decision: Decision, by: str, reason: str, at: datetime
) -> Proposal:
    """Approve or reject, by name and with a reason. Raises NotFound, IllegalMove when it is decided
    already, PermanentError without name or reason."""
    if not (by.strip() and reason.strip()):
        raise PermanentError("批准或否决须署名并说明理由", at=proposal_id)
    proposal = get(tx, proposal_id)
    table = threshold_proposals
    changed = tx.execute(
        update(table)
        .where(table.c.id == proposal.id, table.c.decision.is_(None))
        .values(decision=decision.value, decided_by=by, reason=reason, decided_at=at)
    )
    if not changed.rowcount:
        raise IllegalMove(f"阈值建议{proposal.decision or '已有决定'}", at=proposal.id)
    return get(tx, proposal.id)


def get(tx: Connection, proposal_id: str) -> Proposal:
    """The proposal of this id. Raises NotFound."""
    table = threshold_proposals
    row = tx.execute(select(table).where(table.c.id == proposal_id)).one_or_none()
    if row is None:
        raise NotFound(f"没有阈值建议 {proposal_id}")
    return _proposal(row)


def proposals(tx: Connection, *, waiting: bool) -> list[Proposal]:
    """Those that wait for a person, or all, the newest first."""
    table = threshold_proposals
    wanted = select(table).order_by(table.c.made_at.desc(), table.c.id.desc())
    if waiting:
        wanted = wanted.where(table.c.decision.is_(None))
    return [_proposal(row) for row in tx.execute(wanted)]


def in_force(tx: Connection) -> Mapping[str, float]:
    """The approved threshold of each type that has one: the one approved last."""
    table = threshold_proposals
    rows = tx.execute(
        select(table.c.type, table.c.proposed)
        .where(table.c.decision == Decision.APPROVED.value)
        .order_by(table.c.decided_at, table.c.id)
    )
    return {row.type: row.proposed for row in rows}


def _proposal(row: Row[*tuple[object, ...]]) -> Proposal:
    return Proposal(
        id=row.id,
        type=row.type,
        current=row.current,
        proposed=row.proposed,
        evidence=Evidence(n=row.n, right=row.right, kept=row.kept, kept_right=row.kept_right),
        made_at=row.made_at,
        decision=Decision(row.decision) if row.decision else None,
        decided_by=row.decided_by or "",
        reason=row.reason or "",
        decided_at=row.decided_at,
    )
