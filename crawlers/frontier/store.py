"""The work on leased hosts: take what is due, and settle how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from crawlers.frontier import history, traps
from crawlers.frontier.history import PastVisit
from crawlers.frontier.records import HostLease, Purpose, UrlState, Visit, Visited
from crawlers.frontier.revisit import (
    NEUTRAL,
    Budget,
    Schedule,
    Standing,
    picture_schedule,
    schedule,
)
from crawlers.frontier.tables import hosts, patterns, urls
from domain.outcomes import Outcome

_DAY = 86_400.0
_TRAP_PAUSE = timedelta(days=30)
_CARRIED = (
    "id", "url", "host", "source_id", "depth", "hops", "found_on", "pattern", "etag",
    "last_modified", "digest", "gist", "visits", "changes", "fail_count", "wait", "history",
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
            .order_by(urls.c.priority, urls.c.next_due)
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


def settle(tx: Connection, ended: Visited, standing: Standing = NEUTRAL) -> bool:
    """Record how a visit ended and when to look again; False when the lease was lost.

    A lost visit is somebody else's by now, and nothing is written. `standing` is what the
    judgement has found on the page and its site.
    """
    visit, at = ended.visit, ended.at
    succeeded = ended.outcome in _SUCCESSES
    changed = _has_changed(ended)
    failures = 0 if succeeded else visit.fail_count + 1
    past = PastVisit(at=at, outcome=ended.outcome, changed=changed)
    visits = history.extended(history.parse(visit.history), past)
    plan = _plan(tx, ended, visits, failures, standing)
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
        changes=visit.changes + int(changed and visit.digest is not None),
        fail_count=failures,
        last_outcome=ended.outcome.value,
        last_visit=at,
        wait=(plan.next_due - at).total_seconds(),
        history=history.written(visits),
    )
    if written:
        good = succeeded or ended.outcome.is_gone
        demand = _more_demand(visit, plan, at)
        _count(tx, visit.host, done=int(good), failed=int(not good), demand=demand)
        if visit.visits == 0:
            _count_shape(tx, ended, _is_novel(tx, ended))
    return written


def put_off(tx: Connection, visit: Visit, until: datetime, *, reason: str) -> None:
    """Let the waiting pictures of a host, of which `visit` is one, become due no earlier."""
    tx.execute(
        update(urls)
        .where(
            urls.c.host == visit.host,
            urls.c.purpose == visit.purpose.value,
            urls.c.state == UrlState.WAITING,
            urls.c.next_due < until,
        )
        .values(next_due=until, reason=reason)
    )


def _plan(
    tx: Connection,
    ended: Visited,
    visits: Sequence[PastVisit],
    failures: int,
    standing: Standing,
) -> Schedule:
    if ended.visit.purpose is Purpose.PICTURE and ended.outcome in _SUCCESSES:
        return picture_schedule(ended.at)
    return schedule(
        outcome=ended.outcome,
        at=ended.at,
        risk=ended.risk,
        history=visits,
        failures=failures,
        standing=standing,
        budget=_budget(tx, ended.visit.host),
    )


def _is_novel(tx: Connection, ended: Visited) -> bool:
    """Whether a first visit brought something new: words nobody said before, or a picture."""
    if ended.visit.purpose is Purpose.PICTURE:
        return ended.outcome is Outcome.OK
    return ended.gist is not None and not _said_before(tx, ended.visit, ended.gist)


def _has_changed(ended: Visited) -> bool:
    """Whether the page says something else than before; by its words where both were read."""
    before = ended.visit
    if ended.gist is not None and before.gist is not None:
        return ended.gist != before.gist
    return ended.digest is not None and ended.digest != before.digest


def _budget(tx: Connection, host: str) -> Budget:
    row = tx.execute(select(hosts.c.demand, hosts.c.room).where(hosts.c.host == host)).one()
    return Budget(demand=row.demand, room=row.room) if row.room > 0 else Budget()


def _more_demand(visit: Visit, plan: Schedule, at: datetime) -> float:
    """By how many looks a day the host is asked for more than before this visit."""
    after = (plan.next_due - at).total_seconds()
    return _DAY / after - (_DAY / visit.wait if visit.wait else 0.0)


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


def _count(tx: Connection, host: str, **more: float) -> None:
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
