"""Tables of control: what was warned of, run as a campaign, reported, and put on the list."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from storage.columns import Moment

metadata = MetaData()

# What a subject's risk is now. `level` is the rank of the policy's level, 0 below the first;
# `rises` counts the warnings given so far.
risks = Table(
    "subject_risks",
    metadata,
    Column("subject_id", String(32), primary_key=True),
    Column("level", Integer, nullable=False),
    Column("score", Integer, nullable=False),
    Column("rises", Integer, nullable=False),
    Column("record", Text, nullable=False),
    Column("assessed_at", Moment, nullable=False),
    Index("ix_subject_risks_score", "score", "subject_id"),
)

# One row for every rise of a subject's level, whichever worker saw it first.
warnings = Table(
    "risk_warnings",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("number", String(40), nullable=False, unique=True),
    Column("subject_id", String(32), nullable=False),
    Column("rise", Integer, nullable=False),
    Column("level", Integer, nullable=False),
    Column("title", String(20), nullable=False),
    Column("region", String(6), nullable=False),
    Column("record", Text, nullable=False),
    Column("recipients", Text, nullable=False),
    Column("raised_at", Moment, nullable=False),
    Column("due", Moment, nullable=False),
    Column("acknowledged_at", Moment),
    Column("acknowledged_by", String(200), nullable=False),
    Column("note", Text, nullable=False),
    UniqueConstraint("subject_id", "rise", name="uq_risk_warnings_subject_rise"),
    Index("ix_risk_warnings_waiting", "acknowledged_at", "due"),
)

# A campaign as its file defined it (`record`).
campaigns = Table(
    "campaigns",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("number", String(40), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("record", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("opened_by", String(200), nullable=False),
)

# What a person decided about one ticket, over what the campaign's own terms say.
campaign_tickets = Table(
    "campaign_tickets",
    metadata,
    Column("campaign_id", String(64), primary_key=True),
    Column("ticket_id", String(64), primary_key=True, index=True),
    Column("inside", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Moment, nullable=False),
)

# A report that was handed in for one of the campaign's report dates, with the figures as they were.
campaign_reports = Table(
    "campaign_reports",
    metadata,
    Column("campaign_id", String(64), primary_key=True),
    Column("due", Date, primary_key=True),
    Column("record", Text, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Moment, nullable=False),
)

# A district's quarterly form. `record`: the figures as they were signed, "" before.
returns = Table(
    "district_returns",
    metadata,
    Column("region", String(6), primary_key=True),
    Column("quarter", String(6), primary_key=True),
    Column("record", Text, nullable=False),
    Column("signed_by", String(200), nullable=False),
    Column("signed_at", Moment),
    Column("note", Text, nullable=False),
)

# What a district has entered; the last entry of a cell counts.
return_entries = Table(
    "district_return_entries",
    metadata,
    Column("region", String(6), primary_key=True),
    Column("quarter", String(6), primary_key=True),
    Column("cell", String(40), primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("at", Moment, nullable=False),
)

# An item of the list of key matters. `record`: its five points; `agreed`: the offices that agreed
# to this revision; `batch`: the number under which it was released last, "" before.
agenda_items = Table(
    "agenda_items",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("subject_id", String(32), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("record", Text, nullable=False),
    Column("agreed", Text, nullable=False),
    Column("batch", String(40), nullable=False, index=True),
)

# Everything that was done to an item, with its points as they were then; append-only.
agenda_events = Table(
    "agenda_events",
    metadata,
    Column("item_id", String(64), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("words", Text, nullable=False),
    Column("record", Text, nullable=False),
)
