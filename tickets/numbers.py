"""Printed numbers (编号): series, year, division and a sequence without gaps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from storage.upsert import upsert
from tickets import tables
from tickets.calendar import civil_date

CLUE_SERIES = "XS"
TICKET_SERIES = "GD"
ASSISTANCE_SERIES = "XZ"
COMPLAINT_SERIES = "TS"
WARNING_SERIES = "YJ"
CAMPAIGN_SERIES = "ZX"
AGENDA_SERIES = "QD"
NO_REGION = "000000"


def next_number(tx: Connection, *, series: str, region: str, at: datetime) -> str:
    """The next number, e.g. "XS-2026-320700-000012".

    The counter's row stays locked until the caller's transaction ends, so a number is given once
    and a rolled-back transaction leaves no gap.
    """
    year = civil_date(at).year
    division = region or NO_REGION
    counter = tables.numbers
    drawn = upsert(tx, counter).values(series=series, year=year, region=division, last=1)
    last = tx.execute(
        drawn.on_conflict_do_update(
            index_elements=[counter.c.series, counter.c.year, counter.c.region],
            set_={"last": counter.c.last + 1},
        ).returning(counter.c.last)
    ).scalar_one()
    return f"{series}-{year}-{division}-{last:06d}"
