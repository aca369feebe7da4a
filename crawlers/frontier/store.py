"""The work on leased hosts: take what is due, settle how it ended, and explain it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from crawlers.canonical import canonical_url
from crawlers.frontier import traps
from crawlers.frontier.records import (
    Conservation,
    FrontierCounts,
    HostLease,
    PastVisit,
    Purpose,
    UrlState,
    Visit,
    Visited,
    WhyReport,
)
from crawlers.frontier.revisit import schedule
from crawlers.frontier.tables import hosts, patterns, urls
from domain.errors import NotFound
from domain.ids import derive_id
from domain.outcomes import Outcome

_HISTORY = 10
_TRAP_PAUSE = timedelta(days=30)
_CARRIED = (
    "id", "url", "host", "source_id", "depth", "hops", "found_on", "pattern", "etag",
    "last_modified", "digest", "gist", "visits", "changes", "fail_count",
)  # fmt: skip
_SUCCESSES = frozenset({Outcome.OK, Outcome.NOT_MODIFIED, Outcome.REDIRECTED})


def peek(tx: Connection, held: HostLease, *, now: datetime) -> Visit | None:
    """The address of a leased host that should be looked at next, or None. Takes nothing."""
    row = (
        tx.execute(
            select(urls)
            .where(
                urls.c.host == held.host,
                urls.c.state == UrlState.WAITING,
                urls.c.next_due <= now,
            )
            .order_by(urls.c.priority, urls.c.next_due, urls.c.id)
            .limit(1)
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    values = {name: row[name] for name in _CARRIED}
    return Visit(**values, purpose=Purpose(row["purpose"]), fence=held.fence)


def take(tx: Connection, visit: Visit) -> bool:
    """Claim a peeked address; False when the lease or the address has gone to someone else."""
    owned = select(hosts.c.host).where(hosts.c.host == visit.host, hosts.c.fence == visit.fence)
    taken = tx.execute(
        update(urls)
        .where(
            urls.c.id == visit.id,
            urls.c.state == UrlState.WAITING,
            urls.c.host.in_(owned.scalar_subquery()),
        )
        .values(state=UrlState.TAKEN.value)
    )
    if taken.rowcount == 1:
        _count(tx, visit.host, claimed=1)
    return taken.rowcount == 1


def next_due(tx: Connection, host: str) -> datetime | None:
    """When the next address of the host becomes due; None when none waits."""
    moment: datetime | None = tx.execute(
        select(func.min(urls.c.next_due)).where(
            urls.c.host == host, urls.c.state == UrlState.WAITING
        )
    ).scalar_one()
    return moment


def give_back(tx: Connection, visit: Visit) -> bool:
    """Put a taken address back as if it had never been taken; False when it is not ours."""
    if not _settle(tx, visit, state=UrlState.WAITING.value):
        return False
    _count(tx, visit.host, returned=1)
    return True


def settle(tx: Connection, ended: Visited) -> bool:
    """Record how a visit ended and when to look again; False when the lease was lost.

    A lost visit is somebody else's by now, and nothing is written.
    """
    visit, at = ended.visit, ended.at
    succeeded = ended.outcome in _SUCCESSES
    changed = ended.digest is not None and ended.digest != visit.digest
    failures = 0 if succeeded else visit.fail_count + 1
    changes = visit.changes + (1 if changed and visit.digest is not None else 0)
    plan = schedule(
        outcome=ended.outcome,
        at=at,
        risk=ended.risk,
        visits=visit.visits + 1,
        changes=changes,
        failures=failures,
    )
    novel = ended.gist is not None and not _said_before(tx, visit, ended.gist)
    written = _settle(
        tx,
        visit,
        state=UrlState.WAITING.value,
        url=ended.moved_to or visit.url,
        hops=visit.hops + 1 if ended.moved_to else visit.hops,
        next_due=at if ended.moved_to else max(plan.next_due, ended.not_before or at),
        reason=plan.reason,
        etag=ended.etag if succeeded else visit.etag,
        last_modified=ended.last_modified if succeeded else visit.last_modified,
        digest=ended.digest or visit.digest,
        gist=ended.gist or visit.gist,
        visits=visit.visits + 1,
        changes=changes,
        fail_count=failures,
        last_outcome=ended.outcome.value,
        last_visit=at,
        history=_longer_history(tx, ended, changed),
    )
    if written:
        good = succeeded or ended.outcome.is_gone
        _count(tx, visit.host, done=int(good), failed=int(not good))
        if visit.visits == 0:
            _count_shape(tx, ended, novel)
    return written


def conservation(tx: Connection) -> Conservation:
    """The books over all hosts; `balanced` must hold at every moment."""
    columns = (hosts.c.claimed, hosts.c.done, hosts.c.failed, hosts.c.returned)
    sums = tx.execute(select(*(func.coalesce(func.sum(column), 0) for column in columns))).one()
    taken = tx.execute(
        select(func.count()).select_from(urls).where(urls.c.state == UrlState.TAKEN)
    ).scalar_one()
    claimed, done, failed, returned = sums
    return Conservation(claimed=claimed, done=done, failed=failed, returned=returned, taken=taken)


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


def why(tx: Connection, url: str) -> WhyReport:
    """Why an address is looked at when it is. Raises NotFound."""
    row = (
        tx.execute(
            select(urls, hosts.c.ready_at, hosts.c.backoff_until, hosts.c.lease_owner)
            .join(hosts, hosts.c.host == urls.c.host)
            .where(urls.c.id == derive_id(canonical_url(url)))
        )
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
    shared = ("url", "host", "source_id", "found_on", "words", "priority", "depth", "added_at")
    timing = ("next_due", "reason", "visits", "changes", "fail_count")
    return WhyReport(
        **{name: row[name] for name in (*shared, *timing)},
        state=UrlState(row["state"]),
        history=_history(row["history"]),
        shape=shape or "",
        host_ready_at=row["ready_at"],
        host_backoff_until=row["backoff_until"],
        leased_by=row["lease_owner"],
    )


def _settle(tx: Connection, visit: Visit, **values: object) -> bool:
    owned = select(hosts.c.host).where(hosts.c.host == visit.host, hosts.c.fence == visit.fence)
    changed = tx.execute(
        update(urls)
        .where(
            urls.c.id == visit.id,
            urls.c.state == UrlState.TAKEN,
            urls.c.host.in_(owned.scalar_subquery()),
        )
        .values(**values)
    )
    return changed.rowcount == 1


def _count(tx: Connection, host: str, **more: int) -> None:
    values = {name: hosts.c[name] + number for name, number in more.items()}
    tx.execute(update(hosts).where(hosts.c.host == host).values(**values))


def _count_shape(tx: Connection, ended: Visited, novel: bool) -> None:
    """Count a first visit; a shape that has nothing new to say is put off as a whole."""
    visit = ended.visit
    row = tx.execute(
        update(patterns)
        .where(patterns.c.host == visit.host, patterns.c.pattern == visit.pattern)
        .values(fetched=patterns.c.fetched + 1, novel=patterns.c.novel + int(novel))
        .returning(patterns.c.fetched, patterns.c.novel)
    ).first()
    reason = row and traps.closed(admitted=0, fetched=row.fetched, novel=row.novel)
    if reason:
        tx.execute(
            update(urls)
            .where(
                urls.c.host == visit.host,
                urls.c.pattern == visit.pattern,
                urls.c.state == UrlState.WAITING,
                urls.c.visits == 0,
            )
            .values(next_due=ended.at + _TRAP_PAUSE, reason=f"疑似陷阱：{reason}")
        )


def _said_before(tx: Connection, visit: Visit, gist: str) -> bool:
    same = select(urls.c.id).where(
        urls.c.host == visit.host, urls.c.gist == gist, urls.c.id != visit.id
    )
    return tx.execute(same.limit(1)).first() is not None


def _history(text: str) -> tuple[PastVisit, ...]:
    return tuple(
        PastVisit(at=datetime.fromisoformat(at), outcome=Outcome(outcome), changed=changed)
        for at, outcome, changed in json.loads(text)
    )


def _longer_history(tx: Connection, ended: Visited, changed: bool) -> str:
    text = tx.execute(select(urls.c.history).where(urls.c.id == ended.visit.id)).scalar() or "[]"
    entry = [ended.at.isoformat(), ended.outcome.value, changed]
    return json.dumps([*json.loads(text), entry][-_HISTORY:])
