"""Campaigns (专项行动): who leads, what falls under them, and which tickets do."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Self

from attrs import frozen
from pydantic import Field, model_validator
from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from domain.divisions import division_prefix
from domain.errors import ConfigError, NotFound
from domain.ports import Ids
from domain.tickets import Ticket
from storage import datafiles
from storage.datafiles import DataFile, Strict
from storage.upsert import upsert
from tickets import tables as cases
from tickets.calendar import civil_date
from tickets.control import tables
from tickets.control.figures import CHINA
from tickets.control.measures import Measures
from tickets.desk import Desk
from tickets.numbers import CAMPAIGN_SERIES, next_number


class Stage(Strict):
    """A stage, both days included."""

    title: str = Field(min_length=1, max_length=60)
    since: date
    until: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until < self.since:
            raise ValueError("结束日早于开始日")
        return self


class Goal(Strict):
    """What is to be reached by the end: at least so many tickets of a measure, or percent of a
    rate."""

    measure: str = ""
    rate: str = ""
    at_least: float = Field(gt=0)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if bool(self.measure) == bool(self.rate):
            raise ValueError("须且只能有 measure、rate 之一")
        return self


class Terms(Strict):
    """A campaign as its file defines it. No `types` means every type, no `region` every place."""

    title: str = Field(min_length=2, max_length=200)
    lead: str
    members: tuple[str, ...] = ()
    since: date
    until: date
    region: str = Field(default="", pattern=r"^(\d{6})?$")
    types: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    goals: tuple[Goal, ...] = ()
    reports: tuple[date, ...] = ()


@frozen(kw_only=True)
class Campaign:
    """A campaign that runs or ran."""

    id: str
    number: str
    terms: Terms
    opened_at: datetime
    opened_by: str

    def stage(self, day: date) -> str:
        """The stage on that day, in words."""
        if day < self.terms.since:
            return "未开始"
        if day > self.terms.until:
            return "已结束"
        stages = (s.title for s in self.terms.stages if s.since <= day <= s.until)
        return next(stages, "进行中")


def load_terms(path: Path, *, desk: Desk, measures: Measures) -> Terms:
    """The terms of a file. Raises ConfigError (file:line) for unknown offices, types, measures, or
    days outside the campaign."""
    data = datafiles.read(path)
    terms = data.validated(Terms)
    _prove_days(terms, data)
    known_offices = {office.id for office in desk.offices.all}
    for place, office in (("lead", terms.lead), *(("members", one) for one in terms.members)):
        if office not in known_offices:
            raise ConfigError(f"没有机关“{office}”", at=data.at(place))
    for index, slug in enumerate(terms.types):
        if slug not in desk.routes.types:
            raise ConfigError(f"没有违法类型“{slug}”", at=data.at("types", index))
    for index, goal in enumerate(terms.goals):
        name = goal.measure or goal.rate
        if name not in (measures.measures if goal.measure else measures.rates):
            raise ConfigError(f"没有指标“{name}”", at=data.at("goals", index))
    return terms


def open_campaign(tx: Connection, terms: Terms, *, actor: str, at: datetime, ids: Ids) -> Campaign:
    """Start a campaign; it gets its number."""
    campaign_id = ids.new()
    tx.execute(
        tables.campaigns.insert().values(
            id=campaign_id,
            number=next_number(tx, series=CAMPAIGN_SERIES, region=terms.region, at=at),
            title=terms.title,
            since=terms.since,
            until=terms.until,
            record=terms.model_dump_json(),
            opened_at=at,
            opened_by=actor,
        )
    )
    return get(tx, campaign_id)


def get(tx: Connection, reference: str) -> Campaign:
    """The campaign with this id or number. Raises NotFound."""
    table = tables.campaigns
    row = tx.execute(
        select(table).where(or_(table.c.id == reference, table.c.number == reference))
    ).one_or_none()
    if row is None:
        raise NotFound(f"没有专项行动 {reference}")
    return _campaign(row)


def every(tx: Connection) -> tuple[Campaign, ...]:
    """All campaigns, the newest first."""
    rows = tx.execute(select(tables.campaigns).order_by(tables.campaigns.c.id.desc()))
    return tuple(_campaign(row) for row in rows)


def place(
    tx: Connection,
    campaign: Campaign,
    ticket: Ticket,
    *,
    inside: bool,
    reason: str,
    actor: str,
    at: datetime,
) -> None:
    """A person takes a ticket in, or leaves it out, whatever the terms say."""
    table = tables.campaign_tickets
    values = {"inside": inside, "reason": reason, "actor": actor, "at": at}
    row = upsert(tx, table).values(campaign_id=campaign.id, ticket_id=ticket.id, **values)
    keys = [table.c.campaign_id, table.c.ticket_id]
    tx.execute(row.on_conflict_do_update(index_elements=keys, set_=values))


def belongs(campaign: Campaign) -> ColumnElement[bool]:
    """The condition on `tickets` that they belong to a campaign: by its terms (type × region ×
    the day they were made), or by hand."""
    ticket, by_hand, terms = cases.tickets, tables.campaign_tickets, campaign.terms
    placed = select(by_hand.c.ticket_id).where(by_hand.c.campaign_id == campaign.id)
    begin = datetime.combine(terms.since, time(), CHINA)
    end = datetime.combine(terms.until + timedelta(days=1), time(), CHINA)
    by_terms = [ticket.c.created_at >= begin, ticket.c.created_at < end]
    if terms.types:
        carried = (ticket.c.types.contains(f'"{slug}"', autoescape=True) for slug in terms.types)
        by_terms.append(or_(*carried))
    if terms.region:
        by_terms.append(ticket.c.region.startswith(division_prefix(terms.region)))
    return or_(
        ticket.c.id.in_(placed.where(by_hand.c.inside)),
        and_(*by_terms, ticket.c.id.not_in(placed)),
    )


def of_ticket(tx: Connection, ticket_id: str) -> tuple[Campaign, ...]:
    """The campaigns that a ticket belongs to, the newest first."""
    ticket = cases.tickets
    return tuple(
        campaign
        for campaign in every(tx)
        if tx.execute(
            select(ticket.c.id).where(ticket.c.id == ticket_id, belongs(campaign))
        ).first()
    )


def late_reports(tx: Connection, campaign: Campaign, *, at: datetime) -> tuple[date, ...]:
    """Report dates that have passed without a report."""
    table = tables.campaign_reports
    filed = set(tx.execute(select(table.c.due).where(table.c.campaign_id == campaign.id)).scalars())
    today = civil_date(at)
    return tuple(due for due in campaign.terms.reports if due < today and due not in filed)


def _prove_days(terms: Terms, data: DataFile) -> None:
    if terms.until < terms.since:
        raise ConfigError("结束日早于开始日", at=data.at("until"))
    for index, stage in enumerate(terms.stages):
        if not (terms.since <= stage.since and stage.until <= terms.until):
            raise ConfigError("阶段在行动期限之外", at=data.at("stages", index))


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(
        id=row.id,
        number=row.number,
        terms=Terms.model_validate_json(row.record),
        opened_at=row.opened_at,
        opened_by=row.opened_by,
    )
