"""subject ties."""

import sqlalchemy as sa
from alembic import op

from storage.columns import Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "subject_creatives",
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.String(length=16), nullable=False),
        sa.Column("quarter_0", sa.String(length=4), nullable=False),
        sa.Column("quarter_1", sa.String(length=4), nullable=False),
        sa.Column("quarter_2", sa.String(length=4), nullable=False),
        sa.Column("quarter_3", sa.String(length=4), nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "fingerprint"),
    )
    op.create_index(
        op.f("ix_subject_creatives_quarter_0"), "subject_creatives", ["quarter_0"], unique=False
    )
    op.create_index(
        op.f("ix_subject_creatives_quarter_1"), "subject_creatives", ["quarter_1"], unique=False
    )
    op.create_index(
        op.f("ix_subject_creatives_quarter_2"), "subject_creatives", ["quarter_2"], unique=False
    )
    op.create_index(
        op.f("ix_subject_creatives_quarter_3"), "subject_creatives", ["quarter_3"], unique=False
    )
    op.create_table(
        "subject_merges",
        sa.Column("merged", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kept", sa.String(length=32), nullable=False),
        sa.Column("move", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("merged", "sequence"),
    )
    op.create_index(op.f("ix_subject_merges_kept"), "subject_merges", ["kept"], unique=False)
    op.create_table(
        "subject_traces",
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "kind", "value"),
    )
    op.create_index("ix_subject_traces_value", "subject_traces", ["kind", "value"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_subject_traces_value", table_name="subject_traces")
    op.drop_table("subject_traces")
    op.drop_index(op.f("ix_subject_merges_kept"), table_name="subject_merges")
    op.drop_table("subject_merges")
    op.drop_index(op.f("ix_subject_creatives_quarter_3"), table_name="subject_creatives")
    op.drop_index(op.f("ix_subject_creatives_quarter_2"), table_name="subject_creatives")
    op.drop_index(op.f("ix_subject_creatives_quarter_1"), table_name="subject_creatives")
    op.drop_index(op.f("ix_subject_creatives_quarter_0"), table_name="subject_creatives")
    op.drop_table("subject_creatives")
