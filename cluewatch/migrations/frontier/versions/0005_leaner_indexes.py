"""leaner indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_WORDS = sa.text("gist IS NOT NULL")


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_frontier_urls_due", table_name="frontier_urls")
    op.drop_index("ix_frontier_urls_gist", table_name="frontier_urls")
    op.drop_index("ix_frontier_urls_pattern", table_name="frontier_urls")
    op.create_index(
        "ix_frontier_urls_queue", "frontier_urls", ["host", "state", "priority", "next_due"]
    )
    op.create_index(
        "ix_frontier_urls_words",
        "frontier_urls",
        ["host", "gist"],
        sqlite_where=_WORDS,
        postgresql_where=_WORDS,
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_frontier_urls_words", table_name="frontier_urls")
    op.drop_index("ix_frontier_urls_queue", table_name="frontier_urls")
    op.create_index("ix_frontier_urls_pattern", "frontier_urls", ["host", "pattern"])
    op.create_index("ix_frontier_urls_gist", "frontier_urls", ["host", "gist"])
    op.create_index(
        "ix_frontier_urls_due",
        "frontier_urls",
        ["host", "state", "priority", "next_due", "id"],
    )
