"""`cluewatch campaign …`: 专项行动 from their file to their report."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cluewatch.cli.output import Exit, emit_json, listing, out
from cluewatch.cli.wiring import open_services
from storage.records import to_row
from tickets import ledger
from tickets.calendar import civil_date
from tickets.control import campaign_report, campaigns, figures

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
Number = Annotated[str, typer.Argument(help="专项行动编号")]
Actor = Annotated[str, typer.Option(help="经办人")]
ACTOR = "cli"

app = typer.Typer(help="专项行动：登记、列出、查看、调整工单、报告。", no_args_is_help=True)


@app.command("open")
def open_one(
    path: Annotated[Path, typer.Argument(help="行动方案（YAML），写法见 docs/control.md")],
    actor: Actor = ACTOR,
) -> None:
    """按方案文件登记一项专项行动。"""
    services = open_services()
    terms = campaigns.load_terms(path, desk=services.desk, measures=services.control.measures)
    with services.truth.write() as tx:
        made = campaigns.open_campaign(
            tx, terms, actor=actor, at=services.clock.now(), ids=services.ids
        )
    out.print(f"{made.number}：{made.terms.title}", markup=False)


@app.command("list")
def list_campaigns(as_json: Json = False) -> None:
    """列出专项行动、所处阶段和逾期未交的报告；有逾期的退出码为 1。"""
    services = open_services()
    at = services.clock.now()
    with services.truth.read() as tx:
        rows = [
            {
                **one.terms.model_dump(mode="json"),
                "number": one.number,
                "stage": one.stage(civil_date(at)),
                "late": [str(day) for day in campaigns.late_reports(tx, one, at=at)],
            }
            for one in campaigns.every(tx)
        ]
    columns = ("number", "title", "lead", "stage", "since", "until", "late")
    listing("专项行动", columns, rows, as_json=as_json)
    if any(row["late"] for row in rows):
        raise typer.Exit(Exit.PROBLEM)


@app.command()
def show(number: Number, as_json: Json = False) -> None:
    """一项专项行动的工单。"""
    services = open_services()
    day = civil_date(services.clock.now())
    with services.truth.read() as tx:
        part = campaign_report.part_of(campaigns.get(tx, number))
        found = figures.lines(tx, services.control.measures.get("opened"), part, today=day)
    columns = ("number", "office", "region", "types", "source", "at")
    listing("工单", columns, map(to_row, found), as_json=as_json)


@app.command()
def place(
    number: Number,
    reference: Annotated[str, typer.Argument(help="工单编号")],
    reason: Annotated[str, typer.Option(help="理由")],
    inside: Annotated[bool, typer.Option("--in/--out", help="列入或移出")] = True,
    actor: Actor = ACTOR,
) -> None:
    """人工把一张工单列入专项行动，或移出（--out）。"""
    services = open_services()
    with services.truth.write() as tx:
        campaign, ticket = campaigns.get(tx, number), ledger.get(tx, reference)
        campaigns.place(
            tx,
            campaign,
            ticket,
            inside=inside,
            reason=reason,
            actor=actor,
            at=services.clock.now(),
        )
    out.print(
        f"{ticket.number} 已{'列入' if inside else '移出'}“{campaign.terms.title}”", markup=False
    )


@app.command()
def report(
    number: Number,
    *,
    due: Annotated[
        datetime | None, typer.Option(help="提交这一报告日的报告", formats=["%Y-%m-%d"])
    ] = None,
    actor: Actor = ACTOR,
    as_json: Json = False,
) -> None:
    """截至今日的数字与目标；--due 按报告日提交并留存。"""
    services = open_services()
    at, measures = services.clock.now(), services.control.measures
    with services.truth.write() as tx:
        campaign = campaigns.get(tx, number)
        if due is None:
            made = campaign_report.report(tx, campaign, measures, day=civil_date(at))
        else:
            made = campaign_report.file_report(
                tx, campaign, measures, due=due.date(), actor=actor, at=at
            )
    if as_json:
        emit_json(to_row(made))
        return
    out.print(f"{made.number} {made.title}（{made.stage}，截至 {made.day}）", markup=False)
    totals = {measures.get(name).title: count for name, count in made.totals.items() if count}
    out.print("，".join(f"{title} {count}" for title, count in totals.items()), markup=False)
    for goal in made.goals:
        state = "达到" if goal.met else "未达到"
        out.print(f"  {goal.title} {goal.value}/{goal.at_least}：{state}", markup=False)
