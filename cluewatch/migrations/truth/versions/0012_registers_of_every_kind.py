"""registers of every kind.

The lists held so far are dropped: they are files of the authorities, and each is to be imported
again into the register that it belongs to.
"""

import sqlalchemy as sa
from alembic import op

from storage.columns import Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for name in ("institutions", "register_covered", "register_imports"):
        op.drop_table(name)
    op.create_table(
        "register_imports",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("imported_at", Moment(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "register_covered",
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "region"),
    )
    op.create_index("ix_register_covered_region", "register_covered", ["kind", "region", "as_of"])
    op.create_table(
        "register_entries",
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "row"),
    )
    op.create_index("ix_register_entries_identity", "register_entries", ["kind", "identity"])
    op.create_index("ix_register_entries_region", "register_entries", ["kind", "region", "as_of"])
    op.create_table(
        "register_keys",
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(length=32), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "row", "scheme", "value"),
    )
    op.create_index("ix_register_keys_value", "register_keys", ["kind", "scheme", "value"])


def downgrade() -> None:
    """Undo."""
    for name in ("register_keys", "register_entries", "register_covered", "register_imports"):
        op.drop_table(name)
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
