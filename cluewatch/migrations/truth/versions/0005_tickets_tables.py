"""tickets tables."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "assignments",
        sa.Column("ticket_id", sa.String(length=64), nullable=False),
        sa.Column("office", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("awaits_opinion", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "office"),
    )
    op.create_index("ix_assignments_office", "assignments", ["office", "ticket_id"], unique=False)
    op.create_table(
        "clue_events",
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("move", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "sequence"),
    )
    op.create_table(
        "clue_findings",
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("segment", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("clue_id", "segment", "type"),
    )
    op.create_index("ix_clue_findings_type", "clue_findings", ["type", "clue_id"], unique=False)
    op.create_table(
        "clue_segments",
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("segment", sa.String(length=64), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "segment"),
    )
    op.create_index(op.f("ix_clue_segments_clue_id"), "clue_segments", ["clue_id"], unique=False)
    op.create_table(
        "clues",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("creative", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("raised_at", Moment(), nullable=False),
        sa.Column("seal", sa.String(length=16), nullable=False),
        sa.Column("merged_into", sa.String(length=64), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("subject_id", "creative", name="uq_clues_subject_creative"),
    )
    op.create_index("ix_clues_state", "clues", ["state", "id"], unique=False)
    op.create_table(
        "deadlines",
        sa.Column("ticket_id", sa.String(length=64), nullable=False),
        sa.Column("clock", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("started", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("ended", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("ticket_id", "clock"),
    )
    op.create_index("ix_deadlines_due", "deadlines", ["ended", "due"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("ticket_id", sa.String(length=64), nullable=False),
        sa.Column("office", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("hold", sa.String(length=16), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("delivered_at", Moment(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("work_state", sa.String(length=8), nullable=False),
        sa.Column("work_order", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=128), nullable=True),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("not_before", sa.Float(), nullable=False),
        sa.Column("last_error", sa.String(length=1000), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_deliveries_ticket_id"), "deliveries", ["ticket_id"], unique=False)
    op.create_index(
        "ix_deliveries_work", "deliveries", ["work_state", "work_order", "id"], unique=False
    )
    op.create_table(
        "numbers",
        sa.Column("series", sa.String(length=8), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "year", "region"),
    )
    op.create_table(
        "sightings",
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("snapshot_id", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("clue_id", "document_id", "snapshot_id"),
    )
    op.create_table(
        "subjects",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("first_seen", Moment(), nullable=False),
        sa.Column("last_seen", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "ticket_events",
        sa.Column("owner_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("move", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "sequence"),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("case_group", sa.String(length=64), nullable=False),
        sa.Column("family", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("types", sa.Text(), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("suspended_from", sa.String(length=16), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("clue_id", "family", name="uq_tickets_clue_family"),
        sa.UniqueConstraint("number"),
    )
    op.create_index(op.f("ix_tickets_case_group"), "tickets", ["case_group"], unique=False)
    op.create_index("ix_tickets_state", "tickets", ["state", "id"], unique=False)
    op.create_index(op.f("ix_tickets_subject_id"), "tickets", ["subject_id"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_tickets_subject_id"), table_name="tickets")
    op.drop_index("ix_tickets_state", table_name="tickets")
    op.drop_index(op.f("ix_tickets_case_group"), table_name="tickets")
    op.drop_table("tickets")
    op.drop_table("ticket_events")
    op.drop_table("subjects")
    op.drop_table("sightings")
    op.drop_table("numbers")
    op.drop_index("ix_deliveries_work", table_name="deliveries")
    op.drop_index(op.f("ix_deliveries_ticket_id"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index("ix_deadlines_due", table_name="deadlines")
    op.drop_table("deadlines")
    op.drop_index("ix_clues_state", table_name="clues")
    op.drop_table("clues")
    op.drop_index(op.f("ix_clue_segments_clue_id"), table_name="clue_segments")
    op.drop_table("clue_segments")
    op.drop_index("ix_clue_findings_type", table_name="clue_findings")
    op.drop_table("clue_findings")
    op.drop_table("clue_events")
    op.drop_index("ix_assignments_office", table_name="assignments")
    op.drop_table("assignments")
