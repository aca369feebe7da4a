"""Commands about cases and their proof: clue, ticket, seal, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from cluewatch.casework import Casework
from cluewatch.cli.output import Exit, emit_json, err, listing, out
from cluewatch.cli.wiring import open_services
from cluewatch.delivery import build_bundle
from domain.captures import CaptureRequest, RequestReason, SealStatus
from domain.clues import ClueState
from domain.ids import derive_id
from domain.tickets import Move, TicketState
from evidence import verify as verification
from storage.records import to_plain
from tickets import clue_moves, clues, ledger, worklist
from tickets.clue_moves import ClueMove
from tickets.worklist import ClueFilter, TicketFilter

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
Note = Annotated[str, typer.Option(help="说明")]
ACTOR = "cli"
PAGE = 200

clue_app = typer.Typer(help="线索：列出、查看、研判、导出证据包。", no_args_is_help=True)
ticket_app = typer.Typer(help="工单：列出、查看、办理。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(clue_app, name="clue")
    app.add_typer(ticket_app, name="ticket")
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
    rows: list[dict[str, object]] = []
    after: str | None = None
    with services.truth.read() as tx:
        while True:
            found = worklist.clues(tx, ClueFilter(state=state, type=type), after=after, limit=PAGE)
            for entry in found.entries:
                row = to_plain(entry)
                if isinstance(row, dict):
                    rows.append(row)
            after = found.after
            if after is None:
                break
    columns = ("number", "subject_name", "types", "state", "seal", "sightings", "url")
    listing("线索", columns, rows, as_json=as_json)


@clue_app.command("show")
def show_clue(reference: Annotated[str, typer.Argument(help="线索编号")]) -> None:
    """以 JSON 显示一条线索的全部内容。"""
    services = open_services()
    with services.truth.read() as tx:
        emit_json(to_plain(clues.get(tx, reference)))


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


@clue_app.command("bundle")
def bundle(
    reference: Annotated[str, typer.Argument(help="线索编号")],
    target: Annotated[Path, typer.Argument(help="写入的 ZIP 文件")],
) -> None:
    """导出一条线索的证据包；包内 verify.py 可离线核验。"""
    services = open_services()
    with services.truth.write() as tx:
        info = build_bundle(services, tx, clues.get(tx, reference), target)
    out.print(f"{info.path}\n根摘要 {info.root_digest}")


@ticket_app.command("list")
def list_tickets(
    state: Annotated[TicketState | None, typer.Option(help="状态")] = None,
    as_json: Json = False,
) -> None:
    """列出工单，最新在前。"""
    services = open_services()
    rows: list[dict[str, object]] = []
    after: str | None = None
    with services.truth.read() as tx:
        while True:
            found = worklist.tickets(tx, TicketFilter(state=state), after=after, limit=PAGE)
            for ticket in found.entries:
                row = to_plain(ticket)
                if isinstance(row, dict):
                    rows.append({**row, "lead": ticket.lead})
            after = found.after
            if after is None:
                break
    columns = ("number", "family", "types", "lead", "state", "region")
    listing("工单", columns, rows, as_json=as_json)


@ticket_app.command("show")
def show_ticket(reference: Annotated[str, typer.Argument(help="工单编号")]) -> None:
    """以 JSON 显示一张工单及其经过。"""
    services = open_services()
    with services.truth.read() as tx:
        ticket = ledger.get(tx, reference)
        events = [to_plain(event) for event in ledger.events(tx, ticket.id)]
    emit_json({"ticket": to_plain(ticket), "events": events})


@ticket_app.command("move")
def move_ticket(
    reference: Annotated[str, typer.Argument(help="工单编号")],
    move: Annotated[Move, typer.Argument(help="办理动作")],
    note: Note = "",
    office: Annotated[str | None, typer.Option(help="改派至的机关（reassign）")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只显示将发生什么")] = False,
) -> None:
    """办理工单；批准移送（approve）会投递移送函与证据包。"""
    services = open_services()
    with services.truth.read() as tx:
        before = ledger.get(tx, reference)
    if dry_run:
        parts = "、".join(f"{part.role}{part.office}" for part in before.assignments)
        out.print(f"{before.number}：{before.state.value} → {move.value}；涉及 {parts}")
        return
    with services.truth.write() as tx:
        after = ledger.move(
            tx,
            ticket_id=before.id,
            move=move,
            actor=ACTOR,
            at=services.clock.now(),
            desk=services.desk,
            note=note,
            office=office,
        )
    out.print(f"{after.number}：{before.state.value} → {after.state.value}")


@ticket_app.command("characterise")
def characterise(
    reference: Annotated[str, typer.Argument(help="工单编号")],
    words: Annotated[str, typer.Argument(help="定性意见的文号与内容")],
    signer: Annotated[str, typer.Option(help="签署人")],
) -> None:
    """记录主办机关的定性意见；网信部门的处置件随后发出。"""
    services = open_services()
    with services.truth.write() as tx:
        ticket = ledger.get(tx, reference)
        ledger.characterise(
            tx, ticket_id=ticket.id, words=words, signer=signer, at=services.clock.now()
        )
    out.print(f"{ticket.number}：已定性")


def seal(url: Annotated[str, typer.Argument(help="已采集过的网址")]) -> None:
    """立即固证一个网址，不必等待线索。"""
    services = open_services()
    now = services.clock.now()
    made = services.sealer.seal(
        CaptureRequest(
            id=derive_id("seal-by-hand", url, now.isoformat()),
            reason=RequestReason.SEAL,
            url=url,
            requested_at=now,
        )
    )
    out.print(f"{made.status.value} {services.settings.evidence_directory / made.directory}")
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
            progress=advance,
        )
    rows = [row for row in map(to_plain, report.problems) if isinstance(row, dict)]
    if as_json:
        emit_json({"checked": report.checked, "problems": rows})
    else:
        out.print(f"核验 {report.checked} 项，发现 {len(rows)} 个问题。")
        if rows:
            listing("问题", tuple(rows[0]), rows, as_json=False)
    if report.problems:
        raise typer.Exit(Exit.PROBLEM)
