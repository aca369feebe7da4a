"""The flights of the canary: when one was sent, whether it came through, and how."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen
from sqlalchemy import Connection, delete, insert, select, update

from cluewatch.monitoring.tables import canary_runs

KEPT = timedelta(days=200)
"""Longer than the six months for which logs are kept."""


@frozen(kw_only=True)
class CanaryRun:
    """One flight; `passed` is None while it is on its way."""

    id: str
    asked_at: datetime
    ended_at: datetime | None
    passed: bool | None
    note: str


def begin(tx: Connection, run_id: str, *, at: datetime) -> None:
    """Note that a flight begins, and forget those of long ago."""
    tx.execute(delete(canary_runs).where(canary_runs.c.asked_at < at - KEPT))
    tx.execute(insert(canary_runs).values(id=run_id, asked_at=at, note=""))


def end(tx: Connection, run_id: str, *, passed: bool, note: str, at: datetime) -> bool:
    """Note how a flight ended; the first word counts. False when it has ended already."""
    mine = (canary_runs.c.id == run_id) & canary_runs.c.passed.is_(None)
    ended = update(canary_runs).where(mine).values(passed=passed, note=note, ended_at=at)
    return tx.execute(ended).rowcount == 1


def newest(tx: Connection, *, ended: bool = False) -> CanaryRun | None:
    """The last flight, or the last one that has `ended`."""
    query = select(canary_runs).order_by(canary_runs.c.asked_at.desc(), canary_runs.c.id.desc())
    if ended:
        query = query.where(canary_runs.c.passed.is_not(None))
    row = tx.execute(query.limit(1)).mappings().first()
    return CanaryRun(**row) if row else None
