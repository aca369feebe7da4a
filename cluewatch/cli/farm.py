"""`cluewatch farm …`: the replica internet, and how well it was read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from cluewatch import demo as demonstration
from cluewatch import export, farm
from cluewatch.bootstrap import Services
from cluewatch.cli.output import Exit, emit_json, listing, out
from cluewatch.cli.progress import bars
from cluewatch.cli.wiring import open_services
from cluewatch.farm import Ports
from cluewatch.workers import stop_on_signal
from sitefarm import city as cities
from sitefarm import city_files
from sitefarm.plans import PlanName

Seed = Annotated[str, typer.Option(help="任意字符串；决定全部内容")]
Plan = Annotated[
    PlanName, typer.Option(help="city 演示所用站点；full 全部类型；mini 全部类型、小规模")
]
Port = Annotated[int, typer.Option(help="网站端口")]
AdminPort = Annotated[int, typer.Option(help="管理端口（本机）")]
Json = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象")]
_BARS = {"pages": "采集页面", "judged": "研判", "rendered": "渲染"}

app = typer.Typer(help="演示农场：仿真互联网与评分。", no_args_is_help=True)


@app.command()
def up(
    seed: Seed = "dev",
    plan: Plan = PlanName.CITY,
    directory: Annotated[Path, typer.Option(help="真值与日志目录")] = Path("var/farm"),
    port: Port = 8480,
    admin_port: AdminPort = 8481,
) -> None:
    """启动农场，直到 Ctrl-C。"""
    stop = stop_on_signal()
    ports = Ports(pages=port, admin=admin_port)
    with farm.running(seed=seed, plan=plan, directory=directory, ports=ports) as clock:
        out.print(f"农场 {seed} 运行中，真值在 {directory}，民用时钟 {clock}；Ctrl-C 停止。")
        stop.wait()


@app.command()
def play(
    *,
    seed: Seed = "dev",
    plan: Plan = PlanName.MINI,
    ticks: Annotated[int, typer.Option(min=1, max=2400, help="民用小时数")] = 240,
    port: Port = 8480,
    admin_port: AdminPort = 8481,
    as_json: Json = False,
) -> None:
    """让农场走过若干民用小时（默认十天），其间采集、渲染、研判，然后评分。"""
    ports = Ports(pages=port, admin=admin_port)
    with demonstration.prepared(seed=seed, plan=plan, ports=ports) as (services, directory):
        demonstration.load(services, directory)
        bars(_BARS, demonstration.play(services, timedelta(hours=ticks)))
        _print_score(services, directory, as_json=as_json)


@app.command()
def city(
    directory: Annotated[Path, typer.Argument(help="写入的目录")],
    seed: Annotated[str, typer.Option(help="任意字符串；决定全部内容")] = "dev",
    institutions: Annotated[int, typer.Option(min=100, max=200_000, help="机构数")] = 20_000,
    mentions: Annotated[int, typer.Option(min=12, max=200_000, help="页面提及数")] = 2_400,
) -> None:
    """生成一座虚构城市的登记名录（可用 register import 导入）及其真值。"""
    built = cities.build(seed=seed, institutions=institutions, mentions=mentions)
    city_files.write(built, directory)
    out.print(f"{len(built.today)} 家机构、{len(built.mentions)} 条提及，写入 {directory}。")


@app.command()
def score(
    directory: Annotated[Path, typer.Option(help="农场目录")] = Path("var/farm"),
    as_json: Json = False,
) -> None:
    """按农场真值与服务器日志评分；有门槛未过则退出码为 1。"""
    _print_score(open_services(), directory, as_json=as_json)


def _print_score(services: Services, directory: Path, *, as_json: bool) -> None:
    with services.truth.read() as tx:
        card = farm.scored(directory, export.all_rows(tx, services.policy_in_force(tx).grade))
    if as_json:
        emit_json(card)
    else:
        columns = ("metric", "n", "value", "ci", "gate", "pass")
        listing(f"农场 {card['seed']}", columns, card["rows"], as_json=False)
    if any(row["pass"] is False for row in card["rows"]):
        raise typer.Exit(Exit.PROBLEM)
