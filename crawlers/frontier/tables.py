"""The frontier's tables. They may be lost and grown again from the sources."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, MetaData, String, Table, Text

from storage.columns import Moment

metadata = MetaData()

# A host is the unit of leasing: one worker at a time keeps its pace. `ready_at` is the civil
# moment from which leasing it makes sense; while it is leased the value stands still.
hosts = Table(
    "frontier_hosts",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("lease_owner", String(128)),
    Column("lease_until", Float, nullable=False, default=0.0),
    Column("fence", Integer, nullable=False, default=0),
    Column("ready_at", Moment),
    Column("next_fetch", Moment),
    Column("backoff_until", Moment),
    Column("setbacks", Integer, nullable=False, default=0),
    Column("day", String(10), nullable=False, default=""),
    Column("fetched_today", Integer, nullable=False, default=0),
    Column("pictures_today", Integer, nullable=False, server_default="0"),
    # Looks a day: what the known pages ask for, and what politeness leaves (0: not known yet).
    Column("demand", Float, nullable=False, server_default="0"),
    Column("room", Float, nullable=False, server_default="0"),
    # Readable characters of its usual page, a running median (0: none seen yet).
    Column("usual_length", Float, nullable=False, server_default="0"),
    Column("claimed", Integer, nullable=False, default=0),
    Column("done", Integer, nullable=False, default=0),
    Column("failed", Integer, nullable=False, default=0),
    Column("returned", Integer, nullable=False, default=0),
    Index("ix_frontier_hosts_ready", "ready_at"),
)

# Hosts that share an address share its pace and its single connection.
addresses = Table(
    "frontier_addresses",
    metadata,
    Column("address", String(64), primary_key=True),
    Column("next_fetch", Moment),
    Column("holder", String(255)),
    Column("held_until", Float, nullable=False, default=0.0),
)

urls = Table(
    "frontier_urls",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("url", Text, nullable=False),
    Column("source_id", String(200)),
    Column("purpose", String(8), nullable=False),
    Column("state", String(8), nullable=False),
    Column("priority", Integer, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("hops", Integer, nullable=False, default=0),
    Column("found_on", Text),
    Column("words", String(200), nullable=False, default=""),
    Column("pattern", String(32), nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("next_due", Moment, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("etag", String(500)),
    Column("last_modified", String(100)),
    Column("digest", String(71)),
    Column("gist", String(32)),
    Column("visits", Integer, nullable=False, default=0),
    Column("changes", Integer, nullable=False, default=0),
    Column("fail_count", Integer, nullable=False, default=0),
    Column("last_outcome", String(32)),
    Column("last_visit", Moment),
    # Seconds from the last look to the next one, as it was planned.
    Column("wait", Float),
    Column("history", Text, nullable=False, default=""),
    Index("ix_frontier_urls_queue", "host", "state", "priority", "next_due"),
)
# Only pages that were read have words to compare, and they may be few among many addresses.
Index(
    "ix_frontier_urls_words",
    urls.c.host,
    urls.c.gist,
    sqlite_where=urls.c.gist.is_not(None),
    postgresql_where=urls.c.gist.is_not(None),
)

# How many addresses of one shape a host has shown, and how many of them said anything new.
patterns = Table(
    "frontier_patterns",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("pattern", String(32), primary_key=True),
    Column("shape", String(500), nullable=False),
    Column("admitted", Integer, nullable=False, default=0),
    Column("fetched", Integer, nullable=False, default=0),
    Column("novel", Integer, nullable=False, default=0),
    Column("refused", Integer, nullable=False, default=0),
)

# How many addresses each source has brought in.
budgets = Table(
    "frontier_budgets",
    metadata,
    Column("source_id", String(200), primary_key=True),
    Column("admitted", Integer, nullable=False, default=0),
)

# Where a person has stopped the crawl; "*" is everywhere.
pauses = Table(
    "frontier_pauses",
    metadata,
    Column("place", String(255), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", String(500), nullable=False),
)

robots = Table(
    "frontier_robots",
    metadata,
    Column("origin", String(300), primary_key=True),
    Column("verdict", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("detail", String(300), nullable=False),
    Column("fetched_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
)
