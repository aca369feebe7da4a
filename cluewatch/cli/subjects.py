"""`cluewatch subject …`: who stands behind the pages, and which of them are one."""

from __future__ import annotations

from typing import Annotated

import typer

from cluewatch.cli.output import emit_json, listing, out
from cluewatch.cli.wiring import open_services
from storage.records import to_plain
from tickets import operators, subject_merges, subjects
from tickets.operators import Edge
from tickets.subject_merges import Decision

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
Reason = Annotated[str, typer.Option(help="理由，记入决定")]
ACTOR = "cli"

app = typer.Typer(help="当事人：列出、查看依据与关联、合并、拆分。", no_args_is_help=True)


@app.command("list")
def list_subjects(
    unknown: Annotated[
        bool, typer.Option("--unknown", help="只列有待查明是谁的：类别不明，或只有网站可称")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="最多列出")] = 100,
    as_json: Json = False,
) -> None:
    """列出当事人，线索多的在前。"""
    services = open_services()
    with services.truth.read() as tx:
        found = subjects.listed(tx, unknown=unknown, limit=limit)
    rows = (
        {
            "id": one.id,
            "name": one.name,
            "kind": one.kind.value,
            "region": one.region,
            "key": one.key,
            "clues": one.clues,
            "last_seen": one.last_seen.isoformat(),
        }
        for one in found
    )
    columns = ("id", "name", "kind", "region", "key", "clues")
    listing("当事人", columns, rows, as_json=as_json)


@app.command()
def show(
    subject_id: Annotated[str, typer.Argument(help="当事人编号")],
    as_json: Json = False,
) -> None:
    """一个当事人的认定依据、同一运营者的其他当事人及每条关联的证据、合并与拆分的决定。"""
    services = open_services()
    with services.truth.read() as tx:
        subject = subjects.get(tx, subject_id)
        operator = operators.operator_of(tx, subject_id)
        loose = [e for e in operators.edges_of(tx, [subject_id]) if not e.joins]
        names = {
            one: subjects.get(tx, one).name
            for one in {*operator.subjects, *(edge.other_id for edge in loose)}
        }
        decided = subject_merges.decisions(tx, subject_id)
    if as_json:
        emit_json(
            {
                "subject": to_plain(subject),
                "operator": [{"id": one, "name": names[one]} for one in operator.subjects],
                "cut": operator.cut,
                "edges": [_edge_row(edge) for edge in (*operator.edges, *loose)],
                "decisions": [to_plain(one) for one in decided],
            }
        )
        return
    out.print(f"{subject.name}（{subject.id}）", style="bold", markup=False)
    _print_lines("认定依据", subject.grounds)
    others = [f"{names[one]}（{one}）" for one in operator.subjects if one != subject_id]
    _print_lines("同一运营者", (*others, *(["过多，未全部列出"] if operator.cut else [])))
    _print_lines("关联", [_edge_words(edge, names) for edge in (*operator.edges, *loose)])
    _print_lines("决定", [_decision_words(one) for one in decided])


@app.command()
def merge(
    kept: Annotated[str, typer.Argument(help="保留的当事人编号")],
    merged: Annotated[str, typer.Argument(help="并入的当事人编号")],
    reason: Reason,
) -> None:
    """认定两者是同一当事人：以后的线索归保留的一方，已有的线索与工单不动；可以拆分复原。"""
    services = open_services()
    with services.truth.write() as tx:
        decision = subject_merges.merge(
            tx, kept=kept, merged=merged, reason=reason, actor=ACTOR, at=services.clock.now()
        )
    out.print(f"{decision.merged} 已并入 {decision.kept}。")


@app.command()
def split(
    merged: Annotated[str, typer.Argument(help="曾被并入的当事人编号")],
    reason: Reason,
) -> None:
    """撤销合并：该当事人重新独立。"""
    services = open_services()
    with services.truth.write() as tx:
        decision = subject_merges.split(
            tx, merged=merged, reason=reason, actor=ACTOR, at=services.clock.now()
        )
    out.print(f"{decision.merged} 已从 {decision.kept} 拆分。")


def _edge_row(edge: Edge) -> dict[str, object]:
    return {
        "subject_id": edge.subject_id,
        "other_id": edge.other_id,
        "strength": round(edge.strength, 3),
        "joins": edge.joins,
        "ties": [{"kind": t.kind, "value": t.value, "words": t.words} for t in edge.ties],
    }


def _edge_words(edge: Edge, names: dict[str, str]) -> str:
    pair = f"{names[edge.subject_id]} — {names[edge.other_id]}"
    verdict = "同一运营者" if edge.joins else "仅供参考"
    return f"{pair}（{edge.strength:.2f}，{verdict}）：{'；'.join(t.words for t in edge.ties)}"


def _decision_words(one: Decision) -> str:
    move = "并入" if one.move == subject_merges.SubjectMove.MERGE.value else "拆分自"
    return f"{one.at:%Y-%m-%d %H:%M} {one.actor}：{one.merged} {move} {one.kept}，{one.reason}"


def _print_lines(title: str, lines: tuple[str, ...] | list[str]) -> None:
    if lines:
        out.print(f"{title}：", markup=False)
        for line in lines:
            out.print(f"  {line}", markup=False)
