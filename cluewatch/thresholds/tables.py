"""The table of threshold proposals."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table, Text

from storage.columns import Moment

metadata = MetaData()

# `decision` NULL: waits for a person. The approval decided last is the one in force for its type.
threshold_proposals = Table(
    "threshold_proposals",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("type", String(64), nullable=False),
    Column("current", Float, nullable=False),
    Column("proposed", Float, nullable=False),
    Column("n", Integer, nullable=False),
    Column("right", Integer, nullable=False),
    Column("kept", Integer, nullable=False),
    Column("kept_right", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("decision", String(16)),
    Column("decided_by", String(200)),
    Column("reason", Text),
    Column("decided_at", Moment),
    Index("ix_threshold_proposals_type", "type", "decided_at"),
)
