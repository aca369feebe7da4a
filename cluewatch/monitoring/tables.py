"""Tables of the canary's flights and of the alarms that stand."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, MetaData, String, Table, Text

from storage.columns import Moment

metadata = MetaData()

# `passed` is empty while the canary is on its way.
canary_runs = Table(
    "canary_runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("asked_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("passed", Boolean),
    Column("note", Text, nullable=False),
    Index("ix_canary_runs_asked", "asked_at"),
)

alarms = Table(
    "alarms",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("text", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("told_at", Moment, nullable=False),
)
