"""How the frontier grows: found addresses enter in batches, and traps stay outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, case, literal, or_, select, update

from crawlers.canonical import canonical_url
from crawlers.frontier import traps
from crawlers.frontier.insertion import insert_new
from crawlers.frontier.records import AddReport, Found, Purpose, UrlState
from crawlers.frontier.tables import budgets, hosts, patterns, urls
from domain.ids import derive_id
from domain.sources import Source
from storage.columns import Moment

BATCH = 500


def seed(tx: Connection, sources: Iterable[Source], *, now: datetime) -> AddReport:
    """Enter the start addresses of the sources; known ones keep their schedule."""
    found = [
        Found(url=canonical_url(url), source_id=source.id, priority=0)
        for source in sources
        for url in source.start_urls
    ]
    return add(tx, found, now=now, reason="监测对象的起始网址")


def add(
    tx: Connection,
    found: Sequence[Found],
    *,
    now: datetime,
    reason: str,
    limits: traps.TrapLimits = traps.LIMITS,
) -> AddReport:
    """Enter what is new and no trap; due at once. Known addresses stay as they are."""
    total = AddReport(added=0, known=0, refused=0)
    unique = list({_id(item.url): item for item in reversed(found)}.items())[::-1]
    for start in range(0, len(unique), BATCH):
        part = _add_batch(tx, dict(unique[start : start + BATCH]), now, reason, limits)
        total = AddReport(
            added=total.added + part.added,
            known=total.known + part.known,
            refused=total.refused + part.refused,
        )
    return total


def bring_forward(tx: Connection, url: str, *, now: datetime, reason: str) -> bool:
    """Make a known address due at once; False when it is not in the frontier."""
    changed = tx.execute(
        update(urls)
        .where(urls.c.id == _id(url))
        .values(next_due=now, priority=0, reason=reason[:500])
        .returning(urls.c.host)
    ).first()
    if changed is not None:
        _make_ready(tx, {changed.host}, now)
    return changed is not None


def _add_batch(
    tx: Connection,
    found: dict[str, Found],
    now: datetime,
    reason: str,
    limits: traps.TrapLimits,
) -> AddReport:
    known = set(tx.execute(select(urls.c.id).where(urls.c.id.in_(found))).scalars())
    budget = _Budget(tx, limits)
    rows = [
        _row(key, item, shape, now, reason)
        for key, item in found.items()
        if key not in known and (shape := budget.admit(item)) is not None
    ]
    touched = {row["host"] for row in rows}
    insert_new(tx, hosts, [{"host": host} for host in sorted(touched)])
    insert_new(tx, urls, rows)
    budget.save()
    _make_ready(tx, touched, now)
    refused = len(found) - len(known) - len(rows)
    return AddReport(added=len(rows), known=len(known), refused=refused)


class _Budget:
    """What each shape and each source may still bring in, read once per batch."""

    def __init__(self, tx: Connection, limits: traps.TrapLimits) -> None:
        self._tx = tx
        self._limits = limits
        self._shapes: dict[tuple[str, str], dict[str, Any]] = {}
        self._sources: dict[str, int] = {}

    def admit(self, found: Found) -> str | None:
        """The shape's key when the address may enter, else None."""
        picture = found.purpose is Purpose.PICTURE
        if traps.refusal(found.url, self._limits, picture=picture) is not None:
            return None
        shape = traps.shape_of(found.url)
        row = self._shape(_host(found.url), shape)
        counts = {name: row[name] for name in ("admitted", "fetched", "novel")}
        source = found.source_id or ""
        full = self._source(source) >= self._limits.per_source
        if full or traps.closed(**counts, limits=self._limits) is not None:
            row["refused"] += 1
            return None
        row["admitted"] += 1
        self._sources[source] += int(not picture)
        return str(row["pattern"])

    def save(self) -> None:
        """Write the counters back."""
        insert_new(self._tx, budgets, [{"source_id": source} for source in self._sources])
        for source, admitted in self._sources.items():
            self._tx.execute(
                update(budgets).where(budgets.c.source_id == source).values(admitted=admitted)
            )
        rows = list(self._shapes.values())
        insert_new(self._tx, patterns, rows)
        for row in rows:
            self._tx.execute(
                update(patterns)
                .where(patterns.c.host == row["host"], patterns.c.pattern == row["pattern"])
                .values(admitted=row["admitted"], refused=row["refused"])
            )

    def _shape(self, host: str, shape: str) -> dict[str, Any]:
        key = derive_id(shape)
        if (host, key) not in self._shapes:
            stored = self._tx.execute(
                select(patterns).where(patterns.c.host == host, patterns.c.pattern == key)
            ).mappings()
            row = stored.first()
            fresh = {"admitted": 0, "fetched": 0, "novel": 0, "refused": 0}
            self._shapes[host, key] = (
                dict(row) if row else {"host": host, "pattern": key, "shape": shape, **fresh}
            )
        return self._shapes[host, key]

    def _source(self, source: str) -> int:
        if source not in self._sources:
            stored = select(budgets.c.admitted).where(budgets.c.source_id == source)
            self._sources[source] = self._tx.execute(stored).scalar() or 0
        return self._sources[source]


def _row(key: str, found: Found, shape: str, now: datetime, reason: str) -> dict[str, Any]:
    return {
        "id": key,
        "host": _host(found.url),
        "url": found.url,
        "source_id": found.source_id,
        "purpose": found.purpose.value,
        "state": UrlState.WAITING.value,
        "priority": found.priority,
        "depth": found.depth,
        "hops": found.hops,
        "found_on": found.found_on,
        "words": found.words[:200],
        "pattern": shape,
        "added_at": now,
        "next_due": now,
        "reason": reason[:500],
    }


def _make_ready(tx: Connection, touched: set[str], now: datetime) -> None:
    """Hosts with new work are ready at `now`, or when their pace allows."""
    present = literal(now, Moment)
    from_pace = case((hosts.c.next_fetch > now, hosts.c.next_fetch), else_=present)
    earliest = case((hosts.c.backoff_until > now, hosts.c.backoff_until), else_=from_pace)
    tx.execute(
        update(hosts)
        .where(
            hosts.c.host.in_(touched), or_(hosts.c.ready_at.is_(None), hosts.c.ready_at > earliest)
        )
        .values(ready_at=earliest)
    )


def _id(url: str) -> str:
    return derive_id(url)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".")
