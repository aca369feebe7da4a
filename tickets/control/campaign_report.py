"""What a campaign has come to: figures by office, goals, and the report for a date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from attrs import evolve, frozen
from sqlalchemy import Connection

from domain.errors import IllegalMove
from storage.records import to_json
from storage.upsert import upsert
from tickets.calendar import civil_date
from tickets.control import campaigns, tables
from tickets.control.campaigns import Campaign, Goal
from tickets.control.figures import Dimension, Figures, Slice, TableRow
from tickets.control.measures import Measures


@frozen(kw_only=True)
class GoalReading:
    """A goal and how far it is; `value` None: nothing to divide by yet."""

    title: str
    at_least: float
    value: float | None

    @property
    def met(self) -> bool:
        """Whether it is reached."""
        return self.value is not None and self.value >= self.at_least


@frozen(kw_only=True)
class CampaignReport:
    """The figures of a campaign up to a day."""

    number: str
    title: str
    day: date
    stage: str
    totals: Mapping[str, int]
    by_office: tuple[TableRow, ...]
    goals: tuple[GoalReading, ...]


def part_of(campaign: Campaign, *, until: date | None = None, within: Slice | None = None) -> Slice:
    """The slice of a campaign's tickets, with what happened to them up to a day; `within` narrows
    it to a region or to what has reached some offices."""
    return evolve(within or Slice(), until=until, belongs=campaigns.belongs(campaign))


def report(
    tx: Connection,
    campaign: Campaign,
    measures: Measures,
    *,
    day: date,
    within: Slice | None = None,
) -> CampaignReport:
    """The figures as of the end of `day`."""
    part = part_of(campaign, until=day, within=within)
    names = tuple(measures.measures)
    read = Figures(tx, part, measures, today=day)
    return CampaignReport(
        number=campaign.number,
        title=campaign.terms.title,
        day=day,
        stage=campaign.stage(day),
        totals=read.totals(names),
        by_office=read.table(Dimension.OFFICE, names),
        goals=tuple(_goal(goal, read, measures) for goal in campaign.terms.goals),
    )


def file_report(
    tx: Connection,
    campaign: Campaign,
    measures: Measures,
    *,
    due: date,
    actor: str,
    at: datetime,
) -> CampaignReport:
    """Hand in the report of one of the report dates; handed in anew, it replaces the earlier one.
    Raises IllegalMove for another day."""
    if due not in campaign.terms.reports:
        raise IllegalMove(f"{due} 不是报告日", at=campaign.number)
    made = report(tx, campaign, measures, day=min(due, civil_date(at)))
    table = tables.campaign_reports
    values = {"record": to_json(made), "actor": actor, "at": at}
    row = upsert(tx, table).values(campaign_id=campaign.id, due=due, **values)
    tx.execute(
        row.on_conflict_do_update(index_elements=[table.c.campaign_id, table.c.due], set_=values)
    )
    return made


def _goal(goal: Goal, read: Figures, measures: Measures) -> GoalReading:
    if goal.measure:
        title, value = measures.get(goal.measure).title, read.totals([goal.measure])[goal.measure]
        return GoalReading(title=title, at_least=goal.at_least, value=value)
    rate = read.rate(goal.rate)
    return GoalReading(title=rate.title, at_least=goal.at_least, value=rate.value)
