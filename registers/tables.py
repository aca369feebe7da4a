"""Tables of imported registers; every import is a version that answers for its own day."""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, MetaData, String, Table, Text

from storage.columns import Moment

metadata = MetaData()

# `as_of` is the day that the list describes, `imported_at` the moment from which we knew it.
imports = Table(
    "register_imports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("file", Text, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("imported_at", Moment, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
)

# Divisions of which an import holds every record: only there can "no record" mean anything.
covered = Table(
    "register_covered",
    metadata,
    Column("import_id", String(32), primary_key=True),
    Column("region", String(6), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("as_of", Date, nullable=False),
    Index("ix_register_covered_region", "kind", "region", "as_of"),
)

entries = Table(
    "register_entries",
    metadata,
    Column("import_id", String(32), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("as_of", Date, nullable=False),
    Column("identity", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("region", String(6), nullable=False),
    Column("record", Text, nullable=False),
    Index("ix_register_entries_region", "kind", "region", "as_of"),
    Index("ix_register_entries_identity", "kind", "identity"),
)

# What look-ups go by: numbers, name keys, phones, houses, and for names written otherwise their
# own part, its pairs of characters and the name with one character left out. `scheme` says which
# of them `value` is.
keys = Table(
    "register_keys",
    metadata,
    Column("import_id", String(32), primary_key=True),
    Column("row", Integer, primary_key=True),
    Column("scheme", String(32), primary_key=True),
    Column("value", String(200), primary_key=True),
    Column("kind", String(32), nullable=False),
    Index("ix_register_keys_value", "kind", "scheme", "value"),
)
