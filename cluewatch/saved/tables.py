"""Tables of saved searches, what they found, and the messages that tell of it."""

from __future__ import annotations

from sqlalchemy import Column, Index, MetaData, String, Table, Text

from storage.columns import Moment
from storage.leases import queue

metadata = MetaData()

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("expression", Text, nullable=False),
    Column("owner", String(64), nullable=False),
    Column("channels", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

# The id is derived from search, subject and creative: one alert for each, whatever repeats it.
search_alerts = Table(
    "search_alerts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("search_id", String(36), nullable=False),
    Column("document_id", String(32), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("title", String(400), nullable=False),
    Column("url", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_search_alerts_search", "search_id", "at"),
    Index("ix_search_alerts_at", "at", "id"),
)

# The queue of messages is their delivery log as well.
alert_messages = queue(
    "alert_messages",
    metadata,
    Column("search_id", String(36), nullable=False, index=True),
    Column("channel", String(64), nullable=False),
    Column("record", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Column("receipt", Text),
)
