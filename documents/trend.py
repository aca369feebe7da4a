"""How many documents each day brought, by verdict."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Date, cast, func, select

from documents.tables import documents
from domain.findings import Verdict

_BEIJING = ZoneInfo("Asia/Shanghai")


@frozen(kw_only=True)
class Day:
    """Documents seen last on one civil day in China; all verdicts are present."""

    day: date
    counts: dict[Verdict, int]


def newest(tx: Connection) -> datetime | None:
    """When the newest document was captured."""
    found: datetime | None = tx.scalar(select(func.max(documents.c.last_seen_at)))
    return found


def by_day(tx: Connection, *, until: date, days: int) -> list[Day]:
    """The `days` days up to and with `until`, oldest first, those without documents included."""
    first = until - timedelta(days=days - 1)
    seen = documents.c.last_seen_at
    since = datetime.combine(first, time(), _BEIJING)
    civil: ColumnElement[Any] = cast(func.timezone("Asia/Shanghai", seen), Date)
    if tx.dialect.name == "sqlite":
        civil = func.date(seen, "+8 hours")
    rows = tx.execute(
        select(civil, documents.c.verdict, func.count())
        .where(seen >= since, seen < since + timedelta(days=days), documents.c.verdict.is_not(None))
        .group_by(civil, documents.c.verdict)
    )
    found = {(str(day), Verdict(verdict)): number for day, verdict, number in rows}
    return [
        Day(day=day, counts={verdict: found.get((str(day), verdict), 0) for verdict in Verdict})
        for day in (first + timedelta(days=n) for n in range(days))
    ]
