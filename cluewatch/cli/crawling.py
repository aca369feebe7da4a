"""Commands about the crawl: why."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from cluewatch.cli.output import emit_json, listing, out
from cluewatch.cli.wiring import open_services
from crawlers import source_store
from crawlers.explanation import Explanation, explain
from crawlers.frontier import pace
from storage.records import to_plain

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(why)


def why(
    url: Annotated[str, typer.Argument(help="网址")],
    as_json: Json = False,
) -> None:
    """说明一个网址为何采集、为何还没采、受何规则约束、下次何时。"""
    services = open_services()
    with services.truth.read() as tx:
        sources = {source.id: source for source in source_store.all(tx)}
    with services.frontier.read() as tx:
        told = explain(tx, url, sources=sources, egress=services.egress, now=services.clock.now())
    if as_json:
        emit_json(to_plain(told))
    else:
        _print(told)


def _print(told: Explanation) -> None:
    report, moment = told.report, told.next_visit
    out.print(f"[bold]{escape(report.url)}[/bold]")
    out.print(f"为何采集：{told.fetched}", markup=False)
    out.print(f"复查依据：{report.reason}", markup=False)
    for hold in told.holds:
        until = f"至 {pace.in_words(hold.until)}" if hold.until else "须人工处理"
        out.print(f"为何未采：{hold.text}（{until}）", markup=False)
    when = pace.in_words(moment) if moment else "不会自动采集"
    out.print(f"下次采集：{when}", markup=False)
    rows = (
        {
            "时间": pace.in_words(visit.at),
            "结果": visit.outcome.value,
            "变更": "是" if visit.changed else "",
        }
        for visit in report.history
    )
    listing("采集经过", ("时间", "结果", "变更"), rows, as_json=False)
