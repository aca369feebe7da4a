"""`cluewatch gaps …`: what could not be seen, and the statement about a week."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cluewatch import coverage
from cluewatch.cli.output import emit_json, listing, out
from cluewatch.cli.wiring import open_services
from cluewatch.coverage_letter import coverage_letter, reason
from evidence import gaps
from storage.records import to_plain

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]

app = typer.Typer(help="覆盖缺口：列出，以及一周的监测覆盖说明。", invoke_without_command=True)


@app.callback()
def list_gaps(context: typer.Context, as_json: Json = False) -> None:
    """列出覆盖缺口：哪些没能看到，自何时起，为何。"""
    if context.invoked_subcommand is not None:
        return
    services = open_services()
    with services.truth.read() as tx:
        found = gaps.gaps(tx)
    rows = (
        {
            "place": gap.place,
            "outcome": gap.outcome.value,
            "reason": gap.reason,
            "count": gap.count,
            "since": gap.since.isoformat(),
            "last_seen": gap.last_seen.isoformat(),
            "open": gap.is_open,
        }
        for gap in found
    )
    columns = ("place", "outcome", "reason", "count", "since", "last_seen")
    listing("覆盖缺口", columns, rows, as_json=as_json)


@app.command()
def statement(
    week: Annotated[str, typer.Option(help="ISO 周，如 2026-W47；周一零时（北京时间）起")],
    output: Annotated[Path | None, typer.Option(help="写成 DOCX 的文件")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON 对象")] = False,
) -> None:
    """一周的监测覆盖说明：监测了什么，什么没能看到，为何；可作附件。"""
    try:
        monday = coverage.week_of(week)
    except ValueError:
        raise typer.BadParameter(f"不是 ISO 周：{week}", param_hint="--week") from None
    services = open_services()
    with services.truth.read() as tx:
        told = coverage.statement(tx, monday, at=services.clock.now())
    if output is not None:
        output.write_bytes(coverage_letter(told, author=services.settings.agency.name))
    if as_json:
        emit_json(to_plain(told))
        return
    out.print(
        f"监测对象 {len(told.watched)} 个，未读到页面的 {len(told.unseen)} 个；"
        f"采集 {sum(told.captures.values())} 次"
    )
    rows = ({"原因": reason(kind), "处数": number} for kind, number in told.reasons.items())
    listing("未能看到", ("原因", "处数"), rows, as_json=False)
    if output is not None:
        out.print(f"已写入 {output}")
