"""Commands about outcomes: the codes, and what has become of a ticket."""

from __future__ import annotations

from typing import Annotated

import typer

from cluewatch.casework import Casework
from cluewatch.cli.output import listing, out
from cluewatch.cli.tickets import ACTOR, DryRun, Json, Reference
from cluewatch.cli.wiring import open_services
from domain.feedback import read_particulars
from storage.records import to_row
from tickets import ledger, outcomes
from tickets.outcomes import Saying

commands = typer.Typer()


@commands.command("codes")
def codes(as_json: Json = False) -> None:
    """办理结果的代码：须填写与可填写的项目、原因、对线索属实与否的含义。"""
    found = open_services().desk.outcomes.all
    rows = (
        {
            "code": code.code,
            "title": code.title,
            "bearing": code.bearing.value,
            "reaches": code.reaches.value if code.reaches else None,
            "needs": list(code.needs),
            "may": list(code.may),
            "reasons": [reason.title for reason in code.reasons],
        }
        for code in found
    )
    columns = ("code", "title", "bearing", "reaches", "needs", "may", "reasons")
    listing("办理结果", columns, rows, as_json=as_json)


@commands.command("outcome")
def outcome(
    reference: Reference,
    code: Annotated[str, typer.Argument(help="结果的代码或名称，见 ticket codes")],
    *,
    reason: Annotated[str, typer.Option(help="原因的代码或名称")] = "",
    office: Annotated[str, typer.Option(help="作出的机关；留空为主办")] = "",
    case_no: Annotated[str, typer.Option(help="立案号")] = "",
    decision_no: Annotated[str, typer.Option(help="文号")] = "",
    fine: Annotated[str, typer.Option(help="罚没金额（元）")] = "",
    since: Annotated[str, typer.Option(help="起始日期")] = "",
    until: Annotated[str, typer.Option(help="截止日期")] = "",
    target: Annotated[str, typer.Option(help="对象：链接、账号、科目、许可证号")] = "",
    count: Annotated[str, typer.Option(help="数量、分值")] = "",
    transfer_to: Annotated[str, typer.Option(help="移送到的机关编号")] = "",
    person: Annotated[str, typer.Option(help="自然人证件号；只保存不可还原的摘要")] = "",
    words: Annotated[str, typer.Option(help="措施及说明")] = "",
    actor: Annotated[str, typer.Option(help="承办人")] = ACTOR,
    signer: Annotated[str, typer.Option(help="签批人（机关规定须签批时）")] = "",
    dry_run: DryRun = False,
) -> None:
    """记录办理结果：按代码核对所填项目，补记办理经过，并引发后续（通报、复查、登记）。"""
    services = open_services()
    stated = read_particulars(
        {
            "case_no": case_no,
            "decision_no": decision_no,
            "fine": fine,
            "since": since,
            "until": until,
            "target": target,
            "count": count,
            "transfer_to": transfer_to,
            "person": person,
            "words": words,
        }
    )
    with services.truth.write() as tx, tx.begin_nested() as trial:
        ticket = ledger.get(tx, reference)
        saying = Saying(
            code=code,
            reason=reason,
            office=office or ticket.lead,
            actor=actor,
            at=services.clock.now(),
            signer=signer,
            particulars=stated,
        )
        recorded = Casework(services).record_outcome(tx, ticket_id=ticket.id, saying=saying)
        if dry_run:
            trial.rollback()
    title = services.desk.outcomes.get(code).title
    said = "已记录" if recorded.fresh else "此前已记过"
    out.print(f"{ticket.number}：{title}{said}，{ticket.state.value} → {recorded.ticket.state}")


@commands.command("outcomes")
def list_outcomes(reference: Reference, as_json: Json = False) -> None:
    """一张工单的办理结果，按先后。"""
    services = open_services()
    with services.truth.read() as tx:
        found = outcomes.of_ticket(tx, ledger.get(tx, reference).id)
    rows = [_row(to_row(one)) for one in found]
    columns = ("at", "office", "code", "reason", "bearing", "particulars")
    listing("办理结果", columns, rows, as_json=as_json)


def _row(row: dict[str, object]) -> dict[str, object]:
    """Without what was left empty."""
    stated = row["particulars"]
    if isinstance(stated, dict):
        row["particulars"] = {name: value for name, value in stated.items() if value}
    return row
