"""Commands about what is watched: source add, import, list, remove, health, candidates, accept,
reject, record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cluewatch import intake, recording
from cluewatch.cli.output import Exit, listing, out
from cluewatch.cli.wiring import open_services
from crawlers import discovery, health, source_sheet, source_store
from crawlers.sources import load_sources
from domain.sources import SourceKind
from storage import spreadsheets
from storage.records import to_plain

ACTOR = "cli"
Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
CandidateId = Annotated[str, typer.Argument(help="待核来源编号（可只写开头）")]

commands = typer.Typer(
    help="监测对象：登记、列出、移除、健康状况；新来源的发现与审核。", no_args_is_help=True
)


@commands.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="监测对象 YAML", exists=True, dir_okay=False)],
) -> None:
    """登记监测对象（YAML 文件），立即排入采集。"""
    services = open_services()
    found = load_sources(file)
    intake.put_sources(services, found)
    out.print(f"已登记 {len(found)} 个监测对象。")


@commands.command("import")
def import_sheet(
    file: Annotated[Path, typer.Argument(help="XLSX 或 CSV", exists=True, dir_okay=False)],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不登记")] = False,
    as_json: Json = False,
) -> None:
    """按表格成批登记监测对象（列与控制台导出的相同）；有误的行逐行报告，其余照常登记。"""
    services = open_services()
    found = list(source_sheet.read(spreadsheets.rows(file)))
    right = [row.source for row in found if row.source is not None]
    if not dry_run:
        intake.put_sources(services, right)
    rows = (
        {"row": row.row, "id": row.source.id if row.source else None, "error": row.error or None}
        for row in found
    )
    listing("监测对象", ("row", "id", "error"), rows, as_json=as_json)
    if len(right) < len(found):
        raise typer.Exit(Exit.PARTLY if right else Exit.PROBLEM)


@commands.command("list")
def list_sources(as_json: Json = False) -> None:
    """列出监测对象。"""
    services = open_services()
    with services.truth.read() as tx:
        found = source_store.all(tx)
    rows = (
        {
            "id": source.id,
            "kind": source.kind.value,
            "title": source.title,
            "region": source.region,
            "risk": source.risk.value,
            "hosts": list(source.hosts),
        }
        for source in found
    )
    columns = ("id", "kind", "title", "region", "risk", "hosts")
    listing("监测对象", columns, rows, as_json=as_json)


@commands.command("remove")
def remove(source_id: Annotated[str, typer.Argument(help="监测对象编号")]) -> None:
    """停止监测；已采集的内容保留。"""
    services = open_services()
    with services.truth.write() as tx:
        source_store.remove(tx, source_id)
    out.print(f"已停止监测 {source_id}。")


@commands.command("health")
def show_health(as_json: Json = False) -> None:
    """近 7 天与此前 30 天相比，各监测对象的页面是否仍读得完整；有警示则退出码为 1。"""
    services = open_services()
    with services.truth.read() as tx:
        found = health.report(tx, source_store.all(tx), at=services.clock.now())
    rows = (
        {
            "id": one.source_id,
            "title": one.title,
            "seen": one.recent.seen,
            "empty": one.recent.empty,
            "pages": list(one.pages),
            "alarms": list(one.alarms),
            "recent": to_plain(one.recent),
            "before": to_plain(one.before),
        }
        for one in found
    )
    listing("监测对象健康", ("id", "title", "seen", "empty", "alarms"), rows, as_json=as_json)
    if any(one.alarms for one in found):
        raise typer.Exit(Exit.PROBLEM)


@commands.command("candidates")
def list_candidates(
    limit: Annotated[int, typer.Option(min=1, max=5000, help="最多列出")] = 100,
    as_json: Json = False,
) -> None:
    """列出待核的新来源：从链接、二维码、电话、微信号与投诉中发现，未被现有监测对象覆盖。"""
    services = open_services()
    with services.truth.read() as tx:
        found = discovery.waiting(tx, limit=limit)
    rows = (
        {
            "id": one.id if as_json else one.id[:12],
            "kind": one.lead.kind.value,
            "value": one.lead.value,
            "score": one.score,
            "reasons": list(one.reasons),
            "urls": list(one.urls),
            "first_seen": one.first_seen.isoformat(),
            "last_seen": one.last_seen.isoformat(),
        }
        for one in found
    )
    columns = ("id", "kind", "value", "score", "reasons")
    listing("待核来源", columns, rows, as_json=as_json)


@commands.command("accept")
def accept(
    candidate_id: CandidateId,
    kind: Annotated[SourceKind, typer.Option(help="监测对象类型")] = SourceKind.UNKNOWN,
    region: Annotated[str | None, typer.Option(help="六位行政区划代码；默认为本机构的")] = None,
    title: Annotated[str | None, typer.Option(help="名称")] = None,
    url: Annotated[str | None, typer.Option(help="起始网址")] = None,
) -> None:
    """把待核来源登记为监测对象，立即排入采集。"""
    services = open_services()
    now = services.clock.now()
    with services.truth.write() as tx:
        source = discovery.accept(
            tx,
            discovery.get(tx, candidate_id),
            kind=kind,
            region=region or services.settings.agency.region or "000000",
            title=title,
            url=url,
            by=ACTOR,
            at=now,
        )
    intake.put_sources(services, [source])
    out.print(f"已登记 {source.id}（{source.title}）。")


@commands.command("reject")
def reject(
    candidate_id: CandidateId,
    reason: Annotated[str, typer.Option(help="排除的理由")],
) -> None:
    """排除待核来源；再次发现也不再列出。"""
    services = open_services()
    with services.truth.write() as tx:
        candidate = discovery.get(tx, candidate_id)
        discovery.reject(tx, candidate, reason=reason, by=ACTOR, at=services.clock.now())
    out.print(f"已排除 {candidate.lead.value}。")


@commands.command("record")
def record(
    url: Annotated[str, typer.Argument(help="已采集的网址")],
    directory: Annotated[Path, typer.Argument(help="用例目录，如 tests/pages/某页")],
) -> None:
    """把一次采集存成解析器用例；金标测试首次运行写出 expected.json，人工核对后提交。"""
    services = open_services()
    out.print(f"已写入 {recording.record(services, url, directory)}")
