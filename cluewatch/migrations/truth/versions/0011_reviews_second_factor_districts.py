"""reviews, second factor, districts of users."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "reviews",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("assessment_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Text(), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("clue_id", sa.String(length=64), nullable=True),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
    )
    op.create_index("ix_reviews_at", "reviews", ["at"], unique=False)
    op.create_index(
        "ix_reviews_document", "reviews", ["document_id", "type", "start", "end"], unique=False
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "digest"),
    )
    op.drop_index(op.f("ix_documents_verdict"), table_name="documents")
    op.create_index("ix_documents_verdict", "documents", ["verdict", "sequence"], unique=False)
    op.create_index("ix_documents_seen", "documents", ["last_seen_at", "verdict"], unique=False)
    op.add_column(
        "sessions", sa.Column("verified", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
    op.add_column(
        "sessions", sa.Column("origin", sa.String(length=300), server_default="", nullable=False)
    )
    op.add_column(
        "users", sa.Column("region", sa.String(length=6), server_default="", nullable=False)
    )
    op.add_column(
        "users", sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("users", sa.Column("totp_secret", sa.String(length=64), nullable=True))
    op.add_column("users", sa.Column("totp_step", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    """Undo."""
    op.drop_column("users", "totp_step")
    op.drop_column("users", "totp_secret")
    op.drop_column("users", "disabled")
    op.drop_column("users", "region")
    op.drop_column("sessions", "origin")
    op.drop_column("sessions", "verified")
    op.drop_index("ix_documents_seen", table_name="documents")
    op.drop_index("ix_documents_verdict", table_name="documents")
    op.create_index(op.f("ix_documents_verdict"), "documents", ["verdict"], unique=False)
    op.drop_table("recovery_codes")
    op.drop_index("ix_reviews_document", table_name="reviews")
    op.drop_index("ix_reviews_at", table_name="reviews")
    op.drop_table("reviews")
