"""Figures (统计): every number is a set of tickets, found by one query and counted or listed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen
from sqlalchemy import ColumnElement, Connection, Row, Table, and_, select

from domain.divisions import division_prefix
from domain.tickets import OfficeRole, TicketState
from tickets import outcome_tables, tables
from tickets.control.measures import Measure, Measures, Origin, Rate, Span
from tickets.visibility import reached

CHINA = ZoneInfo("Asia/Shanghai")
_STOPPED = (TicketState.SUSPENDED.value, TicketState.RECALLED.value)
_SECONDS_A_DAY = 86_400


class Dimension(StrEnum):
    """By what tickets are told apart. A ticket counts under each of its types."""

    OFFICE = "office"
    DISTRICT = "district"
    TYPE = "type"
    SOURCE = "source"
    MONTH = "month"


@frozen(kw_only=True)
class Slice:
    """Which tickets and which days, both ends included; None leaves a field open. `offices` limits
    to what has reached them, `belongs` to a campaign's tickets."""

    since: date | None = None
    until: date | None = None
    region: str | None = None
    offices: frozenset[str] | None = None
    belongs: ColumnElement[bool] | None = field(default=None, eq=False)
    key: tuple[Dimension, str] | None = None


@frozen(kw_only=True)
class Line:
    """A ticket as a figure counts it; `at` is the first moment within the slice that made it
    count."""

    id: str
    number: str
    subject_id: str
    region: str
    types: tuple[str, ...]
    office: str
    source: Origin
    at: datetime

    def keys(self, dimension: Dimension) -> tuple[str, ...]:
        """The rows of a table that the ticket counts in."""
        match dimension:
            case Dimension.OFFICE:
                return (self.office,)
            case Dimension.DISTRICT:
                return (self.region,)
            case Dimension.TYPE:
                return self.types
            case Dimension.SOURCE:
                return (self.source.value,)
            case Dimension.MONTH:
                return (self.at.astimezone(CHINA).strftime("%Y-%m"),)


@frozen(kw_only=True)
class TableRow:
    """One row of a table: the key, and the count of each measure."""

    key: str
    counts: Mapping[str, int]


@frozen(kw_only=True)
class Reading:
    """A rate or a span read from a slice: `value` in percent or days, None where there is nothing
    to divide or to measure; `of` is the number of tickets behind it."""

    name: str
    title: str
    value: float | None
    of: int


@frozen(kw_only=True)
class Overall:
    """A slice as a whole: how far its cases came, how long that took, and the plans' rates."""

    funnel: Mapping[str, int]
    spans: tuple[Reading, ...]
    rates: tuple[Reading, ...]


def lines(tx: Connection, measure: Measure, part: Slice, *, today: date) -> tuple[Line, ...]:
    """The tickets of a measure within a slice, by number. A count is the length of this."""
    found: dict[str, Line] = {}
    for row in _rows(tx, measure, part, today):
        line = _line(row)
        if line.id in found and found[line.id].at <= line.at:
            continue
        found[line.id] = line
    origins = measure.sources or tuple(Origin)
    wanted = [line for line in found.values() if line.source in origins]
    if part.key is not None:
        dimension, key = part.key
        wanted = [line for line in wanted if key in line.keys(dimension)]
    return tuple(sorted(wanted, key=lambda line: line.number))


class Figures:
    """What a slice comes to under a set of measures. Each measure is read once, however many
    tables and rates it stands in."""

    def __init__(self, tx: Connection, part: Slice, measures: Measures, *, today: date) -> None:
        self._tx = tx
        self._part = part
        self._measures = measures
        self._today = today
        self._read: dict[tuple[str, date | None], tuple[Line, ...]] = {}

    def table(self, dimension: Dimension, names: Sequence[str]) -> tuple[TableRow, ...]:
        """How many tickets of each named measure fall under each key, in the order of the keys."""
        counts: dict[str, dict[str, int]] = {}
        for name in names:
            for line in self._lines(name, self._part):
                for key in line.keys(dimension):
                    row = counts.setdefault(key, dict.fromkeys(names, 0))
                    row[name] += 1
        return tuple(TableRow(key=key, counts=counts[key]) for key in sorted(counts))

    def totals(self, names: Sequence[str]) -> dict[str, int]:
        """How many tickets each named measure has."""
        return {name: len(self._lines(name, self._part)) for name in names}

    def overall(self) -> Overall:
        """Funnel, medians and rates."""
        return Overall(
            funnel=self.totals(self._measures.funnel),
            spans=tuple(map(self.span, self._measures.spans)),
            rates=tuple(map(self.rate, self._measures.rates)),
        )

    def rate(self, name: str) -> Reading:
        """A rate: tickets of the whole that are in the part as well."""
        rule: Rate = self._measures.rates[name]
        whole = _ids(self._lines(rule.whole, self._part))
        hit = whole & _ids(self._lines(rule.part, self._part))
        value = round(100 * len(hit) / len(whole), 1) if whole else None
        return Reading(name=name, title=rule.title, value=value, of=len(whole))

    def span(self, name: str) -> Reading:
        """The median of days between two measures, over tickets that came to the second in the
        slice after the first, whenever that was."""
        rule: Span = self._measures.spans[name]
        before = evolve(self._part, since=None)
        began = {line.id: line.at for line in self._lines(rule.since, before)}
        days = [
            (line.at - began[line.id]).total_seconds() / _SECONDS_A_DAY
            for line in self._lines(rule.until, self._part)
            if line.id in began and line.at >= began[line.id]
        ]
        value = round(median(days), 1) if days else None
        return Reading(name=name, title=rule.title, value=value, of=len(days))

    def _lines(self, name: str, part: Slice) -> tuple[Line, ...]:
        key = name, part.since
        if key not in self._read:
            measure = self._measures.get(name)
            self._read[key] = lines(self._tx, measure, part, today=self._today)
        return self._read[key]


