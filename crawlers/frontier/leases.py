"""Leases on hosts: one worker at a time, by the database's clock, with a fencing token."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select, update

from crawlers.frontier import pauses
from crawlers.frontier.records import HostLease, UrlState
from crawlers.frontier.tables import hosts, urls
from domain.errors import LeaseLost
from storage.leases import database_time, run_out


def lease(
    tx: Connection, *, owner: str, now: datetime, limit: int, seconds: float
) -> list[HostLease]:
    """Lease up to `limit` hosts that have something due at the civil moment `now` and no stop.

    What a dead worker had taken from them is waiting again and counted as returned.
    """
    clock = database_time(tx)
    wanted = (
        select(hosts.c.host)
        .where(hosts.c.ready_at <= now, run_out(hosts.c.lease_until, clock), pauses.permitting(tx))
        .order_by(hosts.c.ready_at, hosts.c.host)
        .limit(limit)
    )
    if tx.dialect.name != "sqlite":
        wanted = wanted.with_for_update(skip_locked=True)
    # A CTE is evaluated once; PostgreSQL may run a subquery again and lease beyond the limit.
    chosen = wanted.cte("chosen")
    rows = tx.execute(
        update(hosts)
        .where(hosts.c.host.in_(select(chosen.c.host)))
        .values(lease_owner=owner, lease_until=clock + seconds, fence=hosts.c.fence + 1)
        .returning(hosts.c.host, hosts.c.fence)
    ).all()
    leased = sorted(rows)
    for host, _ in leased:
        _return_taken(tx, host)
    return [HostLease(host=host, fence=fence, owner=owner) for host, fence in leased]


def renew(tx: Connection, held: HostLease, *, seconds: float) -> None:
    """Heartbeat. Raises LeaseLost."""
    _settle(tx, held, lease_until=database_time(tx) + seconds)


def release(tx: Connection, held: HostLease) -> None:
    """Give the host up; what is still taken waits again. Raises LeaseLost."""
    _settle(tx, held, lease_until=0.0, lease_owner=None)
    _return_taken(tx, held.host)
    refresh(tx, held.host)


def expire(tx: Connection, *, owner: str) -> int:
    """End the leases of a worker that is known to be dead; returns how many there were."""
    return tx.execute(
        update(hosts)
        .where(hosts.c.lease_owner == owner, hosts.c.lease_until > 0.0)
        .values(lease_until=0.0)
    ).rowcount


def next_moment(tx: Connection, *, besides: str | None = None) -> datetime | None:
    """The civil moment at which the next host becomes ready; None when nothing waits at all.

    A leased host counts with the moment at which it was leased, so it is due now: its worker
    knows better. Hosts leased by the worker `besides` are left out, because it asks; so are
    stopped ones.
    """
    query = select(func.min(hosts.c.ready_at)).where(pauses.permitting(tx))
    if besides is not None:
        live = and_(hosts.c.lease_owner == besides, hosts.c.lease_until >= database_time(tx))
        query = query.where(or_(hosts.c.lease_owner.is_(None), ~live))
    moment: datetime | None = tx.execute(query).scalar_one()
    return moment


def refresh(tx: Connection, host: str) -> None:
    """Set from when leasing the host makes sense: work, pace and back-off together."""
    due = tx.execute(
        select(func.min(urls.c.next_due)).where(
            urls.c.host == host, urls.c.state == UrlState.WAITING
        )
    ).scalar_one()
    ready = None
    if due is not None:
        pace = tx.execute(
            select(hosts.c.next_fetch, hosts.c.backoff_until).where(hosts.c.host == host)
        ).one()
        ready = max(moment for moment in (due, *pace) if moment is not None)
    tx.execute(update(hosts).where(hosts.c.host == host).values(ready_at=ready))


def _return_taken(tx: Connection, host: str) -> None:
    returned = tx.execute(
        update(urls)
        .where(urls.c.host == host, urls.c.state == UrlState.TAKEN)
        .values(state=UrlState.WAITING.value)
    ).rowcount
    if returned:
        tx.execute(
            update(hosts).where(hosts.c.host == host).values(returned=hosts.c.returned + returned)
        )


def _settle(tx: Connection, held: HostLease, **values: object) -> None:
    changed = tx.execute(
        update(hosts)
        .where(
            hosts.c.host == held.host,
            hosts.c.fence == held.fence,
            hosts.c.lease_owner == held.owner,
        )
        .values(**values)
    )
    if changed.rowcount != 1:
        raise LeaseLost(f"the lease on host {held.host} has passed to another worker")
