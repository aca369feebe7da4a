"""Insert or meet what is already there, the same call on both engines."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def upsert(tx: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that takes `on_conflict_do_nothing` and `on_conflict_do_update`.

    SQLAlchemy's own `insert` knows neither, and the two dialects spell the clause alike.
    """
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)
