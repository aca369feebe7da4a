"""Insert-or-ignore, which SQL spells differently on each engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(tx: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows whose key is not there yet; the others stay as they are."""
    if not rows:
        return
    if tx.dialect.name == "sqlite":
        tx.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)
    else:
        tx.execute(postgresql.insert(table).on_conflict_do_nothing(), rows)
