"""Commands about the keeping of evidence: anchors, legal holds, terms."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import Progress

from cluewatch import retention
from cluewatch.access import command_user
from cluewatch.cli.output import err, listing, out
from cluewatch.cli.wiring import open_services
from domain.errors import NotFound
from evidence import anchors, holds, keyring, ledger, reader, seal_keys
from tickets import clues

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
Actor = Annotated[str, typer.Option(help="经办人，写入台账")]
Purpose = Annotated[str, typer.Option(help="事由，写入台账")]

app = typer.Typer(help="证据保管：每日锚定、保全、保存期限。", no_args_is_help=True)


@app.command("anchors")
def list_anchors(as_json: Json = False) -> None:
    """列出每日锚定的根摘要；请交第三方留存或公布。"""
    services = open_services()
    with services.truth.read() as tx:
        rows = [
            {
                "day": each.day.isoformat(),
                "root": each.root,
                "entries": each.entries,
                "stamped": each.stamp is not None,
            }
            for each in anchors.all_anchors(tx)
        ]
    listing("每日锚定", ("day", "root", "entries", "stamped"), rows, as_json=as_json)


@app.command("rotate-key")
def rotate_key() -> None:
    """换用新的证据密钥：新密钥写入密钥文件，全部固证密钥改由它保护；固证文件与摘要不变。"""
    services = open_services()
    name = keyring.add_key(services.settings.key_file)
    with services.truth.write() as tx:
        count = seal_keys.rewrap(tx, services.keys, at=services.clock.now())
        ledger.append(
            tx,
            writer=ledger.ACCESS,
            actor=command_user(),
            action="rotate_key",
            subject=name,
            detail={"seals": count},
            at=services.clock.now(),
        )
    out.print(f"现用密钥 {name}，改护 {count} 项固证。请重启服务，并另行备份密钥文件；")
    out.print("旧备份仍需旧密钥，故旧密钥留在文件中。")


@app.command()
def hold(
    subject: Annotated[str, typer.Argument(help="线索编号或快照编号")],
    actor: Actor,
    purpose: Purpose,
) -> None:
    """保全一条线索或一个快照：保全期间不得删除。"""
    services = open_services()
    with services.truth.write() as tx:
        try:
            found = clues.get(tx, subject).id
        except NotFound:
            found = reader.snapshot(tx, subject).id
        placed = holds.place(
            tx, subject=found, actor=actor, purpose=purpose, at=services.clock.now()
        )
    out.print(f"已保全，编号 {placed.id}")


@app.command()
def release(
    hold_id: Annotated[str, typer.Argument(metavar="ID", help="保全编号")],
    actor: Actor,
    purpose: Purpose,
) -> None:
    """解除一项保全。"""
    services = open_services()
    with services.truth.write() as tx:
        holds.release(tx, hold_id=hold_id, actor=actor, purpose=purpose, at=services.clock.now())
    out.print("已解除")


@app.command("holds")
def list_holds(as_json: Json = False) -> None:
    """列出现行的保全。"""
    services = open_services()
    with services.truth.read() as tx:
        rows = [
            {
                "id": each.id,
                "subject": each.subject,
                "actor": each.actor,
                "purpose": each.purpose,
                "placed_at": each.placed_at.isoformat(),
            }
            for each in holds.standing(tx)
        ]
    listing("保全", ("id", "subject", "actor", "purpose", "placed_at"), rows, as_json=as_json)


@app.command()
def expire(
    actor: Actor,
    purpose: Purpose,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出，不删除")] = False,
    as_json: Json = False,
) -> None:
    """删除保存期满的快照及其固证文件；摘要、清单与台账保留，可供核验。"""
    services = open_services()
    with services.truth.read() as tx:
        found = list(retention.expired(services, tx, services.clock.now()))
    rows = [
        {
            "snapshot": each.snapshot_id,
            "url": each.url,
            "captured_at": each.captured_at.isoformat(),
            "retention": each.retention.value,
            "refusal": each.refusal,
        }
        for each in found
    ]
    listing("保存期满", ("snapshot", "url", "retention", "refusal"), rows, as_json=as_json)
    if dry_run:
        return
    with Progress(console=err, disable=as_json) as progress:
        task = progress.add_task("删除", total=len(found))
        deleted = 0
        for _ in retention.delete_expired(services, found, actor=actor, purpose=purpose):
            deleted += 1
            progress.update(task, completed=deleted)
    err.print(f"已删除 {deleted} 个快照，保留 {len(found) - deleted} 个。")
