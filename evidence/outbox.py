"""The outbox: what the pipeline works from. A row appears in the transaction of its evidence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection, insert

from domain.ids import derive_id
from evidence.tables import outbox


def post(
    tx: Connection,
    *,
    topic: str,
    subjects: Sequence[str],
    at: datetime,
    behind: Collection[str] = (),
) -> None:
    """Announce new records of one topic ("snapshot", "seal"), oldest minute first; those that are
    `behind` (pictures) come after all others of their minute, the pages that show them."""
    rows = [
        {
            "id": derive_id(topic, subject),
            "topic": topic,
            "subject": subject,
            "created_at": at,
            "work_order": int(at.timestamp()) // 60 * 2 + (subject in behind),
        }
        for subject in subjects
    ]
    tx.execute(insert(outbox), rows)
