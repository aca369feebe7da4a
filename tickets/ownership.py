"""Which clue owns which sentence of a subject. A merged clue's sentences belong to its survivor."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from tickets import tables


def owners(tx: Connection, subject_id: str, segments: Sequence[str]) -> dict[str, str]:
    """Segment → clue, for the segments that a clue of the subject owns."""
    owned, clues = tables.clue_segments, tables.clues
    rows = tx.execute(
        select(owned.c.segment, clues.c.id, clues.c.merged_into)
        .join(clues, clues.c.id == owned.c.clue_id)
        .where(owned.c.subject_id == subject_id, owned.c.segment.in_(segments))
    )
    return {
        segment: _survivor(tx, clue_id, merged_into) for segment, clue_id, merged_into in rows.all()
    }


def clue_of_creative(tx: Connection, subject_id: str, creative: str) -> str | None:
    """The clue that an advertisement was raised as, None when it was not yet."""
    clues = tables.clues
    row = tx.execute(
        select(clues.c.id, clues.c.merged_into).where(
            clues.c.subject_id == subject_id, clues.c.creative == creative
        )
    ).one_or_none()
    return _survivor(tx, row.id, row.merged_into) if row is not None else None


def claim(tx: Connection, subject_id: str, clue_id: str, segments: Sequence[str]) -> None:
    """Give sentences that nobody owns to a clue; the caller holds the subject's lock."""
    rows = [
        {"subject_id": subject_id, "segment": segment, "clue_id": clue_id} for segment in segments
    ]
    tx.execute(tables.clue_segments.insert(), rows)


def _survivor(tx: Connection, clue_id: str, merged_into: str | None) -> str:
    clues = tables.clues
    while merged_into is not None:
        clue_id = merged_into
        merged_into = tx.execute(
            select(clues.c.merged_into).where(clues.c.id == clue_id)
        ).scalar_one()
    return clue_id
