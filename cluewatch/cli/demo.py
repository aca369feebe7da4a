"""`cluewatch demo`: the whole way on the replica internet, with the score at the end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cluewatch import demo as demonstration
from cluewatch import export, farm
from cluewatch.bootstrap import Services
from cluewatch.cli import operations
from cluewatch.cli.output import Exit, out
from cluewatch.cli.progress import bars
from cluewatch.farm import Ports
from crawlers.frontier import reports as frontier
from documents import counts
from tickets.calendar import civil_date
from tickets.summary import summary

_BARS = {
    "pages": "采集页面",
    "judged": "研判",
    "pictures": "识图",
    "indexed": "索引",
    "sealed": "固证",
    "delivered": "移送",
}


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(demo)


def demo(
    seed: Annotated[str, typer.Option(help="农场种子")] = "dev",
    serve: Annotated[bool, typer.Option(help="结束后保持控制台运行")] = True,
    port: Annotated[int, typer.Option(help="农场网站端口")] = 8480,
    admin_port: Annotated[int, typer.Option(help="农场管理端口（本机）")] = 8481,
) -> None:
    """在仿真互联网上走完全程：采集、存证、研判、索引、线索、工单，并打开控制台。"""
    started = time.monotonic()
    ports = Ports(pages=port, admin=admin_port)
    with demonstration.prepared(seed=seed, ports=ports) as (services, directory):
        demonstration.load(services, directory)
        bars(_BARS, demonstration.watch(services))
        passed = _print_summary(services, directory)
        out.print(f"用时 {time.monotonic() - started:.0f} 秒；全部状态在 {services.settings.home}")
        password = demonstration.open_account(services)
        if not serve:
            if not passed:
                raise typer.Exit(Exit.PROBLEM)
            return
        if password is not None:
            out.print(
                f"用户名 [bold]{demonstration.USER}[/bold]，一次性密码 [bold]{password}[/bold]"
            )
        operations.serve()


def _print_summary(services: Services, directory: Path) -> bool:
    """The table of what was seen and concluded; true when every gate of the score is passed."""
    with services.frontier.read() as tx:
        pages = frontier.counts(tx, now=services.clock.now())
    with services.truth.read() as tx:
        cases = summary(tx, today=civil_date(services.clock.now()))
        verdicts = counts.by_verdict(tx)
        findings = counts.by_type(tx)
        card = farm.scored(directory, export.all_rows(tx, services.policy_in_force(tx).grade))
    titles = services.type_titles
    offices = {office.id: office.name for office in services.desk.offices.all}
    table = Table(title="仿真互联网，一次全程", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column()
    table.add_column(justify="right")
    for outcome, count in sorted(pages.outcomes.items(), key=lambda item: -item[1]):
        table.add_row("页面", outcome, str(count))
    for verdict, count in verdicts.items():
        table.add_row("判定", verdict.value, str(count))
    for slug, count in sorted(findings.items(), key=lambda item: -item[1]):
        table.add_row("发现", titles.get(slug, slug), str(count))
    table.add_row("线索", "", str(cases.clues))
    for row in cases.tickets_by_office:
        table.add_row(
            "工单", f"{offices.get(row.office, row.office)} · {row.state}", str(row.count)
        )
    for metric in card["rows"]:
        if metric["gate"] is not None:
            mark = "✓" if metric["pass"] else "✗"
            title = f"{metric['metric']}（门槛 {metric['gate']}）"
            table.add_row("评分", title, f"{metric['value']} {mark}")
    out.print(table)
    return all(metric["pass"] is not False for metric in card["rows"])
