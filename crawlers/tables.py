"""The crawlers' share of the truth: what is watched, what might be, and how well it is read."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text

from storage.columns import Moment

metadata = MetaData()

sources = Table(
    "sources",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("title", String(300), nullable=False),
    Column("record", Text, nullable=False),
)

# What may be a source: one row a lead, with the sum of what its signs weigh (at most 100).
candidates = Table(
    "candidates",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("value", String(300), nullable=False),
    Column("state", String(16), nullable=False),
    Column("score", Integer, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("decided_at", Moment),
    Column("decided_by", String(100)),
    Column("decision", Text),
    Index("ix_candidates_state", "state", "score"),
)

# One row for everything that one place says of a lead; saying it again changes nothing.
candidate_signs = Table(
    "candidate_signs",
    metadata,
    Column("candidate_id", String(32), primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("url", Text),
)

# Counts of what the parsers found on a source's pages, by civil day and parser version.
source_health = Table(
    "source_health",
    metadata,
    Column("source_id", String(200), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("page", String(64), primary_key=True),
    Column("seen", Integer, nullable=False),
    Column("empty", Integer, nullable=False),
    Column("titles", Integer, nullable=False),
    Column("texts", Integer, nullable=False),
    Column("dates", Integer, nullable=False),
    Column("links", Integer, nullable=False),
    Column("contacts", Integer, nullable=False),
    Column("subjects", Integer, nullable=False),
)
