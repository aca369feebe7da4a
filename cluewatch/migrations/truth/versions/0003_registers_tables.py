"""registers tables."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "institutions",
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("usci", sa.String(length=18), nullable=True),
        sa.Column("licence_no", sa.String(length=22), nullable=True),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("level", sa.String(length=100), nullable=False),
        sa.Column("departments", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("legal_representative", sa.String(length=100), nullable=False),
        sa.Column("phones", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("import_id", "row"),
    )
    op.create_index("ix_institutions_licence", "institutions", ["licence_no"], unique=False)
    op.create_index("ix_institutions_name", "institutions", ["name_key"], unique=False)
    op.create_index("ix_institutions_region", "institutions", ["region", "as_of"], unique=False)
    op.create_index("ix_institutions_usci", "institutions", ["usci"], unique=False)
    op.create_table(
        "register_covered",
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "region"),
    )
    op.create_index(
        "ix_register_covered_region", "register_covered", ["region", "as_of"], unique=False
    )
    op.create_table(
        "register_imports",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("register_imports")
    op.drop_index("ix_register_covered_region", table_name="register_covered")
    op.drop_table("register_covered")
    op.drop_index("ix_institutions_usci", table_name="institutions")
    op.drop_index("ix_institutions_region", table_name="institutions")
    op.drop_index("ix_institutions_name", table_name="institutions")
    op.drop_index("ix_institutions_licence", table_name="institutions")
    op.drop_table("institutions")
