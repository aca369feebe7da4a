"""Commands for operators: serve, status, and the search index."""

from __future__ import annotations

from typing import Annotated

import typer
import uvicorn
from rich.progress import Progress

from cluewatch import health, logs
from cluewatch.cli.output import Exit, emit_json, err, listing, out
from cluewatch.cli.wiring import open_services
from cluewatch.console.app import create_app
from cluewatch.projection import Projection
from cluewatch.workers import WorkerRole, worker_name
from documents import store as documents
from storage.records import to_plain

Json = Annotated[bool, typer.Option("--json", help="输出 JSON 对象")]
_STATES = {"running": "运行", "restarting": "等待重启", "ended": "已结束"}

index_app = typer.Typer(help="检索索引。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(serve)
    app.command()(status)
    app.command("rebuild-index", hidden=True)(rebuild)


def serve() -> None:
    """启动控制台（默认只监听本机）。"""
    services = open_services()
    services.index.ensure()
    logs.keep(services.settings, "console")
    console = services.settings.console
    out.print(f"控制台：http://{console.host}:{console.port}")
    uvicorn.run(
        create_app(services),
        host=console.host,
        port=console.port,
        log_config=None,  # its lines go where all others go
        access_log=False,  # the console tells of requests itself, with their ids
        server_header=False,
    )


def status(as_json: Json = False) -> None:
    """运行状况：进程、队列、抓取、暂停与熔断；有问题时退出码为 1。"""
    services = open_services()
    found = health.status(services, now=services.clock.now())
    if as_json:
        emit_json(to_plain(found))
    else:
        _print_status(found)
    if found.problems:
        raise typer.Exit(Exit.PROBLEM)


def _print_status(found: health.Status) -> None:
    processes = (
        {
            "进程": worker.role,
            "PID": worker.pid,
            "状态": _STATES[worker.state],
            "重启": worker.deaths,
            "已运行": f"{worker.seconds:.0f} 秒",
        }
        for worker in found.workers
    )
    listing("进程", ("进程", "PID", "状态", "重启", "已运行"), processes, as_json=False)
    queues = ({"队列": name, **depth} for name, depth in found.queues.items())
    listing("队列", ("队列", "ready", "leased", "done", "parked"), queues, as_json=False)
    frontier = found.frontier
    out.print(f"网址 {frontier.urls}，到期 {frontier.due}，采集中 {frontier.taken}")
    out.print(f"覆盖缺口 {found.open_gaps}，熔断主机：{'、'.join(found.open_breakers) or '无'}")
    out.print(f"暂停：{'、'.join(stop.place for stop in found.pauses) or '无'}")
    for problem in found.problems:
        err.print(f"[red]问题：[/red]{problem}")


@index_app.command()
def rebuild() -> None:
    """重建检索索引：新索引建成之前旧索引照常应答，建成即切换；答案应与之前相同。"""
    services = open_services()
    with services.truth.read() as tx:
        total = documents.count(tx)
    with Progress(console=err) as progress:
        task = progress.add_task("重建索引", total=total)
        projection = Projection(services, owner=worker_name(WorkerRole.PROCESS))
        done = projection.rebuild(lambda count: progress.update(task, completed=count))
    out.print(f"已重建 {done} 篇。")
