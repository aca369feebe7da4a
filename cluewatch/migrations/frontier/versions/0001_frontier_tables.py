"""frontier tables."""

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
        "frontier_addresses",
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("next_fetch", Moment(), nullable=True),
        sa.Column("holder", sa.String(length=255), nullable=True),
        sa.Column("held_until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("address"),
    )
    op.create_table(
        "frontier_budgets",
        sa.Column("source_id", sa.String(length=200), nullable=False),
        sa.Column("admitted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source_id"),
    )
    op.create_table(
        "frontier_hosts",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("lease_owner", sa.String(length=128), nullable=True),
        sa.Column("lease_until", sa.Float(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("ready_at", Moment(), nullable=True),
        sa.Column("next_fetch", Moment(), nullable=True),
        sa.Column("backoff_until", Moment(), nullable=True),
        sa.Column("setbacks", sa.Integer(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("fetched_today", sa.Integer(), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("host"),
    )
    op.create_index("ix_frontier_hosts_ready", "frontier_hosts", ["ready_at"], unique=False)
    op.create_table(
        "frontier_patterns",
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("pattern", sa.String(length=32), nullable=False),
        sa.Column("shape", sa.String(length=500), nullable=False),
        sa.Column("admitted", sa.Integer(), nullable=False),
        sa.Column("fetched", sa.Integer(), nullable=False),
        sa.Column("novel", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("host", "pattern"),
    )
    op.create_table(
        "frontier_robots",
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("detail", sa.String(length=300), nullable=False),
        sa.Column("fetched_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("origin"),
    )
    op.create_table(
        "frontier_urls",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("source_id", sa.String(length=200), nullable=True),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("hops", sa.Integer(), nullable=False),
        sa.Column("found_on", sa.Text(), nullable=True),
        sa.Column("words", sa.String(length=200), nullable=False),
        sa.Column("pattern", sa.String(length=32), nullable=False),
        sa.Column("added_at", Moment(), nullable=False),
        sa.Column("next_due", Moment(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("etag", sa.String(length=500), nullable=True),
        sa.Column("last_modified", sa.String(length=100), nullable=True),
        sa.Column("digest", sa.String(length=71), nullable=True),
        sa.Column("gist", sa.String(length=32), nullable=True),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("fail_count", sa.Integer(), nullable=False),
        sa.Column("last_outcome", sa.String(length=32), nullable=True),
        sa.Column("last_visit", Moment(), nullable=True),
        sa.Column("history", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_frontier_urls_due",
        "frontier_urls",
        ["host", "state", "priority", "next_due", "id"],
        unique=False,
    )
    op.create_index("ix_frontier_urls_gist", "frontier_urls", ["host", "gist"], unique=False)
    op.create_index("ix_frontier_urls_pattern", "frontier_urls", ["host", "pattern"], unique=False)


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_frontier_urls_pattern", table_name="frontier_urls")
    op.drop_index("ix_frontier_urls_gist", table_name="frontier_urls")
    op.drop_index("ix_frontier_urls_due", table_name="frontier_urls")
    op.drop_table("frontier_urls")
    op.drop_table("frontier_robots")
    op.drop_table("frontier_patterns")
    op.drop_index("ix_frontier_hosts_ready", table_name="frontier_hosts")
    op.drop_table("frontier_hosts")
    op.drop_table("frontier_budgets")
    op.drop_table("frontier_addresses")
