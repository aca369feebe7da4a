"""evidence tables."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "capture_requests",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source_id", sa.String(length=200), nullable=True),
        sa.Column("profile", sa.String(length=16), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=True),
        sa.Column("snapshot_id", sa.String(length=32), nullable=True),
        sa.Column("requested_at", Moment(), nullable=False),
        sa.Column("deadline", Moment(), nullable=True),
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
    op.create_index(
        "ix_capture_requests_work",
        "capture_requests",
        ["work_state", "work_order", "id"],
        unique=False,
    )
    op.create_table(
        "gaps",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("whole_host", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source_id", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("last_seen", Moment(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_gaps_last_seen", "gaps", ["last_seen"], unique=False)
    op.create_table(
        "ledger",
        sa.Column("writer", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=71), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.PrimaryKeyConstraint("writer", "seq"),
    )
    op.create_index("ix_ledger_subject", "ledger", ["subject", "action"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
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
    op.create_index("ix_outbox_work", "outbox", ["work_state", "work_order", "id"], unique=False)
    op.create_table(
        "seals",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=False),
        sa.Column("snapshot_id", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("sealed_at", Moment(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("directory", sa.String(length=300), nullable=False),
        sa.Column("manifest_digest", sa.String(length=71), nullable=True),
        sa.Column("files", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_seals_clue", "seals", ["clue_id", "attempt"], unique=False)
    op.create_table(
        "snapshots",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("url_key", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("source_id", sa.String(length=200), nullable=True),
        sa.Column("captured_at", Moment(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("profile", sa.String(length=16), nullable=False),
        sa.Column("acquisition", sa.String(length=16), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("payload_digest", sa.String(length=71), nullable=False),
        sa.Column("record_digest", sa.String(length=71), nullable=False),
        sa.Column("payload_length", sa.BigInteger(), nullable=False),
        sa.Column("warc", sa.String(length=200), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("revisit_of", sa.String(length=32), nullable=True),
        sa.Column("request_length", sa.BigInteger(), nullable=False),
        sa.Column("request_digest", sa.String(length=71), nullable=True),
        sa.Column("stored_digest", sa.String(length=71), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_snapshots_host", "snapshots", ["host", "captured_at"], unique=False)
    op.create_index("ix_snapshots_payload", "snapshots", ["payload_digest"], unique=False)
    op.create_index("ix_snapshots_url", "snapshots", ["url_key", "captured_at"], unique=False)
    op.create_index("ix_snapshots_warc", "snapshots", ["warc", "offset"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_snapshots_warc", table_name="snapshots")
    op.drop_index("ix_snapshots_url", table_name="snapshots")
    op.drop_index("ix_snapshots_payload", table_name="snapshots")
    op.drop_index("ix_snapshots_host", table_name="snapshots")
    op.drop_table("snapshots")
    op.drop_index("ix_seals_clue", table_name="seals")
    op.drop_table("seals")
    op.drop_index("ix_outbox_work", table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("ix_ledger_subject", table_name="ledger")
    op.drop_table("ledger")
    op.drop_index("ix_gaps_last_seen", table_name="gaps")
    op.drop_table("gaps")
    op.drop_index("ix_capture_requests_work", table_name="capture_requests")
    op.drop_table("capture_requests")
