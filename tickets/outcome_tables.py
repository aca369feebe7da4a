"""Tables of outcomes and of what follows from them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, Integer, MetaData, String, Table, Text

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

# The id is derived from ticket, route, decision and office: each is told once.
outcome_notices = Table(
    "outcome_notices",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("outcome_id", String(32), nullable=False, index=True),
    Column("route", String(64), nullable=False),
    Column("office", String(64), nullable=False),
)

# `asked_at` empty: not yet due. `found` empty: the crawl has not seen the page since.
rechecks = Table(
    "rechecks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("outcome_id", String(32), nullable=False),
    Column("ticket_id", String(64), nullable=False, index=True),
    Column("clue_id", String(64), nullable=False),
    Column("url", Text, nullable=False),
    Column("url_key", String(32), nullable=False),
    Column("due", Date, nullable=False),
    Column("asked_at", Moment),
    Column("found", String(32)),
    Column("found_at", Moment),
    Index("ix_rechecks_due", "asked_at", "due"),
    Index("ix_rechecks_url", "url_key", "found_at"),
)

# Decisions of any region: of our tickets by outcome, of others by import. `person` is a key that
# cannot be turned back.
penalties = Table(
    "penalties",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("subject_id", String(32), nullable=False, index=True),
    Column("usci", String(18), nullable=False, index=True),
    Column("person", String(40), nullable=False, index=True),
    Column("ticket_id", String(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("family", String(16), nullable=False),
    Column("unlicensed", Boolean, nullable=False),
    Column("branch", String(32), nullable=False),
    Column("region", String(6), nullable=False),
    Column("decision_no", String(100), nullable=False),
    Column("decided_on", Date, nullable=False),
)

# `granted` empty: the head has not decided. One hand-over of a ticket at a time.
handovers = Table(
    "handovers",
    metadata,
    Column("ticket_id", String(64), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("crime", String(32), nullable=False),
    Column("grounds", Text, nullable=False),
    Column("investigators", Text, nullable=False),
    Column("papers", Text, nullable=False),
    Column("proposed_by", String(200), nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("granted", Boolean),
    Column("decided_by", String(200), nullable=False),
    Column("decided_at", Moment),
    Column("reason", Text, nullable=False),
)