def _ids(found: Collection[Line]) -> frozenset[str]:
    return frozenset(line.id for line in found)


def _line(row: Row[Any]) -> Line:
    return Line(
        id=row.id,
        number=row.number,
        subject_id=row.subject_id,
        region=row.region,
        types=tuple(json.loads(row.types)),
        office=row.office,
        source=Origin.COMPLAINT if row.complained else Origin.WATCH,
        at=row.at,
    )


def _rows(tx: Connection, measure: Measure, part: Slice, today: date) -> Sequence[Row[Any]]:
    ticket, lead, told = tables.tickets, tables.assignments, tables.complaints
    complained = select(told.c.id).where(told.c.clue_id == ticket.c.clue_id).exists()
    columns = (ticket.c.id, ticket.c.number, ticket.c.subject_id, ticket.c.region, ticket.c.types)
    happened = _happened(measure, part, today)
    query = (
        select(*columns, lead.c.office, complained.label("complained"), happened.at.label("at"))
        .join(lead, and_(lead.c.ticket_id == ticket.c.id, lead.c.role == OfficeRole.LEAD.value))
        .where(*happened.conditions, *_conditions(part))
    )
    if happened.place is not None:
        query = query.join(happened.place, happened.place.c[happened.owner] == ticket.c.id)
    if measure.families:
        query = query.where(ticket.c.family.in_([family.value for family in measure.families]))
    return tx.execute(query).all()


@frozen(kw_only=True)
class _Happening:
    """Where a measure reads what happened to a ticket, and when; `place` None: in its own row."""

    at: ColumnElement[datetime]
    conditions: tuple[ColumnElement[bool], ...]
    place: Table | None = None
    owner: str = ""


def _happened(measure: Measure, part: Slice, today: date) -> _Happening:
    ticket, event, clock = tables.tickets, tables.ticket_events, tables.deadlines
    said = outcome_tables.outcomes
    if measure.moves:
        made = [event.c.move.in_([move.value for move in measure.moves])]
        if measure.states:
            made.append(event.c.state.in_([state.value for state in measure.states]))
        return _Happening(
            place=event,
            owner="owner_id",
            at=event.c.at,
            conditions=(*made, *_within(event.c.at, part)),
        )
    if measure.outcomes or measure.bearings:
        fits = said.c.code.in_(measure.outcomes) | said.c.bearing.in_(
            [bearing.value for bearing in measure.bearings]
        )
        return _Happening(
            place=said,
            owner="ticket_id",
            at=said.c.at,
            conditions=(fits, *_within(said.c.at, part)),
        )
    if measure.overdue:
        late = (clock.c.ended.is_(None), clock.c.due < today, ticket.c.state.not_in(_STOPPED))
        return _Happening(place=clock, owner="ticket_id", at=ticket.c.created_at, conditions=late)
    return _Happening(at=ticket.c.created_at, conditions=tuple(_within(ticket.c.created_at, part)))


def _within(moment: ColumnElement[Any], part: Slice) -> list[ColumnElement[bool]]:
    """Days are civil days in China."""
    found = []
    if part.since is not None:
        found.append(moment >= datetime.combine(part.since, time(), CHINA))
    if part.until is not None:
        found.append(moment < datetime.combine(part.until + timedelta(days=1), time(), CHINA))
    return found


def _conditions(part: Slice) -> list[ColumnElement[bool]]:
    found = []
    if part.region is not None:
        found.append(tables.tickets.c.region.startswith(division_prefix(part.region)))
    if part.offices is not None:
        found.append(reached(part.offices))
    if part.belongs is not None:
        found.append(part.belongs)
    return found
