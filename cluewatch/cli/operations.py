"""Commands for operators: serve, and the search index."""

from __future__ import annotations

import typer
import uvicorn
from rich.progress import Progress

from cluewatch.cli.output import err, out
from cluewatch.cli.wiring import open_services
from cluewatch.console.app import create_app
from cluewatch.projection import Projection
from cluewatch.workers import WorkerRole, worker_name
from documents import store as documents

index_app = typer.Typer(help="检索索引。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(serve)
    app.command("rebuild-index", hidden=True)(rebuild)


def serve() -> None:
    """启动控制台（默认只监听本机）。"""
    services = open_services()
    services.index.ensure()
    console = services.settings.console
    out.print(f"控制台：http://{console.host}:{console.port}")
    uvicorn.run(
        create_app(services),
        host=console.host,
        port=console.port,
        log_level="warning",
        server_header=False,
    )


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
