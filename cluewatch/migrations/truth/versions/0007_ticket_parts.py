"""seats inside offices, split and recurring tickets, opinions, extensions, kinds of deliveries."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.columns import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ADDED: dict[str, tuple[sa.Column[Any], ...]] = {
    "assignments": (
        sa.Column("unit", sa.String(length=400), nullable=False, server_default=""),
        sa.Column("handler", sa.String(length=60), nullable=False, server_default=""),
    ),
    "deadlines": (sa.Column("extended", sa.Integer(), nullable=False, server_default="0"),),
    "deliveries": (
        sa.Column("kind", sa.String(length=16), nullable=False, server_default="移送"),
        sa.Column("reference", sa.String(length=64), nullable=False, server_default=""),
    ),
    "tickets": (
        sa.Column("part", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("recurrence", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("refusals", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("designated", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("supervised", sa.String(length=200), nullable=False, server_default=""),
    ),
}


def upgrade() -> None:
    """Apply. Opinions that were only words in the history get their own rows."""
    op.create_table(
        "extensions",
        sa.Column("ticket_id", sa.String(length=64), nullable=False),
        sa.Column("clock", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("asked_at", Moment(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "clock", "sequence"),
    )
    op.create_table(
        "opinions",
        sa.Column("ticket_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("signer", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", "sequence"),
    )
    op.execute(
        "INSERT INTO opinions (ticket_id, sequence, number, words, signer, at) "
        "SELECT owner_id, sequence, substr(note, 1, 100), note, actor, at "
        "FROM ticket_events WHERE move = 'characterise'"
    )
    for table, columns in _ADDED.items():
        with op.batch_alter_table(table) as changed:
            for column in columns:
                changed.add_column(column)
    with op.batch_alter_table("tickets") as tickets:
        tickets.drop_constraint("uq_tickets_clue_family", type_="unique")
        tickets.create_unique_constraint(
            "uq_tickets_clue_family_part", ["clue_id", "family", "part"]
        )


def downgrade() -> None:
    """Undo. Fails while there are split or recurring tickets: they have no place in it."""
    with op.batch_alter_table("tickets") as tickets:
        tickets.drop_constraint("uq_tickets_clue_family_part", type_="unique")
        tickets.create_unique_constraint("uq_tickets_clue_family", ["clue_id", "family"])
    for table, columns in _ADDED.items():
        with op.batch_alter_table(table) as changed:
            for column in reversed(columns):
                changed.drop_column(column.name)
    op.drop_table("opinions")
    op.drop_table("extensions")
