"""Work queues in the database: rows that workers lease, finish or give back.

A lease has an owner, an expiry by the database's clock and a fencing token. A worker that died
loses its lease by itself; a worker that lost its lease cannot finish the work (LeaseLost), so
whatever it wrote in the same transaction is rolled back. claimed = done + failed + returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from attrs import frozen
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    and_,
    cast,
    func,
    literal_column,
    or_,
    select,
    update,
)

from domain.errors import LeaseLost

MOST_DEATHS = 10
LONGEST_SECONDS = 3600.0
"""No lease and no delay is longer: one that ends later was set before the clock was put back."""


class WorkState(StrEnum):
    """READY: to be claimed once `not_before` has passed. PARKED: waits for a person."""

    READY = "ready"
    LEASED = "leased"
    DONE = "done"
    PARKED = "parked"


@frozen(kw_only=True)
class Lease:
    """A claim on one row. `row` maps column names to values as they were when claimed."""

    id: str
    fence: int
    owner: str
    attempts: int
    row: dict[str, Any]


def queue(name: str, metadata: MetaData, *columns: Column[Any]) -> Table:
    """A table of work: `columns` carry the payload, the rest is the lease's own bookkeeping."""
    return Table(
        name,
        metadata,
        Column("id", String(64), primary_key=True),
        *columns,
        Column("work_state", String(8), nullable=False, default=WorkState.READY.value),
        Column("work_order", Integer, nullable=False, default=0),
        Column("attempts", Integer, nullable=False, default=0),
        Column("fence", Integer, nullable=False, default=0),
        Column("lease_owner", String(128)),
        Column("lease_until", Float, nullable=False, default=0.0),
        Column("not_before", Float, nullable=False, default=0.0),
        Column("last_error", String(1000)),
        Index(f"ix_{name}_work", "work_state", "work_order", "id"),
    )


def database_time(tx: Connection) -> ColumnElement[float]:
    """Seconds since 1970 by the database's clock, as an SQL expression."""
    if tx.dialect.name == "sqlite":
        return literal_column("((julianday('now') - 2440587.5) * 86400.0)", Float)
    return cast(func.extract("epoch", func.clock_timestamp()), Float)


def run_out(until: ColumnElement[float], now: ColumnElement[float]) -> ColumnElement[bool]:
    """Whether a lease or delay has ended, or cannot have been set by the clock as it is now."""
    return or_(until <= now, until > now + LONGEST_SECONDS)


def claim(
    tx: Connection,
    table: Table,
    *,
    owner: str,
    limit: int,
    seconds: float,
    where: ColumnElement[bool] | None = None,
) -> list[Lease]:
    """Lease up to `limit` rows for `seconds` (at most LONGEST_SECONDS), in `work_order`, expired
    leases included.

    A row whose workers died `MOST_DEATHS` times is parked: it may be what kills them.
    """
    now = database_time(tx)
    expired = and_(table.c.work_state == WorkState.LEASED, run_out(table.c.lease_until, now))
    tx.execute(
        update(table)
        .where(expired, table.c.attempts >= MOST_DEATHS)
        .values(work_state=WorkState.PARKED.value, last_error="worker died again and again")
    )
    free = or_(
        and_(table.c.work_state == WorkState.READY, run_out(table.c.not_before, now)),
        expired,
    )
    wanted = select(table.c.id).where(free)
    if where is not None:
        wanted = wanted.where(where)
    wanted = wanted.order_by(table.c.work_order, table.c.id).limit(limit)
    if tx.dialect.name != "sqlite":
        wanted = wanted.with_for_update(skip_locked=True)
    # A CTE is evaluated once; PostgreSQL may run a subquery again and lease beyond the limit.
    chosen = wanted.cte("chosen")
    rows = tx.execute(
        update(table)
        .where(table.c.id.in_(select(chosen.c.id)))
        .values(
            work_state=WorkState.LEASED.value,
            lease_owner=owner,
            lease_until=now + seconds,
            fence=table.c.fence + 1,
            attempts=table.c.attempts + 1,
        )
        .returning(*table.c)
    ).mappings()
    leases = [
        Lease(id=r["id"], fence=r["fence"], owner=owner, attempts=r["attempts"], row=dict(r))
        for r in rows
    ]
    return sorted(leases, key=lambda lease: (lease.row["work_order"], lease.id))


