"""Commands about thresholds: what outcomes propose, and what a person makes of it."""

from __future__ import annotations

from typing import Annotated

import typer

from cluewatch.access import command_user
from cluewatch.cli.output import listing, out
from cluewatch.cli.wiring import open_services
from cluewatch.thresholds import proposing, store
from cluewatch.thresholds.proposing import FEWEST, WANTED
from cluewatch.thresholds.store import Decision
from storage.records import to_row
from tickets import precision

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
Proposal = Annotated[str, typer.Argument(help="建议编号，见 policy proposals")]
Reason = Annotated[str, typer.Option(help="理由")]
By = Annotated[str, typer.Option(help="决定人；留空为当前用户")]

app = typer.Typer(help="判定阈值：由办理结果提出建议，由人批准或否决。", no_args_is_help=True)


@app.command("propose")
def propose(
    wanted: Annotated[float, typer.Option(min=0.5, max=0.99, help="要求的属实率")] = WANTED,
    fewest: Annotated[int, typer.Option(min=5, help="一类至少要有的定论案件")] = FEWEST,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出，不提交")] = False,
) -> None:
    """按办理结果提出各类型的线索阈值建议；区间下限达到要求的属实率才算数。"""
    services = open_services()
    with services.truth.write() as tx:
        policy = services.policy_in_force(tx)
        cases = precision.scored(tx)
        found = proposing.suggest(cases, policy, wanted=wanted, fewest=fewest)
        for one in () if dry_run else found:
            store.put(
                tx,
                type=one.type,
                current=one.current,
                proposed=one.proposed,
                evidence=one.evidence,
                at=services.clock.now(),
                ids=services.ids,
            )
    for one in found:
        kept = f"保留 {one.evidence.kept} 件中 {one.evidence.kept_right} 件属实"
        out.print(f"{one.type}：{one.current:.2f} → {one.proposed:.2f}（{kept}）")
    out.print(f"{len(found)} 项建议{'' if dry_run else '待批'}。")


@app.command("proposals")
def proposals(
    every: Annotated[bool, typer.Option("--all", help="连同已决定的")] = False,
    as_json: Json = False,
) -> None:
    """待批的阈值建议，或全部建议及其决定。"""
    services = open_services()
    with services.truth.read() as tx:
        found = store.proposals(tx, waiting=not every)
    rows = map(to_row, found)
    columns = ("id", "type", "current", "proposed", "evidence", "decision", "decided_by", "reason")
    listing("阈值建议", columns, rows, as_json=as_json)


@app.command("approve")
def approve(proposal: Proposal, reason: Reason, by: By = "") -> None:
    """批准一项建议；此后的判定即按新阈值。"""
    _decide(proposal, Decision.APPROVED, by, reason)


@app.command("reject")
def reject(proposal: Proposal, reason: Reason, by: By = "") -> None:
    """否决一项建议。"""
    _decide(proposal, Decision.REJECTED, by, reason)


def _decide(proposal: str, decision: Decision, by: str, reason: str) -> None:
    services = open_services()
    with services.truth.write() as tx:
        made = store.decide(
            tx,
            proposal,
            decision=decision,
            by=by or command_user(),
            reason=reason,
            at=services.clock.now(),
        )
    out.print(f"{made.type} {made.current:.2f} → {made.proposed:.2f}：{made.decision}")
