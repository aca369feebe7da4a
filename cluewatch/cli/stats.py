"""Commands that count: the whole, and how often findings turn out right."""

from __future__ import annotations

from typing import Annotated

import typer

from cluewatch.cli.output import emit_json, listing, out
from cluewatch.cli.wiring import open_services
from documents import counts
from documents import store as documents
from storage.records import to_plain, to_row
from tickets import precision
from tickets.calendar import civil_date
from tickets.precision import Measured
from tickets.summary import summary

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]

app = typer.Typer()


@app.callback(invoke_without_command=True)
def stats(context: typer.Context, as_json: Json = False) -> None:
    """汇总：文档、发现、线索、工单。"""
    if context.invoked_subcommand is not None:
        return
    services = open_services()
    with services.truth.read() as tx:
        cases = summary(tx, today=civil_date(services.clock.now()))
        verdicts = counts.by_verdict(tx)
        findings = counts.by_type(tx)
        values = {
            "documents": documents.count(tx),
            "verdicts": {k.value: v for k, v in verdicts.items()},
            "findings": findings,
            "cases": to_plain(cases),
        }
    if as_json:
        emit_json(values)
        return
    offices = {office.id: office.name for office in services.desk.offices.all}
    rows = [{"项目": "文档", "数": values["documents"]}]
    rows += [{"项目": f"判定 {k.value}", "数": v} for k, v in verdicts.items()]
    rows += [
        {"项目": f"发现 {services.type_titles.get(slug, slug)}", "数": count}
        for slug, count in sorted(findings.items(), key=lambda item: -item[1])
    ]
    rows += [{"项目": "线索", "数": cases.clues}, {"项目": "工单", "数": cases.tickets}]
    rows += [
        {"项目": f"工单 {offices.get(row.office, row.office)} {row.state}", "数": row.count}
        for row in cases.tickets_by_office
    ]
    listing("汇总", ("项目", "数"), rows, as_json=False)


@app.command("precision")
def precision_of(
    of: Annotated[Measured | None, typer.Option(help="只列这一种")] = None,
    as_json: Json = False,
) -> None:
    """属实率：按规则、模型、类型、机关、区划，附 95% 区间（Wilson）；只计已有定论的案件。"""
    services = open_services()
    with services.truth.read() as tx:
        found = [one for one in precision.precisions(tx) if of in (None, one.of)]
    if as_json:
        for one in found:
            emit_json(to_plain(one))
        return
    rows = (
        {**to_row(one), "rate": f"{one.rate:.0%}", "ci": f"{one.low:.0%}–{one.high:.0%}"}
        for one in found
    )
    listing("属实率", ("of", "name", "n", "right", "rate", "ci"), rows, as_json=False)
    if not found:
        out.print("还没有已有定论的案件。")
