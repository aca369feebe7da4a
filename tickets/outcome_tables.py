"""Tables of outcomes and of what follows from them."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text

from storage.columns import Moment

metadata = MetaData()

# What offices say has become of a ticket; `sequence` is its entry in the history.
outcomes = Table(
    "outcomes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("ticket_id", String(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("code", String(32), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("bearing", String(8), nullable=False),
    Column("office", String(64), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    Column("particulars", Text, nullable=False),
    Index("ix_outcomes_ticket", "ticket_id", "sequence"),
    Index("ix_outcomes_code", "code", "at"),
)
