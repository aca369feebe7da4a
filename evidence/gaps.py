"""Coverage gaps (覆盖缺口): what could not be seen, since when, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from attrs import frozen
from sqlalchemy import Column, Connection, and_, func, select
from sqlalchemy.dialects import postgresql, sqlite

from domain.ids import derive_id
from domain.outcomes import Outcome
from evidence.tables import gaps as table
from evidence.tables import snapshots

# What says something about one page only; every other gap is the whole host's.
_ONE_PAGE = frozenset(
    {Outcome.EMPTY_SHELL, Outcome.TOO_LARGE, Outcome.BAD_CONTENT, Outcome.SERVER_ERROR}
)
_BATCH = 500


@frozen(kw_only=True)
class Gap:
    """One host (or one address) that could not be seen in one way.

    `place` is the host, or the address when the outcome concerns that page alone. `url` and
    `reason` are of the latest failure. `last_good` is the latest good capture of that place.
    """

    place: str
    outcome: Outcome
    url: str
    source_id: str | None
    reason: str
    since: datetime
    last_seen: datetime
    count: int
    last_good: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether nothing good was seen there since the gap was last seen."""
        return self.last_good is None or self.last_good < self.last_seen


def note(
    tx: Connection, *, url: str, source_id: str | None, outcome: Outcome, reason: str, at: datetime
) -> None:
    """Count one failure to see. `at` moves the gap's end forward, never back."""
    host = urlsplit(url).hostname or ""
    whole_host = bool(host) and outcome not in _ONE_PAGE
    place = host if whole_host else url
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values(
        id=derive_id("gap", place, outcome.value),
        place=place,
        whole_host=whole_host,
        outcome=outcome.value,
        url=url,
        source_id=source_id,
        reason=reason,
        since=at,
        last_seen=at,
        count=1,
    )
    new = statement.excluded
    later = func.greatest if tx.dialect.name == "postgresql" else func.max
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={
                "url": new.url,
                "source_id": new.source_id,
                "reason": new.reason,
                "last_seen": later(table.c.last_seen, new.last_seen),
                "count": table.c.count + 1,
            },
        )
    )


def gaps(
    tx: Connection, *, limit: int | None = 100, seen_from: datetime | None = None
) -> list[Gap]:
    """The gaps seen most recently, first; with `seen_from` only those seen since then."""
    query = select(table).order_by(table.c.last_seen.desc(), table.c.id)
    if seen_from is not None:
        query = query.where(table.c.last_seen >= seen_from)
    rows = tx.execute(query.limit(limit)).mappings().all()
    hosts = _last_good(tx, snapshots.c.host, [r["place"] for r in rows if r["whole_host"]])
    pages = _last_good(
        tx, snapshots.c.url_key, [derive_id(r["place"]) for r in rows if not r["whole_host"]]
    )
    return [
        Gap(
            place=row["place"],
            outcome=Outcome(row["outcome"]),
            url=row["url"],
            source_id=row["source_id"],
            reason=row["reason"],
            since=row["since"],
            last_seen=row["last_seen"],
            count=row["count"],
            last_good=hosts.get(row["place"])
            if row["whole_host"]
            else pages.get(derive_id(row["place"])),
        )
        for row in rows
    ]


def _last_good(tx: Connection, key: Column[str], wanted: Iterable[str]) -> dict[str, datetime]:
    """The latest good capture of each host or address that was ever seen."""
    found: dict[str, datetime] = {}
    keys = iter(dict.fromkeys(wanted))
    while some := list(islice(keys, _BATCH)):
        good = and_(key.in_(some), snapshots.c.outcome == Outcome.OK.value)
        query = select(key, func.max(snapshots.c.captured_at)).where(good).group_by(key)
        found.update({name: newest for name, newest in tx.execute(query)})
    return found