def renew(tx: Connection, table: Table, lease: Lease, *, seconds: float) -> None:
    """Extend a lease that is still ours. Raises LeaseLost."""
    _settle(tx, table, lease, lease_until=database_time(tx) + seconds)


def finish(tx: Connection, table: Table, lease: Lease) -> None:
    """Mark the work done. Call it in the transaction that writes the results. Raises LeaseLost."""
    _settle(tx, table, lease, work_state=WorkState.DONE.value, last_error=None)


def give_back(
    tx: Connection,
    table: Table,
    lease: Lease,
    *,
    error: str | None = None,
    delay: float = 0.0,
    max_attempts: int = 5,
) -> WorkState:
    """Return the work to its queue after `delay` seconds (at most LONGEST_SECONDS), or park it for
    a person.

    Without `error` the return costs no attempt (the worker is only stopping). Returns the state
    that the row is in now. Raises LeaseLost.
    """
    parked = error is not None and lease.attempts >= max_attempts
    state = WorkState.PARKED if parked else WorkState.READY
    _settle(
        tx,
        table,
        lease,
        work_state=state.value,
        lease_until=0.0,
        not_before=database_time(tx) + delay,
        last_error=error[:1000] if error else table.c.last_error,
        attempts=table.c.attempts - (0 if error else 1),
    )
    return state


def park(tx: Connection, table: Table, lease: Lease, *, error: str) -> None:
    """Set the work aside for a person: trying again cannot help. Raises LeaseLost."""
    _settle(tx, table, lease, work_state=WorkState.PARKED.value, last_error=error[:1000])


def depth(tx: Connection, table: Table) -> dict[WorkState, int]:
    """How many rows are in each state (all states present)."""
    rows = tx.execute(select(table.c.work_state, func.count()).group_by(table.c.work_state)).all()
    found = {WorkState(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in WorkState}


def undone(tx: Connection, table: Table) -> dict[WorkState, int]:
    """As `depth` without what is done, which may be millions of rows."""
    return {
        state: tx.scalar(select(func.count()).where(table.c.work_state == state)) or 0
        for state in WorkState
        if state is not WorkState.DONE
    }


def oldest(tx: Connection, table: Table, born: Column[datetime]) -> datetime | None:
    """The least value of `born` among what waits; None when nothing waits."""
    waiting = table.c.work_state == WorkState.READY
    found: datetime | None = tx.scalar(select(func.min(born)).where(waiting))
    return found


def parked(tx: Connection, table: Table, *, limit: int = 100) -> Sequence[dict[str, Any]]:
    """Rows that wait for a person, with their last error."""
    rows = tx.execute(
        select(table)
        .where(table.c.work_state == WorkState.PARKED)
        .order_by(table.c.id)
        .limit(limit)
    ).mappings()
    return [dict(row) for row in rows]


def retry(tx: Connection, table: Table, work_id: str) -> bool:
    """Put parked work back into its queue, with all its attempts; False when it is not parked."""
    changed = tx.execute(
        update(table)
        .where(table.c.id == work_id, table.c.work_state == WorkState.PARKED)
        .values(work_state=WorkState.READY.value, attempts=0, not_before=0.0)
    )
    return changed.rowcount == 1


def owners(tx: Connection, table: Table) -> dict[str, int]:
    """Who holds how many leases that have not run out."""
    live = (table.c.work_state == WorkState.LEASED) & (table.c.lease_until > database_time(tx))
    rows = tx.execute(
        select(table.c.lease_owner, func.count()).where(live).group_by(table.c.lease_owner)
    ).all()
    return {owner: count for owner, count in rows}


def _settle(tx: Connection, table: Table, lease: Lease, **values: object) -> None:
    changed = tx.execute(
        update(table)
        .where(
            table.c.id == lease.id,
            table.c.fence == lease.fence,
            table.c.work_state == WorkState.LEASED,
        )
        .values(**values)
    )
    if changed.rowcount != 1:
        raise LeaseLost(f"the lease on {lease.id} has passed to another worker", at=table.name)
