"""Which clues were raised on a snapshot, and how they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from domain.clues import ClueState
from tickets.tables import clues, sightings


def clues_of(
    tx: Connection, snapshot_ids: Sequence[str]
) -> Mapping[str, tuple[tuple[str, ClueState], ...]]:
    """(clue id, state) of every clue that was sighted in each of these snapshots."""
    rows = tx.execute(
        select(sightings.c.snapshot_id, clues.c.id, clues.c.state)
        .join(clues, clues.c.id == sightings.c.clue_id)
        .where(sightings.c.snapshot_id.in_(snapshot_ids))
        .distinct()
        .order_by(clues.c.id)
    )
    found: dict[str, tuple[tuple[str, ClueState], ...]] = defaultdict(tuple)
    for row in rows:
        found[row.snapshot_id] += ((row.id, ClueState(row.state)),)
    return found
