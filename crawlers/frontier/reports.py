"""What the frontier tells about itself: its books, its numbers, one address."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, case, func, select

from crawlers.canonical import canonical_url
from crawlers.frontier import history, pace
from crawlers.frontier.records import (
    Conservation,
    FrontierCounts,
    HostReport,
    Purpose,
    SourceSchedule,
    Turn,
    UrlReport,
    UrlState,
)
from crawlers.frontier.tables import hosts, patterns, urls
from domain.errors import NotFound
from domain.ids import derive_id


def conservation(tx: Connection) -> Conservation:
    """The books over all hosts; `balanced` must hold at every moment."""
    booked = flow(tx)
    taken = tx.execute(
        select(func.count()).select_from(urls).where(urls.c.state == UrlState.TAKEN)
    ).scalar_one()
    return Conservation(**booked, taken=taken)


def flow(tx: Connection) -> dict[str, int]:
    """How often addresses were claimed, done, failed and returned; reads hosts only."""
    columns = (hosts.c.claimed, hosts.c.done, hosts.c.failed, hosts.c.returned)
    sums = (func.coalesce(func.sum(column), 0).label(column.name) for column in columns)
    return dict(tx.execute(select(*sums)).mappings().one())


def counts(tx: Connection, *, now: datetime) -> FrontierCounts:
    """The frontier in numbers at the civil moment `now`."""
    outcomes = tx.execute(
        select(urls.c.last_outcome, func.count()).group_by(urls.c.last_outcome)
    ).all()
    due = select(func.count()).select_from(urls).where(urls.c.next_due <= now)
    by_state = select(urls.c.state, func.count()).group_by(urls.c.state)
    states: dict[str, int] = {state: count for state, count in tx.execute(by_state)}
    return FrontierCounts(
        hosts=tx.execute(select(func.count()).select_from(hosts)).scalar_one(),
        urls=sum(states.values()),
        due=tx.execute(due.where(urls.c.state == UrlState.WAITING)).scalar_one(),
        taken=states.get(UrlState.TAKEN.value, 0),
        visited=sum(count for outcome, count in outcomes if outcome is not None),
        outcomes={outcome: count for outcome, count in outcomes if outcome is not None},
    )


def of_source(tx: Connection, source_id: str, *, now: datetime, limit: int = 20) -> SourceSchedule:
    """What is planned for a source at the civil moment `now`: its addresses in numbers, and those
    that are looked at next, with the reason for their turn."""
    mine = urls.c.source_id == source_id
    waiting = mine & (urls.c.state == UrlState.WAITING)
    numbers = (
        func.count(),
        func.coalesce(func.sum(case((urls.c.visits > 0, 1), else_=0)), 0),
        func.coalesce(func.sum(case((urls.c.next_due <= now, 1), else_=0)), 0),
    )
    known, visited, due = tx.execute(select(*numbers).where(mine)).one()
    rows = tx.execute(
        select(urls.c.url, urls.c.next_due, urls.c.reason, urls.c.visits, urls.c.last_outcome)
        .where(waiting)
        .order_by(urls.c.next_due, urls.c.priority, urls.c.id)
        .limit(limit)
    )
    return SourceSchedule(
        known=known,
        visited=visited,
        due=due,
        turns=tuple(Turn(**row) for row in rows.mappings()),
    )


def open_breakers(tx: Connection, *, now: datetime, limit: int = 100) -> tuple[str, ...]:
    """Hosts that are left alone after several failures in a row, the longest first."""
    query = (
        select(hosts.c.host)
        .where(hosts.c.setbacks >= pace.OPENS_AFTER, hosts.c.backoff_until > now)
        .order_by(hosts.c.backoff_until.desc(), hosts.c.host)
        .limit(limit)
    )
    return tuple(tx.execute(query).scalars())


def of_url(tx: Connection, url: str) -> UrlReport:
    """What is known of an address. Raises NotFound."""
    row = (
        tx.execute(select(urls).where(urls.c.id == derive_id(canonical_url(url))))
        .mappings()
        .first()
    )
    if row is None:
        raise NotFound("该网址不在抓取队列中", at=url)
    shape = tx.execute(
        select(patterns.c.shape).where(
            patterns.c.host == row["host"], patterns.c.pattern == row["pattern"]
        )
    ).scalar()
    shared = ("url", "source_id", "found_on", "words", "priority", "depth", "added_at")
    timing = ("next_due", "reason", "visits", "changes", "fail_count")
    return UrlReport(
        **{name: row[name] for name in (*shared, *timing)},
        purpose=Purpose(row["purpose"]),
        state=UrlState(row["state"]),
        history=history.parse(row["history"]),
        shape=shape or "",
        host=_host_report(tx, row["host"]),
    )


def _host_report(tx: Connection, host: str) -> HostReport:
    row = tx.execute(select(hosts).where(hosts.c.host == host)).mappings().one()
    shared = ("host", "ready_at", "next_fetch", "backoff_until", "setbacks", "day")
    budget = ("fetched_today", "demand", "room")
    return HostReport(
        **{name: row[name] for name in (*shared, *budget)}, leased_by=row["lease_owner"]
    )
