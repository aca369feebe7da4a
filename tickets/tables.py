"""Tables of decisions and their history. Records live as JSON, what is filtered by as columns."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from storage.columns import Moment
from storage.leases import queue

metadata = MetaData()

subjects = Table(
    "subjects",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key", String(400), nullable=False, unique=True),
    Column("kind", String(32), nullable=False),
    Column("name", String(400), nullable=False),
    Column("region", String(6), nullable=False),
    Column("record", Text, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
)

clues = Table(
    "clues",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("number", String(40), nullable=False, unique=True),
    Column("subject_id", String(32), nullable=False),
    Column("creative", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("types", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("score", Float, nullable=False),
    Column("region", String(6), nullable=False),
    Column("title", String(400), nullable=False),
    Column("url", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("raised_at", Moment, nullable=False),
    Column("seal", String(16), nullable=False),
    Column("merged_into", String(64)),
    Column("sequence", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    UniqueConstraint("subject_id", "creative", name="uq_clues_subject_creative"),
    Index("ix_clues_state", "state", "id"),
)

# One violating sentence belongs to one clue of its subject, whichever worker was first.
clue_segments = Table(
    "clue_segments",
    metadata,
    Column("subject_id", String(32), primary_key=True),
    Column("segment", String(64), primary_key=True),
    Column("clue_id", String(64), nullable=False, index=True),
)

clue_findings = Table(
    "clue_findings",
    metadata,
    Column("clue_id", String(64), primary_key=True),
    Column("segment", String(64), primary_key=True),
    Column("type", String(64), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("record", Text, nullable=False),
    Index("ix_clue_findings_type", "type", "clue_id"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("clue_id", String(64), primary_key=True),
    Column("document_id", String(32), primary_key=True),
    Column("snapshot_id", String(64), primary_key=True),
    Column("url", Text, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Index("ix_sightings_snapshot", "snapshot_id"),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("number", String(40), nullable=False, unique=True),
    Column("clue_id", String(64), nullable=False),
    Column("subject_id", String(32), nullable=False, index=True),
    Column("case_group", String(64), nullable=False, index=True),
    Column("family", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("types", Text, nullable=False),
    Column("region", String(6), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("suspended_from", String(16)),
    Column("part", Integer, nullable=False),
    Column("recurrence", Integer, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("designated", Boolean, nullable=False),
    Column("supervised", String(200), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    UniqueConstraint("clue_id", "family", "part", name="uq_tickets_clue_family_part"),
    Index("ix_tickets_state", "state", "id"),
)

# `part` tells apart the tickets of one clue and family: split off (分办), or opened on recurrence.
# `awaits_opinion`: this office acts only once the lead has characterised the content (定性).
assignments = Table(
    "assignments",
    metadata,
    Column("ticket_id", String(64), primary_key=True),
    Column("office", String(64), primary_key=True),
    Column("role", String(8), nullable=False),
    Column("position", Integer, nullable=False),
    Column("awaits_opinion", Boolean, nullable=False),
    Column("unit", String(400), nullable=False),
    Column("handler", String(60), nullable=False),
    Index("ix_assignments_office", "office", "ticket_id"),
)

opinions = Table(
    "opinions",
    metadata,
    Column("ticket_id", String(64), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("number", String(100), nullable=False),
    Column("words", Text, nullable=False),
    Column("signer", String(200), nullable=False),
    Column("at", Moment, nullable=False),
)

deadlines = Table(
    "deadlines",
    metadata,
    Column("ticket_id", String(64), primary_key=True),
    Column("clock", String(64), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("started", Date, nullable=False),
    Column("due", Date, nullable=False),
    Column("source", String(200), nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("extended", Integer, nullable=False),
    Column("ended", Date),
    Index("ix_deadlines_due", "ended", "due"),
)

# `granted` None: not yet decided. `sequence` counts the requests for one clock of one ticket.
extensions = Table(
    "extensions",
    metadata,
    Column("ticket_id", String(64), primary_key=True),
    Column("clock", String(64), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("asked_by", String(200), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("reason", Text, nullable=False),
    Column("granted", Boolean),
    Column("decided_by", String(200), nullable=False),
)

# `reported_at` empty: the visit is planned. One planned visit for a subject at a time.
visits = Table(
    "visits",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("subject_id", String(32), nullable=False, index=True),
    Column("planned_for", Date, nullable=False),
    Column("result", Text),
    Column("reported_at", Moment),
)

visit_tickets = Table(
    "visit_tickets",
    metadata,
    Column("visit_id", String(64), primary_key=True),
    Column("ticket_id", String(64), primary_key=True, index=True),
)

appeals = Table(
    "appeals",
    metadata,
    Column("ticket_id", String(64), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("words", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("decision", String(8)),
    Column("grounds", Text, nullable=False),
    Column("decided_by", String(200), nullable=False),
)

assistance = Table(
    "assistance",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("number", String(40), nullable=False, unique=True),
    Column("ticket_id", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("asking", String(64), nullable=False),
    Column("asked", String(64), nullable=False),
    Column("question", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("due", Date, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("state", String(8), nullable=False),
    Column("answer", Text, nullable=False),
    Column("answered_at", Moment),
    Index("ix_assistance_waiting", "state", "due"),
)


def _history(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("owner_id", String(64), primary_key=True),
        Column("sequence", Integer, primary_key=True),
        Column("at", Moment, nullable=False),
        Column("actor", String(200), nullable=False),
        Column("move", String(32), nullable=False),
        Column("state", String(16), nullable=False),
        Column("note", Text, nullable=False),
        Column("digest", String(64), nullable=False),
    )


complaints = Table(
    "complaints",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("number", String(40), nullable=False, unique=True),
    Column("source", String(16), nullable=False),
    Column("external_no", String(100), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("party", String(200), nullable=False),
    Column("address", String(400), nullable=False),
    Column("region", String(6), nullable=False),
    Column("words", Text, nullable=False),
    Column("urls", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("due", Date, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("clue_id", String(64), index=True),
    Column("told_at", Moment),
    Column("answer", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    UniqueConstraint("source", "external_no", name="uq_complaints_source_external"),
    Index("ix_complaints_state", "state", "due"),
)

# Read by `vault` alone.
reporters = Table(
    "reporters",
    metadata,
    Column("complaint_id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("identity_no", Text, nullable=False),
)

complaint_events = _history("complaint_events")
clue_events = _history("clue_events")
ticket_events = _history("ticket_events")

deliveries = queue(
    "deliveries",
    metadata,
    Column("ticket_id", String(64), nullable=False, index=True),
    Column("office", String(64), nullable=False),
    Column("role", String(8), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("reference", String(64), nullable=False),
    Column("hold", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("delivered_at", Moment),
    Column("receipt", Text),
)

numbers = Table(
    "numbers",
    metadata,
    Column("series", String(8), primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("region", String(6), primary_key=True),
    Column("last", Integer, nullable=False),
)
