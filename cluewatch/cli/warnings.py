"""`cluewatch warning …`: whose risk rose, who has acknowledged it, and who stands highest."""

from __future__ import annotations

from typing import Annotated

import typer

from cluewatch.cli.output import Exit, emit_json, listing, out
from cluewatch.cli.wiring import open_services
from cluewatch.warning_rounds import WarningRounds
from storage.records import to_row
from tickets.control import warnings
from tickets.control.warnings import WarningFilter

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
Reference = Annotated[str, typer.Argument(help="预警编号")]

app = typer.Typer(help="风险预警：评分、列出、查看、签收。", no_args_is_help=True)


@app.command("list")
def list_warnings(
    *,
    waiting: Annotated[bool, typer.Option("--waiting", help="只列待签收的")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列逾期未签收的")] = False,
    region: Annotated[str | None, typer.Option(help="区划（六位），含下级")] = None,
    as_json: Json = False,
) -> None:
    """列出预警，待签收的在前、最急的居首。有逾期未签收的，--overdue 时退出码为 1。"""
    services = open_services()
    at = services.clock.now()
    wanted = WarningFilter(waiting=waiting, overdue_at=at if overdue else None, region=region)
    with services.truth.read() as tx:
        found = warnings.listed(tx, wanted)
    rows = ({**to_row(one), "score": one.risk.score, "overdue": one.overdue(at)} for one in found)
    columns = ("number", "title", "score", "subject_name", "recipients", "due", "acknowledged_by")
    listing("预警", columns, rows, as_json=as_json)
    if overdue and found:
        raise typer.Exit(Exit.PROBLEM)


@app.command()
def show(reference: Reference, as_json: Json = False) -> None:
    """一条预警：分数由哪些部分组成，建议采取什么措施，通知了谁。"""
    services = open_services()
    with services.truth.read() as tx:
        found = warnings.get(tx, reference)
    if as_json:
        emit_json({**to_row(found), "overdue": found.overdue(services.clock.now())})
        return
    out.print(f"{found.number} {found.title}预警：{found.subject_name}", style="bold", markup=False)
    out.print(
        f"风险 {found.risk.score} 分；通知 {'、'.join(found.recipients) or '无'}", markup=False
    )
    for part in found.risk.parts:
        out.print(f"  {part.title} {part.points}/{part.most}：{part.words or '无'}", markup=False)
    for proposal in found.risk.proposals:
        out.print(f"  建议 {proposal}", markup=False)
    state = (
        f"{found.acknowledged_by} 已签收：{found.note}"
        if found.acknowledged_at
        else f"待签收，{found.due.isoformat()} 前"
    )
    out.print(state, markup=False)


@app.command()
def ack(
    reference: Reference,
    note: Annotated[str, typer.Argument(help="处置意见")],
    actor: Annotated[str, typer.Option(help="签收人")],
) -> None:
    """签收预警并写明处置意见。"""
    services = open_services()
    with services.truth.write() as tx:
        found = warnings.acknowledge(tx, reference, actor=actor, note=note, at=services.clock.now())
    out.print(f"{found.number}：已签收", markup=False)


@app.command()
def assess() -> None:
    """评估有新情况的当事人；级别上升的各发一条预警（运行中的系统随时自动评估）。"""
    rounds = WarningRounds(open_services())
    total, raised = rounds.look()
    while total:
        for warning in raised:
            out.print(f"{warning.number} {warning.title}：{warning.subject_name}", markup=False)
        total, raised = rounds.look()


@app.command()
def ranking(
    region: Annotated[str | None, typer.Option(help="区划（六位），含下级")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="最多列出")] = 50,
    as_json: Json = False,
) -> None:
    """当事人按风险排名，各部分得分列明。"""
    services = open_services()
    with services.truth.read() as tx:
        found = warnings.ranking(tx, region=region, limit=limit)
    rows = (
        {
            **to_row(one),
            "score": one.risk.score,
            "why": [f"{part.title} {part.points}" for part in one.risk.parts],
        }
        for one in found
    )
    columns = ("subject_id", "name", "region", "level", "score", "why")
    listing("风险排名", columns, rows, as_json=as_json)
