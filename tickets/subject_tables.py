"""What ties subjects together, and what a person decided about it."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text

from storage.columns import Moment

metadata = MetaData()

# A number, name or component that stood on a page of the subject; the first such page proves it.
traces = Table(
    "subject_traces",
    metadata,
    Column("subject_id", String(32), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("value", String(200), primary_key=True),
    Column("document_id", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Index("ix_subject_traces_value", "kind", "value"),
)

# The fingerprint of an advertisement (hexadecimal) and its four quarters: what differs in three
# bits at most is equal in one of them.
creatives = Table(
    "subject_creatives",
    metadata,
    Column("subject_id", String(32), primary_key=True),
    Column("fingerprint", String(16), primary_key=True),
    *(Column(f"quarter_{place}", String(4), nullable=False, index=True) for place in range(4)),
    Column("document_id", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("seen_at", Moment, nullable=False),
)

# Append-only: the newest row of a subject says whether it stands for itself or within another.
merges = Table(
    "subject_merges",
    metadata,
    Column("merged", String(32), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("kept", String(32), nullable=False, index=True),
    Column("move", String(8), nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Moment, nullable=False),
)
