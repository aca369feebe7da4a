"""documents tables."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "assessments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("policy", sa.String(length=128), nullable=False),
        sa.Column("rulebook", sa.String(length=128), nullable=False),
        sa.Column("judged_at", Moment(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_assessments_document", "assessments", ["document_id", "judged_at"], unique=False
    )
    op.create_table(
        "document_captures",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("snapshot_id", sa.String(length=64), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("document_id", "snapshot_id"),
    )
    op.create_table(
        "documents",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("url_key", sa.String(length=32), nullable=False),
        sa.Column("site", sa.String(length=255), nullable=False),
        sa.Column("page", sa.String(length=64), nullable=False),
        sa.Column("last_seen_at", Moment(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("text_digest", sa.String(length=32), nullable=False),
        sa.Column("duplicate_of", sa.String(length=32), nullable=True),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("assessment_id", sa.String(length=64), nullable=True),
        sa.Column("verdict", sa.String(length=8), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("ix_documents_counted", "documents", ["site", "counted"], unique=False)
    op.create_index("ix_documents_text", "documents", ["site", "text_digest"], unique=False)
    op.create_index("ix_documents_url", "documents", ["url_key", "last_seen_at"], unique=False)
    op.create_index("ix_documents_verdict", "documents", ["verdict"], unique=False)
    op.create_table(
        "findings",
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("segment", sa.String(length=32), nullable=False),
        sa.Column("template", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "id"),
    )
    op.create_index("ix_findings_type", "findings", ["type", "score"], unique=False)
    op.create_table(
        "index_queue",
        sa.Column("id", sa.String(length=64), nullable=False),
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
        "ix_index_queue_work", "index_queue", ["work_state", "work_order", "id"], unique=False
    )
    op.create_table(
        "site_blocks",
        sa.Column("site", sa.String(length=255), nullable=False),
        sa.Column("segment", sa.String(length=32), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("site", "segment"),
    )
    op.create_index("ix_site_blocks_pages", "site_blocks", ["site", "pages"], unique=False)
    op.create_table(
        "status_pages",
        sa.Column("snapshot_id", sa.String(length=64), nullable=False),
        sa.Column("url_key", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("snapshot_id"),
    )
    op.create_index("ix_status_pages_url", "status_pages", ["url_key", "at"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_status_pages_url", table_name="status_pages")
    op.drop_table("status_pages")
    op.drop_index("ix_site_blocks_pages", table_name="site_blocks")
    op.drop_table("site_blocks")
    op.drop_index("ix_index_queue_work", table_name="index_queue")
    op.drop_table("index_queue")
    op.drop_index("ix_findings_type", table_name="findings")
    op.drop_table("findings")
    op.drop_index("ix_documents_verdict", table_name="documents")
    op.drop_index("ix_documents_url", table_name="documents")
    op.drop_index("ix_documents_text", table_name="documents")
    op.drop_index("ix_documents_counted", table_name="documents")
    op.drop_table("documents")
    op.drop_table("document_captures")
    op.drop_index("ix_assessments_document", table_name="assessments")
    op.drop_table("assessments")
