"""Commands that bring pages in and work them: import, run, process."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from cluewatch import intake, logs, workers
from cluewatch.cli.output import Exit, err, out
from cluewatch.cli.progress import print_results, spinner
from cluewatch.cli.wiring import open_services
from cluewatch.intake import Imported
from cluewatch.results import result_of
from cluewatch.supervisor import Supervisor
from cluewatch.workers import WorkerRole
from crawlers.importers import ImportOptions, write_results
from domain.errors import PermanentError

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
_BEIJING = ZoneInfo("Asia/Shanghai")


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("import")(import_files)
    app.command()(run)
    app.command()(process)
    app.command(hidden=True)(work)


def import_files(  # noqa: PLR0917 - typer reads positional parameters
    files: Annotated[
        list[Path],
        typer.Argument(help="网页存档、HAR、WARC、订阅、平台数据、网址表或投诉表", exists=True),
    ],
    url: Annotated[str | None, typer.Option(help="单个网页文件的原网址")] = None,
    base_url: Annotated[str | None, typer.Option(help="文件名之前的网址前缀")] = None,
    captured_at: Annotated[str | None, typer.Option(help="采集时间（ISO 格式）")] = None,
    sidecar: Annotated[
        Path | None, typer.Option(help="CSV：file,url,captured_at", exists=True, dir_okay=False)
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option(help="投诉表的列对应（YAML：text、name、url…）", exists=True, dir_okay=False),
    ] = None,
    write_back: Annotated[
        bool,
        typer.Option("--write-back/--no-write-back", help="把每行的结果写回表格的“导入结果”列"),
    ] = True,
    as_json: Json = False,
) -> None:
    """导入他人保存的网页、名单与投诉，走与采集相同的存证与研判流程。"""
    services = open_services()
    moment = _moment(captured_at)
    options = ImportOptions(
        url=url, base_url=base_url, captured_at=moment, sidecar=sidecar, mapping=mapping
    )
    imported: list[Imported] = []
    with services.evidence_writer("import") as writer, spinner("导入"):
        for path in files:
            imported.extend(intake.import_file(services, writer, path, options))
    if write_back:
        _write_back(files, imported)
    with spinner("研判"):
        workers.drain(workers.all_steps(services))
    with services.truth.read() as tx:
        found = [result_of(tx, item) for item in imported]
    print_results(found, as_json=as_json)
    if not found or any(not result.readable for result in found):
        raise typer.Exit(Exit.PARTLY)


def _write_back(files: list[Path], imported: list[Imported]) -> None:
    """The pages are kept whether or not a sheet can be written, so that is said and no more."""
    for path in dict.fromkeys(files):
        try:
            written = write_results(path, [i.record for i in imported if i.file == path])
        except PermanentError as error:
            err.print(str(error), markup=False)
            continue
        if written is not None:
            err.print(f"每行的结果已写入 {written.name}", markup=False)


def run(
    *,
    crawlers: Annotated[int, typer.Option(min=0, help="采集进程数")] = 1,
    processors: Annotated[int, typer.Option(min=0, help="研判进程数")] = 1,
    sealers: Annotated[int, typer.Option(min=0, help="固证进程数")] = 1,
    renderers: Annotated[int, typer.Option(min=0, help="渲染进程数，每个进程一个浏览器")] = 1,
    readers: Annotated[int, typer.Option(min=0, help="识图进程数")] = 1,
    watchers: Annotated[int, typer.Option(min=0, max=1, help="自检与告警进程数")] = 1,
) -> None:
    """持续运行：采集、研判、固证、移送，直到 Ctrl-C。"""
    services = open_services()
    logs.keep(services.settings, "run")
    stop = workers.stop_on_signal()
    wanted = {
        WorkerRole.CRAWL: crawlers,
        WorkerRole.PROCESS: processors,
        WorkerRole.SEAL: sealers,
        WorkerRole.RENDER: renderers,
        WorkerRole.PICTURE: readers,
        WorkerRole.WATCH: watchers,
    }
    with Supervisor(logs=services.settings.path("logs")) as supervisor:
        for role, number in wanted.items():
            for _ in range(number):
                supervisor.start(role)
        out.print(f"运行中，日志在 {services.settings.path('logs')}；Ctrl-C 停止。")
        while not stop.wait(1.0):
            supervisor.watch()


def process() -> None:
    """研判已采集而未处理的内容，直到队列为空。"""
    services = open_services()
    with spinner("研判"):
        taken = workers.drain(workers.all_steps(services))
    out.print(f"处理了 {taken} 项。")


def work(
    role: Annotated[WorkerRole, typer.Argument()],
    hours: Annotated[float | None, typer.Option(help="crawl：只采集这些民用小时内到期的")] = None,
) -> None:
    """One worker process; started by the supervisor."""
    services = open_services()
    logs.keep(services.settings, role)
    workers.work(services, role, hours=hours)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"不是 ISO 时间：{text}", param_hint="--captured-at") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=_BEIJING)
