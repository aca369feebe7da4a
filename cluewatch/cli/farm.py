"""`cluewatch farm …`: the replica internet, and how well it was read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cluewatch import export, farm
from cluewatch.cli.output import Exit, emit_json, listing, out
from cluewatch.cli.wiring import open_services
from cluewatch.farm import Ports
from cluewatch.workers import stop_on_signal
from sitefarm import city as cities
from sitefarm import city_files

app = typer.Typer(help="演示农场：仿真互联网与评分。", no_args_is_help=True)


@app.command()
def up(
    seed: Annotated[str, typer.Option(help="任意字符串；决定全部内容")] = "dev",
    directory: Annotated[Path, typer.Option(help="真值与日志目录")] = Path("var/farm"),
    port: Annotated[int, typer.Option(help="网站端口")] = 8480,
    admin_port: Annotated[int, typer.Option(help="管理端口（本机）")] = 8481,
) -> None:
    """启动农场，直到 Ctrl-C。"""
    stop = stop_on_signal()
    ports = Ports(pages=port, admin=admin_port)
    with farm.running(seed=seed, directory=directory, ports=ports) as clock:
        out.print(f"农场 {seed} 运行中，真值在 {directory}，民用时钟 {clock}；Ctrl-C 停止。")
        stop.wait()


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
    as_json: Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象")] = False,
) -> None:
    """按农场真值与服务器日志评分；有门槛未过则退出码为 1。"""
    services = open_services()
    with services.truth.read() as tx:
        card = farm.scored(directory, export.all_rows(tx, services.judge_in_force.policy.grade))
    if as_json:
        emit_json(card)
    else:
        columns = ("metric", "n", "value", "ci", "gate", "pass")
        listing(f"农场 {card['seed']}", columns, card["rows"], as_json=False)
    if any(row["pass"] is False for row in card["rows"]):
        raise typer.Exit(Exit.PROBLEM)
