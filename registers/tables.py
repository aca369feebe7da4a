"""Tables of imported registers; every import is a version that answers for its own day."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, MetaData, String, Table, Text

metadata = MetaData()

imports = Table(
    "register_imports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("file", Text, nullable=False),
    Column("as_of", Date, nullable=False),
)

# Divisions of which an import holds every institution: only there can "no record" mean anything.
covered = Table(
    "register_covered",
    metadata,
    Column("import_id", String(32), primary_key=True),
    Column("region", String(6), primary_key=True),
    Column("as_of", Date, nullable=False),
    Index("ix_register_covered_region", "region", "as_of"),
)

# `name_key`, `phones` (digits between blanks) and `region` are what look-ups go by.
institutions = Table(
    "institutions",
    metadata,
    Column("import_id", String(32), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("as_of", Date, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", String(200), nullable=False),
    Column("usci", String(18)),
    Column("licence_no", String(22)),
    Column("region", String(6), nullable=False),
    Column("level", String(100), nullable=False),
    Column("departments", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("legal_representative", String(100), nullable=False),
    Column("phones", Text, nullable=False),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Index("ix_institutions_name", "name_key"),
    Index("ix_institutions_usci", "usci"),
    Index("ix_institutions_licence", "licence_no"),
    Index("ix_institutions_region", "region", "as_of"),
)
