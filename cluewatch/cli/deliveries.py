"""Commands about packages: deliver, deliveries, resend, pack, and the replies that come back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn

from cluewatch import packing
from cluewatch.cli.output import Exit, err, listing, out
from cluewatch.cli.tickets import DryRun, Json
from cluewatch.cli.wiring import open_services
from cluewatch.delivery import Deliveries
from cluewatch.workers import WorkerRole, drain, worker_name
from storage.records import to_row
from tickets import ledger, outbox

Office = Annotated[str, typer.Argument(help="机关编号")]
COLUMNS = ("id", "kind", "role", "office", "hold", "work_state", "attempts", "last_error")

commands = typer.Typer()


@commands.command("deliver")
def deliver(dry_run: DryRun = False) -> None:
    """立即投递待发的材料；暂时失败的留待重试，不能投递的停放待处理。"""
    services = open_services()
    if dry_run:
        with services.truth.read() as tx:
            found = outbox.due(tx)
        for delivery in found:
            office = services.desk.offices.get(delivery.office)
            out.print(
                f"{delivery.id}：{delivery.kind} {delivery.role} {office.name}"
                f"（{office.channel} {office.address}）"
            )
        out.print(f"将投递 {len(found)} 件。")
        return
    with Progress(SpinnerColumn(), TextColumn("投递"), console=err) as progress:
        progress.add_task("投递", total=None)
        worker = Deliveries(services, owner=worker_name(WorkerRole.PROCESS))
        done = drain((worker.work,))
    with services.truth.read() as tx:
        dead = len(outbox.parked(tx))
    out.print(f"投递 {done} 件，停放 {dead} 件。")
    if dead:
        raise typer.Exit(Exit.PARTLY)


@commands.command("deliveries")
def deliveries(
    reference: Annotated[str | None, typer.Argument(help="工单编号；留空列停放的投递件")] = None,
    as_json: Json = False,
) -> None:
    """一张工单的投递件，或全部停放待处理的投递件及其原因。"""
    services = open_services()
    with services.truth.read() as tx:
        if reference is None:
            found = outbox.parked(tx)
        else:
            found = outbox.of_ticket(tx, ledger.get(tx, reference).id)
    rows = map(to_row, found)
    listing("投递件", COLUMNS, rows, as_json=as_json)


@commands.command("resend")
def resend(delivery_id: Annotated[str, typer.Argument(help="投递件编号")]) -> None:
    """把停放的投递件放回队列，沿用同一投递编号。"""
    services = open_services()
    with services.truth.write() as tx:
        outbox.resend(tx, delivery_id)
    out.print(f"{delivery_id} 已放回队列。")


@commands.command("pack")
def pack(office: Office, target: Annotated[Path, typer.Argument(help="写入的 ZIP 文件")]) -> None:
    """为没有网络的机关打包：材料、清单、链接清单与可填写的回执。"""
    services = open_services()
    count = packing.pack(services, office, target)
    out.print(f"{target}：{count} 件")


@commands.command("replies")
def replies(
    office: Office,
    file: Annotated[
        Path, typer.Argument(help="填好的回执或案件系统导出（XLSX、CSV）", exists=True)
    ],
    *,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """读入机关的回执：逐行对应工单并补记办理经过；已记过的不再重复。"""
    services = open_services()
    found = packing.take_replies(services, office, file, dry_run=dry_run)
    rows = map(to_row, found)
    listing("回执", ("row", "ticket", "state", "changed", "error"), rows, as_json=as_json)
    failed = sum(outcome.error is not None for outcome in found)
    if failed:
        raise typer.Exit(Exit.PARTLY if failed < len(found) else Exit.PROBLEM)
