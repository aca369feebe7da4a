"""Rows from one engine to another: in the order of their keys, in chunks, compared afterwards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Table, func, insert, literal, select, text, tuple_
from sqlalchemy.exc import DBAPIError

from domain.errors import PermanentError

Row = dict[str, Any]
Key = tuple[Any, ...]


@frozen(kw_only=True)
class Comparison:
    """One table on both sides: how many rows, and one digest over all of them in key order."""

    table: str
    rows: int
    digest: str


def count(tx: Connection, table: Table) -> int:
    """How many rows a table has."""
    return tx.scalar(select(func.count()).select_from(table)) or 0


def chunks(
    tx: Connection, table: Table, *, after: Key | None = None, size: int = 1000
) -> Iterator[list[Row]]:
    """All rows behind the key `after`, in key order."""
    keys = list(table.primary_key)
    while True:
        query = select(table).order_by(*keys).limit(size)
        if after is not None:
            bounds = (literal(v, key.type) for v, key in zip(after, keys, strict=True))
            query = query.where(tuple_(*keys) > tuple_(*bounds))
        rows: list[Row] = [dict(row) for row in tx.execute(query).mappings()]
        if not rows:
            return
        yield rows
        after = key_of(table, rows[-1])


def key_of(table: Table, row: Row) -> Key:
    """The values of the primary key, in its order."""
    return tuple(row[column.name] for column in table.primary_key)


def put(tx: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows as they are. Raises PermanentError naming the row that the engine refuses."""
    try:
        with tx.begin_nested():
            tx.execute(insert(table), rows)
    except (DBAPIError, ValueError):
        for row in rows:
            _put_one(tx, table, row)


def _put_one(tx: Connection, table: Table, row: Row) -> None:
    try:
        with tx.begin_nested():
            tx.execute(insert(table), row)
    except (DBAPIError, ValueError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        place = f"{table.name} {key_of(table, row)}"
        raise PermanentError(f"目标库拒收这一行：{str(cause).splitlines()[0]}", at=place) from error


def set_sequence(tx: Connection, table: Table) -> None:
    """Let the numbers that PostgreSQL gives go on behind the greatest that was copied."""
    column = table.autoincrement_column
    if column is None or tx.dialect.name != "postgresql":
        return
    greatest = tx.scalar(select(func.max(column)))
    tx.execute(
        text("SELECT setval(pg_get_serial_sequence(:table, :column), :value, :used)"),
        {
            "table": table.name,
            "column": column.name,
            "value": greatest or 1,
            "used": greatest is not None,
        },
    )


def compare(source: Connection, target: Connection, table: Table, *, size: int = 500) -> Comparison:
    """Read every row of both sides. Raises PermanentError naming the first that differs."""
    here, there = count(source, table), count(target, table)
    if here != there:
        raise PermanentError(f"行数不符：源 {here}，目标 {there}", at=table.name)
    keys, total = list(table.primary_key), hashlib.sha256()
    for rows in chunks(source, table, size=size):
        wanted = tuple_(*keys).in_([key_of(table, row) for row in rows])
        found = {
            key_of(table, dict(row)): row_digest(dict(row))
            for row in target.execute(select(table).where(wanted)).mappings()
        }
        for row in rows:
            digest = row_digest(row)
            if found.get(key_of(table, row)) != digest:
                raise PermanentError("两边的内容不同", at=f"{table.name} {key_of(table, row)}")
            total.update(digest)
    return Comparison(table=table.name, rows=here, digest=f"sha256:{total.hexdigest()}")


def row_digest(row: Row) -> bytes:
    """SHA-256 over the values by column name; the same on every engine."""
    values = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(values.encode("utf-8", "surrogatepass")).digest()
