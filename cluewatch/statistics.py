"""The numbers of the first page: how much was seen, what came of it, where, and what lags."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Select, func, select

from cluewatch.monitoring import canary
from cluewatch.queues import Backlog, backlogs
from documents import counts, reviews, trend
from documents.trend import Day
from domain.findings import Verdict
from domain.tickets import TicketState
from evidence import gaps
from evidence.gaps import Gap
from evidence.tables import snapshots
from tickets import tables as cases
from tickets.calendar import civil_date
from tickets.summary import Summary, summary

TREND_DAYS = 30
_UNTAKEN = (TicketState.AWAITING_APPROVAL, TicketState.SENT, TicketState.RECALLED)
_ENDED = (TicketState.CLOSED, TicketState.REPORTED, TicketState.ARCHIVED)


@frozen(kw_only=True)
class Step:
    """One step of the way from a capture to an outcome, and how many came as far."""

    title: str
    count: int


@frozen(kw_only=True)
class District:
    """A division (six digits, "" unknown) with its clues and tickets."""

    region: str
    clues: int
    tickets: int
    ended: int


@frozen(kw_only=True)
class Overview:
    """Everything on the first page."""

    summary: Summary
    verdicts: dict[Verdict, int]
    findings: tuple[tuple[str, int], ...]
    waiting: int
    days: tuple[Day, ...]
    funnel: tuple[Step, ...]
    districts: tuple[District, ...]
    newest: datetime | None
    gaps: tuple[Gap, ...]
    queues: tuple[Backlog, ...]


def overview(tx: Connection, *, now: datetime) -> Overview:
    """Count as of the civil moment `now`; the trend ends with the newest capture."""
    verdicts = counts.by_verdict(tx)
    found = counts.by_type(tx)
    newest = trend.newest(tx)
    totals = summary(tx, today=civil_date(now))
    return Overview(
        summary=totals,
        verdicts=verdicts,
        findings=tuple(sorted(found.items(), key=lambda item: -item[1])),
        waiting=reviews.count_waiting(tx),
        days=tuple(trend.by_day(tx, until=civil_date(newest or now), days=TREND_DAYS)),
        funnel=_funnel(tx, verdicts, totals),
        districts=_districts(tx),
        newest=newest,
        gaps=tuple(gap for gap in gaps.gaps(tx) if gap.is_open),
        queues=backlogs(tx),
    )


def _funnel(tx: Connection, verdicts: dict[Verdict, int], totals: Summary) -> tuple[Step, ...]:
    by_state: dict[TicketState, int] = {}
    for row in totals.tickets_by_office:
        by_state[row.state] = by_state.get(row.state, 0) + row.count
    taken = sum(n for state, n in by_state.items() if state not in _UNTAKEN)
    # The canary's pages are ours; that they were kept says nothing of what is watched.
    watched = snapshots.c.source_id.is_distinct_from(canary.SOURCE)
    captures = tx.execute(select(func.count()).where(watched)).scalar_one()
    return (
        Step(title="采集", count=captures),
        Step(title="成文", count=sum(verdicts.values())),
        Step(title="有疑点", count=verdicts[Verdict.REVIEW] + verdicts[Verdict.CLUE]),
        Step(title="线索", count=totals.clues),
        Step(title="工单", count=totals.tickets),
        Step(title="已接办", count=taken),
        Step(title="已办结", count=sum(by_state.get(state, 0) for state in _ENDED)),
    )


def _districts(tx: Connection) -> tuple[District, ...]:
    clue, ticket = cases.clues, cases.tickets
    ended = ticket.c.state.in_([state.value for state in _ENDED])
    by_clue = _by_region(tx, select(clue.c.region, func.count()).group_by(clue.c.region))
    in_all = select(ticket.c.region, func.count()).group_by(ticket.c.region)
    by_ticket, by_end = _by_region(tx, in_all), _by_region(tx, in_all.where(ended))
    found = [
        District(
            region=region,
            clues=by_clue.get(region, 0),
            tickets=by_ticket.get(region, 0),
            ended=by_end.get(region, 0),
        )
        for region in by_clue.keys() | by_ticket.keys()
    ]
    return tuple(sorted(found, key=lambda d: (-d.clues, d.region)))


def _by_region(tx: Connection, counted: Select[*tuple[Any, ...]]) -> dict[str, int]:
    return {row.region: row[1] for row in tx.execute(counted)}
