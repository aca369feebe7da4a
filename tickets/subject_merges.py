"""Two subjects that a person found to be one, and the way back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from attrs import asdict, frozen
from sqlalchemy import Connection, func, select

from domain.clues import Subject
from domain.errors import IllegalMove
from tickets import subject_tables as tables
from tickets import subjects


class SubjectMove(StrEnum):
    """What may be decided about two subjects."""

    MERGE = "merge"
    SPLIT = "split"


@frozen(kw_only=True)
class Decision:
    """One decision: `merged` stands within `kept` from now on, or for itself again."""

    merged: str
    sequence: int
    kept: str
    move: str
    reason: str
    actor: str
    at: datetime


def merge(
    tx: Connection, *, kept: str, merged: str, reason: str, actor: str, at: datetime
) -> Decision:
    """From now on what `merged` does is `kept`'s doing: its new clues are raised there.

    Clues and tickets that exist stay where they are. Raises NotFound, and IllegalMove when
    `merged` stands within another already, when `kept` stands within `merged`, or without a
    reason.
    """
    into, subject = subjects.get(tx, kept).id, subjects.get(tx, merged).id
    for one in sorted({into, subject}):
        subjects.lock(tx, one)
    into = standing_id(tx, into)
    if into == subject:
        raise IllegalMove("两者已是同一当事人，不能再合并", at=merged)
    if standing_id(tx, subject) != subject:
        raise IllegalMove("该当事人已并入另一当事人，须先拆分", at=merged)
    return _decide(tx, subject, into, SubjectMove.MERGE, reason=reason, actor=actor, at=at)


def split(tx: Connection, *, merged: str, reason: str, actor: str, at: datetime) -> Decision:
    """Undo the merge: the subject stands for itself again, and nothing of it was lost.

    Raises IllegalMove when it does not stand within another, or without a reason.
    """
    into = _within(tx, {merged}).get(merged)
    if into is None:
        raise IllegalMove("该当事人没有并入任何当事人", at=merged)
    return _decide(tx, merged, into, SubjectMove.SPLIT, reason=reason, actor=actor, at=at)


def standing(tx: Connection, subject: Subject) -> Subject:
    """The subject that this one stands within, or itself."""
    found = standing_id(tx, subject.id)
    return subject if found == subject.id else subjects.get(tx, found)


def standing_id(tx: Connection, subject_id: str) -> str:
    """Like `standing`, by id; merges never lead in a circle."""
    while (into := _within(tx, {subject_id}).get(subject_id)) is not None:
        subject_id = into
    return subject_id


def beside(tx: Connection, subject_ids: Collection[str]) -> set[str]:
    """The subjects that these stand within, and those that stand within these."""
    table = tables.merges
    held = select(table.c.merged).where(table.c.kept.in_(list(subject_ids))).distinct()
    inside = _within(tx, set(tx.execute(held).scalars()))
    within = {merged for merged, kept in inside.items() if kept in subject_ids}
    return within | set(_within(tx, subject_ids).values())


def decisions(tx: Connection, subject_id: str) -> tuple[Decision, ...]:
    """All that was decided about this subject, on either side, oldest first."""
    table = tables.merges
    concerned = (table.c.merged == subject_id) | (table.c.kept == subject_id)
    rows = tx.execute(select(table).where(concerned).order_by(table.c.at, table.c.sequence))
    return tuple(Decision(**row) for row in rows.mappings())


def _within(tx: Connection, subject_ids: Collection[str]) -> dict[str, str]:
    """Subject → the one that it stands within by its newest decision; others are left out."""
    table = tables.merges
    newest = (
        select(table.c.merged, func.max(table.c.sequence).label("sequence"))
        .where(table.c.merged.in_(list(subject_ids)))
        .group_by(table.c.merged)
        .subquery()
    )
    same = (table.c.merged == newest.c.merged) & (table.c.sequence == newest.c.sequence)
    rows = tx.execute(
        select(table.c.merged, table.c.kept)
        .join(newest, same)
        .where(table.c.move == SubjectMove.MERGE.value)
    )
    return {row.merged: row.kept for row in rows}


def _decide(
    tx: Connection,
    merged: str,
    kept: str,
    move: SubjectMove,
    *,
    reason: str,
    actor: str,
    at: datetime,
) -> Decision:
    if not reason.strip():
        raise IllegalMove("须写明理由", at=merged)
    table = tables.merges
    last = select(func.max(table.c.sequence)).where(table.c.merged == merged)
    decision = Decision(
        merged=merged,
        sequence=(tx.execute(last).scalar_one() or 0) + 1,
        kept=kept,
        move=move.value,
        reason=reason,
        actor=actor,
        at=at,
    )
    tx.execute(table.insert().values(**asdict(decision)))
    return decision
