"""Commands about the way to the police and back: grounds, hand-over, penalties from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cluewatch.cli.output import Exit, emit_json, listing, out
from cluewatch.cli.tickets import ACTOR, DryRun, Json, Reference
from cluewatch.cli.wiring import open_services
from storage import spreadsheets
from tickets import handovers, ledger, penalties, penalty_lists
from tickets.handovers import Circumstances

Papers = Annotated[list[str] | None, typer.Option("--paper", help="已备的移送材料（可多次）")]

commands = typer.Typer()


@commands.command("crimes")
def crimes(as_json: Json = False) -> None:
    """移送公安的罪名、依据、情形和必备材料。"""
    rules = open_services().desk.handover
    if as_json:
        emit_json(rules.model_dump(mode="json", by_alias=True))
        return
    rows = [
        {"罪名": f"{crime.id} {crime.title}", "依据": f"{ground.id}：{ground.words}"}
        for crime in rules.crimes
        for ground in crime.grounds
    ]
    listing("移送依据", ("罪名", "依据"), rows, as_json=False)
    out.print("情形：" + "；".join(f"{i}（{t}）" for i, t in rules.circumstances.items()))
    papers = (f"{p.id}（{p.title}{'，必备' if p.always else ''}）" for p in rules.papers)
    out.print("材料：" + "；".join(papers))


@commands.command("check-crime")
def check_crime(
    reference: Reference,
    *,
    gains: Annotated[int, typer.Option(min=0, help="违法所得（元）")] = 0,
    circumstance: Annotated[list[str] | None, typer.Option(help="查明的情形（可多次）")] = None,
    person: Annotated[str, typer.Option(help="行为人证件号，用于跨区域累计处罚")] = "",
    as_json: Json = False,
) -> None:
    """核对一张工单是否达到移送公安的标准；跨区域累计此前的行政处罚。"""
    services = open_services()
    stated = Circumstances(gains=gains, found=frozenset(circumstance or ()), person=person)
    with services.truth.read() as tx:
        ticket = ledger.get(tx, reference)
        found = handovers.reached(tx, ticket, stated, desk=services.desk)
    rows = (
        {
            "crime": one.crime.cited,
            "ground": one.ground.id,
            "words": one.ground.words,
            "earlier": [f"{p.decided_on} {p.decision_no}" for p in one.earlier],
        }
        for one in found
    )
    listing("移送依据", ("crime", "ground", "words", "earlier"), rows, as_json=as_json)


@commands.command("hand-over")
def hand_over(
    reference: Reference,
    crime: Annotated[str, typer.Argument(help="罪名，见 ticket crimes")],
    *,
    ground: Annotated[list[str], typer.Option(help="依据（可多次）")],
    investigator: Annotated[list[str], typer.Option(help="专案组成员，至少两人（可多次）")],
    paper: Papers = None,
    actor: Annotated[str, typer.Option(help="报请人")] = ACTOR,
) -> None:
    """报请移送公安；负责人三日内决定。"""
    services = open_services()
    with services.truth.write() as tx:
        ticket = ledger.get(tx, reference)
        handovers.propose(
            tx,
            ticket_id=ticket.id,
            crime=crime,
            grounds=tuple(ground),
            investigators=tuple(investigator),
            papers=frozenset(paper or ()),
            actor=actor,
            at=services.clock.now(),
            desk=services.desk,
        )
        after = ledger.get(tx, ticket.id)
    out.print(f"{ticket.number}：已报请移送")
    out.print("\n".join(f"{d.title}：{d.due}" for d in after.deadlines))


@commands.command("decide-hand-over")
def decide_hand_over(
    reference: Reference,
    *,
    grant: Annotated[bool, typer.Option("--grant/--refuse", help="批准或不批准")],
    reason: Annotated[str, typer.Option(help="理由")],
    actor: Annotated[str, typer.Option(help="负责人，不得是承办人")],
    paper: Papers = None,
) -> None:
    """负责人决定是否移送；批准后二十四小时内移送，材料须齐全。"""
    services = open_services()
    with services.truth.write() as tx:
        ticket = ledger.get(tx, reference)
        made = handovers.decide(
            tx,
            ticket_id=ticket.id,
            granted=grant,
            papers=frozenset(paper or ()),
            actor=actor,
            at=services.clock.now(),
            reason=reason,
            desk=services.desk,
        )
    out.print(f"{ticket.number}：{'批准移送' if made.granted else '不批准移送'}")


@commands.command("hand-items")
def hand_items(
    reference: Reference,
    note: Annotated[str, typer.Argument(help="移交的物品和材料")],
    actor: Annotated[str, typer.Option(help="经办人")] = ACTOR,
) -> None:
    """公安立案后移交涉案物品，时限随之结束。"""
    services = open_services()
    with services.truth.write() as tx:
        ticket = handovers.hand_items(
            tx,
            ticket_id=ledger.get(tx, reference).id,
            actor=actor,
            at=services.clock.now(),
            note=note,
            desk=services.desk,
        )
    out.print(f"{ticket.number}：已移交")


@commands.command("penalties")
def take_penalties(
    file: Annotated[Path, typer.Argument(help="外地处罚名单（XLSX、CSV）", exists=True)],
    *,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """读入外地的行政处罚，供跨区域累计；证件号只保存不可还原的摘要，已有的不再重复。"""
    services = open_services()
    read = list(penalty_lists.penalties(spreadsheets.rows(file), desk=services.desk))
    rows = []
    with services.truth.write() as tx, tx.begin_nested() as trial:
        for number, penalty in read:
            kept = isinstance(penalty, penalties.Penalty) and penalties.keep(tx, penalty)
            error = None if isinstance(penalty, penalties.Penalty) else penalty
            rows.append({"row": number, "kept": kept, "error": error})
        if dry_run:
            trial.rollback()
    listing("外地处罚", ("row", "kept", "error"), rows, as_json=as_json)
    failed = sum(row["error"] is not None for row in rows)
    if failed:
        raise typer.Exit(Exit.PARTLY if failed < len(rows) else Exit.PROBLEM)
