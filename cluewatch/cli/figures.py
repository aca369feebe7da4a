"""`cluewatch figures …`: tables, funnel, medians, rates; every number with its tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from attrs import evolve
from sqlalchemy import Connection

from cluewatch.cli.output import Exit, err, listing
from cluewatch.cli.wiring import open_services
from domain.errors import PermanentError
from storage.records import to_row
from tickets.calendar import civil_date
from tickets.control import campaigns, complaint_figures, figures
from tickets.control.complaint_figures import ComplaintDimension
from tickets.control.figures import Dimension, Figures, Slice

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
Since = Annotated[datetime | None, typer.Option(help="起始日", formats=["%Y-%m-%d"])]
Until = Annotated[datetime | None, typer.Option(help="截止日（含）", formats=["%Y-%m-%d"])]
Region = Annotated[str | None, typer.Option(help="区划（六位），含下级")]
CampaignNumber = Annotated[str | None, typer.Option("--campaign", help="专项行动编号")]

app = typer.Typer(
    help="统计：分组表、漏斗、办理时长与比率，每个数可列出工单。", no_args_is_help=True
)


@app.command("table")
def table(
    by: Annotated[Dimension, typer.Argument(help="分组")],
    *,
    since: Since = None,
    until: Until = None,
    region: Region = None,
    campaign: CampaignNumber = None,
    as_json: Json = False,
) -> None:
    """按机关、区划、类型、来源或月份统计。"""
    services = open_services()
    today = civil_date(services.clock.now())
    with services.truth.read() as tx:
        part = _slice(tx, since, until, region, campaign)
        read = Figures(tx, part, services.control.measures, today=today)
        found = read.table(by, services.control.measures.columns)
    rows = ({"key": row.key, **row.counts} for row in found)
    listing("统计", ("key", *services.control.measures.columns), rows, as_json=as_json)


@app.command("tickets")
def tickets(
    measure: Annotated[str, typer.Argument(help="指标，见 measures.yml")],
    *,
    by: Annotated[Dimension | None, typer.Option(help="分组，与 --key 同用")] = None,
    key: Annotated[str | None, typer.Option(help="组")] = None,
    since: Since = None,
    until: Until = None,
    region: Region = None,
    campaign: CampaignNumber = None,
    as_json: Json = False,
) -> None:
    """列出一个数背后的工单。"""
    if (by is None) != (key is None):
        err.print("--by 与 --key 须同时给出")
        raise typer.Exit(Exit.USAGE)
    services = open_services()
    today = civil_date(services.clock.now())
    with services.truth.read() as tx:
        part = _slice(tx, since, until, region, campaign)
        if by is not None and key is not None:
            part = evolve(part, key=(by, key))
        found = figures.lines(tx, services.control.measures.get(measure), part, today=today)
    columns = ("number", "office", "region", "types", "source", "at")
    listing("工单", columns, map(to_row, found), as_json=as_json)


@app.command("totals")
def totals(
    *,
    since: Since = None,
    until: Until = None,
    region: Region = None,
    campaign: CampaignNumber = None,
    as_json: Json = False,
) -> None:
    """漏斗、办理时长的中位数（天）与比率（%）。"""
    services = open_services()
    today = civil_date(services.clock.now())
    with services.truth.read() as tx:
        part = _slice(tx, since, until, region, campaign)
        found = Figures(tx, part, services.control.measures, today=today).overall()
    rows = [
        {"kind": "funnel", "title": services.control.measures.get(name).title, "value": count}
        for name, count in found.funnel.items()
    ]
    rows += [{"kind": "median_days", **to_row(one)} for one in found.spans]
    rows += [{"kind": "rate", **to_row(one)} for one in found.rates]
    listing("统计", ("kind", "title", "value", "of"), rows, as_json=as_json)


@app.command("complaints")
def complaints(
    by: Annotated[ComplaintDimension, typer.Argument(help="分组：年份、街镇、来源、状态")],
    region: Region = None,
    type: Annotated[
        list[str] | None, typer.Option(help="只计所立线索含此违法类型的，可重复")
    ] = None,
    as_json: Json = False,
) -> None:
    """投诉举报按年份或街镇统计，并列出编号。"""
    services = open_services()
    unknown = set(type or ()) - set(services.type_titles)
    if unknown:
        raise PermanentError(f"没有违法类型“{'、'.join(sorted(unknown))}”")
    with services.truth.read() as tx:
        found = complaint_figures.complaints(tx, by, region=region, types=type or ())
    rows = ({"key": row.key, "count": len(row.numbers), "numbers": row.numbers} for row in found)
    listing("投诉举报", ("key", "count", "numbers"), rows, as_json=as_json)


def _slice(
    tx: Connection,
    since: datetime | None,
    until: datetime | None,
    region: str | None,
    campaign: str | None,
) -> Slice:
    belongs = campaigns.belongs(campaigns.get(tx, campaign)) if campaign else None
    return Slice(
        since=since.date() if since else None,
        until=until.date() if until else None,
        region=region,
        belongs=belongs,
    )
