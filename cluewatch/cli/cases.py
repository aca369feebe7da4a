"""Commands about clues and their proof: clue, seal, verify."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from cluewatch import originals
from cluewatch.access import command_user, note_read
from cluewatch.accounts import scope
from cluewatch.casework import Casework
from cluewatch.cli import originals as original_commands
from cluewatch.cli.output import Exit, emit_json, err, listing, out
from cluewatch.cli.signing_in import sign_in
from cluewatch.cli.wiring import open_services
from cluewatch.labels import pool
from domain.captures import CaptureRequest, Profile, RequestReason, SealStatus
from domain.clues import ClueState
from domain.ids import derive_id
from evidence import verify as verification
from evidence.bundle import BundleForm
from storage.records import to_plain, to_row
from tickets import clue_moves, clues, explanation, precision, worklist
from tickets.calendar import civil_date
from tickets.clue_moves import ClueMove
from tickets.worklist import ClueFilter

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
Note = Annotated[str, typer.Option(help="说明")]
ACTOR = "cli"

clue_app = typer.Typer(help="线索：列出、查看、研判、导出证据包。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    clue_app.add_typer(original_commands.app, name="original")
    app.add_typer(clue_app, name="clue")
    app.command()(seal)
    app.command()(verify)


@clue_app.command("list")
def list_clues(
    state: Annotated[ClueState | None, typer.Option(help="状态")] = None,
    type: Annotated[str | None, typer.Option(help="违法类型")] = None,
    as_json: Json = False,
) -> None:
    """列出线索，最新在前。"""
    services = open_services()
    with services.truth.read() as tx:
        found = worklist.every_clue(tx, ClueFilter(state=state, type=type))
        rows = [to_row(entry) for entry in found]
    columns = ("number", "subject_name", "types", "state", "seal", "sightings", "url")
    listing("线索", columns, rows, as_json=as_json)


@clue_app.command("show")
def show_clue(reference: Annotated[str, typer.Argument(help="线索编号")]) -> None:
    """以 JSON 显示一条线索的全部内容。"""
    services = open_services()
    with services.truth.write() as tx:
        clue = clues.get(tx, reference)
        note_read(tx, actor=command_user(), subject=clue.id, page="clue", at=services.clock.now())
        similar = precision.similar(tx, clue)
    emit_json({**to_row(clue), "similar": to_plain(similar)})


@clue_app.command("move")
def move_clue(
    reference: Annotated[str, typer.Argument(help="线索编号")],
    move: Annotated[ClueMove, typer.Argument(help="review、dismiss、merge、issue")],
    note: Note = "",
    into: Annotated[str | None, typer.Option(help="并入的线索（merge）")] = None,
) -> None:
    """研判：开始研判、误报关闭、合并、生成工单。"""
    services = open_services()
    with services.truth.write() as tx:
        clue = clues.get(tx, reference)
        if move is ClueMove.ISSUE:
            issued = Casework(services).issue(tx, clue, automatic=False, actor=ACTOR)
            out.print(f"已生成 {'、'.join(ticket.number for ticket in issued)}")
            return
        state = clue_moves.clue_move(
            tx,
            clue_id=clue.id,
            move=move,
            actor=ACTOR,
            at=services.clock.now(),
            note=note,
            into=clues.get(tx, into).id if into else None,
        )
    out.print(f"{clue.number}：{state.value}")


@clue_app.command("labels")
def labels(
    target: Annotated[Path, typer.Argument(help="写入的文件，每行一份文档")],
) -> None:
    """导出标注池：复核与办理结果认定的文字，只有编号与偏移，不含正文。"""
    services = open_services()
    count = 0
    with services.truth.read() as tx, target.open("x", encoding="utf-8") as lines:
        for labelled in pool(tx):
            spans, rejected = [], []
            for label in labelled.labels:
                span = {"start": label.start, "end": label.end, "code": label.code, "by": label.by}
                if label.violates:
                    spans.append(span)
                else:
                    rejected.append({**span, "reason": label.reason})
            row = {"id": labelled.id, "kind": labelled.kind, "spans": spans, "rejected": rejected}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    out.print(f"{target}：{count} 份文档")


@clue_app.command("bundle")
def bundle(
    reference: Annotated[str, typer.Argument(help="线索编号")],
    target: Annotated[Path, typer.Argument(help="写入的 ZIP 文件")],
    purpose: Annotated[str, typer.Option(help="用途，记入查阅台账")],
    original: Annotated[bool, typer.Option("--original", help="原件；须已获另一人批准")] = False,
    user: Annotated[str, typer.Option(help="用户名（导出原件时必填）")] = "",
) -> None:
    """导出一条线索的证据包，默认遮蔽私人信息；包内 verify.py 可离线核验。"""
    if original and not user:
        raise typer.BadParameter("导出原件须以 --user 指明经批准的申请人")
    services = open_services()
    person = sign_in(services, user) if user else None
    with services.truth.write() as tx:
        clue = scope.clue(tx, person, reference) if person else clues.get(tx, reference)
        info = originals.export(
            services,
            tx,
            actor=person.name if person else command_user(),
            clue=clue,
            form=BundleForm.ORIGINAL if original else BundleForm.MASKED,
            purpose=purpose,
            target=target,
        )
    out.print(f"{info.path}\n根摘要 {info.root_digest}")


@clue_app.command("route")
def explain_route(
    reference: Annotated[str, typer.Argument(help="线索编号")], as_json: Json = False
) -> None:
    """说明一条线索交给谁、为何、由谁承办、几时到期、是否需要审批。"""
    services = open_services()
    with services.truth.read() as tx:
        clue = clues.get(tx, reference)
    found = explanation.explain(
        clue,
        services.desk,
        day=civil_date(services.clock.now()),
        automatic=services.settings.dispatch.automatic,
    )
    if as_json:
        for one in found:
            emit_json(to_plain(one))
        return
    for one in found:
        out.print(f"[bold]{one.family}[/bold]（{'自动移送' if one.automatic else '待审批'}）")
        types = map(to_row, one.types)
        listing("依据", ("type", "severity", "subject", "region", "at"), types, as_json=False)
        rows = map(to_row, one.parts)
        listing("分工", ("role", "name", "unit", "handler", "ground"), rows, as_json=False)
        for clock in one.clocks:
            mark = "（暂定）" if clock.provisional else ""
            out.print(f"{clock.title}：{clock.due}{mark}，{clock.source}")


def seal(
    url: Annotated[str, typer.Argument(help="网址；不必先采集")],
    actor: Annotated[str, typer.Option(help="取证人，写入清单与台账")],
    purpose: Annotated[str, typer.Option(help="取证目的，写入清单与台账")],
    clue: Annotated[str | None, typer.Option(help="归入的线索编号")] = None,
) -> None:
    """立即访问并固证一个网址；网页已消失时以存证字节离线成像，并如实标明。"""
    services = open_services()
    now = services.clock.now()
    with services.truth.read() as tx:
        clue_id = clues.get(tx, clue).id if clue else None
    made = services.sealer.seal(
        CaptureRequest(
            id=derive_id("seal-by-hand", url, now.isoformat()),
            reason=RequestReason.SEAL,
            url=url,
            profile=Profile.OFFICER,
            clue_id=clue_id,
            requested_at=now,
            actor=actor,
            purpose=purpose,
        )
    )
    how = "实时访问" if made.live else "并非实时访问"
    out.print(
        f"{made.status.value}（{how}）{services.settings.evidence_directory / made.directory}"
    )
    if made.status is not SealStatus.SEALED:
        err.print(f"原因：{made.reason}")
        raise typer.Exit(Exit.PROBLEM)


def verify(as_json: Json = False) -> None:
    """重新核对全部证据：WARC 记录、账本链、固证文件；指出损坏之处。"""
    services = open_services()
    with Progress(console=err, disable=as_json) as progress:
        task = progress.add_task("核验", total=None)

        def advance(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        report = verification.verify(
            directory=services.settings.evidence_directory,
            database=services.truth,
            keys=services.keys if services.settings.key_file.exists() else None,
            timestamps=services.timestamps,
            progress=advance,
        )
    rows = [to_row(problem) for problem in report.problems]
    if as_json:
        unchecked = [to_plain(each) for each in report.unchecked]
        emit_json({"checked": report.checked, "problems": rows, "unchecked": unchecked})
    else:
        out.print(f"核验 {report.checked} 项，发现 {len(rows)} 个问题。")
        if report.unchecked:
            out.print(f"另有 {len(report.unchecked)} 项未核验：{report.unchecked[0].message}。")
        if rows:
            listing("问题", tuple(rows[0]), rows, as_json=False)
    if report.problems:
        raise typer.Exit(Exit.PROBLEM)
