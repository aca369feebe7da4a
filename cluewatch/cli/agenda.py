"""`cluewatch agenda …`: the list of key matters from the ranking to the batch, and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from cluewatch.cli.output import listing, out
from cluewatch.cli.wiring import open_services
from domain.errors import PermanentError
from storage.records import to_row
from storage.spreadsheets import workbook
from tickets.control import agenda, sheets, warnings
from tickets.control.agenda import ItemState

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
ItemId = Annotated[str, typer.Argument(help="事项编号")]
Actor = Annotated[str, typer.Option(help="经办人")]
Reason = Annotated[str, typer.Option(help="理由")]
Target = Annotated[Path, typer.Argument(help="写入的 XLSX 文件")]

app = typer.Typer(
    help="要情工作清单：提出、商定、发布、修订、导出；案件台账。", no_args_is_help=True
)


@app.command()
def propose(
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="取风险最高的多少个")] = 20,
    region: Annotated[str | None, typer.Option(help="区划（六位），含下级")] = None,
    actor: Actor,
) -> None:
    """按风险排名提出有在办工单的当事人；已在清单上的不重复提出。"""
    services = open_services()
    with services.truth.write() as tx:
        made = agenda.propose(
            tx,
            warnings.ranking(tx, region=region, limit=limit),
            services.control.inspections,
            actor=actor,
            at=services.clock.now(),
            ids=services.ids,
        )
    out.print(f"新提出 {len(made)} 项")


@app.command("list")
def list_items(
    state: Annotated[ItemState | None, typer.Option(help="状态")] = None,
    batch: Annotated[str | None, typer.Option(help="批次")] = None,
    as_json: Json = False,
) -> None:
    """列出事项，风险高的在前。"""
    services = open_services()
    with services.truth.read() as tx:
        found = agenda.listed(tx, state=state, batch=batch)
    rows = ({**to_row(one.points), **to_row(one)} for one in found)
    columns = ("id", "object", "supervisors", "state", "agreed", "revision", "batch", "risk")
    listing("要情工作清单", columns, rows, as_json=as_json)


@app.command()
def agree(
    item_id: ItemId,
    office: Annotated[str, typer.Option(help="同意的监管主体（机关编号）")],
    actor: Actor,
) -> None:
    """监管主体同意一项；全部同意后即为已商定。"""
    services = open_services()
    with services.truth.write() as tx:
        item = agenda.agree(tx, item_id, office=office, actor=actor, at=services.clock.now())
    out.print(f"{item.points.object}：{item.state}", markup=False)


@app.command()
def release(actor: Actor) -> None:
    """把全部已商定的事项作为一批发布，给出批次编号。"""
    services = open_services()
    region = services.desk.offices.home
    with services.truth.write() as tx:
        number, items = agenda.release(tx, region=region, actor=actor, at=services.clock.now())
    out.print(f"{number}：{len(items)} 项", markup=False)


@app.command()
def revise(
    item_id: ItemId,
    *,
    procedure: Annotated[str, typer.Option(help="检查程序")] = "",
    content: Annotated[str, typer.Option(help="检查内容")] = "",
    method: Annotated[str, typer.Option(help="检查方法")] = "",
    reason: Reason,
    actor: Actor,
) -> None:
    """修订一项；须重新商定，随下一批发布。"""
    services = open_services()
    with services.truth.write() as tx:
        item = agenda.revise(
            tx,
            item_id,
            procedure=procedure,
            content=content,
            method=method,
            reason=reason,
            actor=actor,
            at=services.clock.now(),
        )
    out.print(f"{item.points.object}：第 {item.revision} 稿，{item.state}", markup=False)


@app.command()
def withdraw(item_id: ItemId, reason: Reason, actor: Actor) -> None:
    """撤下一项。"""
    services = open_services()
    with services.truth.write() as tx:
        item = agenda.withdraw(tx, item_id, reason=reason, actor=actor, at=services.clock.now())
    out.print(f"{item.points.object}：{item.state}", markup=False)


@app.command()
def export(batch: Annotated[str, typer.Argument(help="批次编号")], target: Target) -> None:
    """把一批导出为“综合查一次”的检查名单（XLSX）。"""
    services = open_services()
    with services.truth.read() as tx:
        items = agenda.listed(tx, batch=batch)
        if not items:
            raise PermanentError(f"没有批次 {batch}")
        rows = list(sheets.inspections(tx, items, services.desk.offices))
    _write(target, "综合查一次", sheets.INSPECTION_HEADS, rows)


@app.command("ledger")
def ledger(target: Target) -> None:
    """导出案件台账（XLSX）：投诉举报与案件，不含举报人。"""
    services = open_services()
    with services.truth.read() as tx:
        rows = list(sheets.case_ledger(tx, services.desk.offices, services.type_titles))
    _write(target, "案件台账", sheets.CASE_HEADS, rows)


def _write(target: Path, title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    if target.exists():
        raise PermanentError("目标文件已存在", at=str(target))
    try:
        target.write_bytes(workbook(title, heads, rows))
    except OSError as error:
        raise PermanentError(f"文件无法写入（{error.strerror}）", at=str(target)) from error
    out.print(f"已写入 {target}", markup=False)
