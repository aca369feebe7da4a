"""Commands about tickets: list, show, move, hand, split, characterise, clocks."""

from __future__ import annotations

from typing import Annotated

import typer

from cluewatch.access import command_user, note_read
from cluewatch.cli.output import emit_json, listing, out
from cluewatch.cli.wiring import open_services
from domain.tickets import Move, Opinion, ReturnReason, TicketState
from storage.records import to_plain, to_row
from tickets import deadlines, extensions, issue, ledger, opinions, reckoning, worklist
from tickets.calendar import civil_date
from tickets.ledger import Order
from tickets.outcomes import CODED
from tickets.worklist import TicketFilter

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
Note = Annotated[str, typer.Option(help="说明")]
Reference = Annotated[str, typer.Argument(help="工单编号")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="只显示将发生什么")]
ACTOR = "cli"

ticket_app = typer.Typer(help="工单：列出、查看、办理、时限、投递。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(ticket_app, name="ticket")


@ticket_app.command("list")
def list_tickets(
    state: Annotated[TicketState | None, typer.Option(help="状态")] = None,
    as_json: Json = False,
) -> None:
    """列出工单，最新在前。"""
    services = open_services()
    with services.truth.read() as tx:
        found = worklist.every_ticket(tx, TicketFilter(state=state))
        rows = [{**to_row(ticket), "lead": ticket.lead} for ticket in found]
    columns = ("number", "family", "types", "lead", "state", "region")
    listing("工单", columns, rows, as_json=as_json)


@ticket_app.command("show")
def show_ticket(reference: Annotated[str, typer.Argument(help="工单编号")]) -> None:
    """以 JSON 显示一张工单及其经过。"""
    services = open_services()
    with services.truth.write() as tx:
        ticket = ledger.get(tx, reference)
        note_read(
            tx, actor=command_user(), subject=ticket.id, page="ticket", at=services.clock.now()
        )
        events = [to_plain(event) for event in ledger.events(tx, ticket.id)]
    emit_json({"ticket": to_plain(ticket), "events": events})


@ticket_app.command("move")
def move_ticket(
    reference: Reference,
    move: Annotated[Move, typer.Argument(help="办理动作")],
    *,
    note: Note = "",
    office: Annotated[
        str | None, typer.Option(help="新的主办机关（reassign、transfer、designate）")
    ] = None,
    reason: Annotated[ReturnReason | None, typer.Option(help="退回原因（return）")] = None,
    actor: Annotated[str, typer.Option(help="经办人")] = ACTOR,
    signer: Annotated[str, typer.Option(help="签批人（机关规定须签批时）")] = "",
    dry_run: DryRun = False,
) -> None:
    """办理工单；批准移送（approve）会投递移送函与证据包。"""
    if move in CODED:
        raise typer.BadParameter("办理结果用 cluewatch ticket outcome 记录，连同原因与文号")
    services = open_services()
    with services.truth.read() as tx:
        before = ledger.get(tx, reference)
    if dry_run:
        parts = "、".join(f"{part.role}{part.office}" for part in before.assignments)
        out.print(f"{before.number}：{before.state.value} → {move.value}；涉及 {parts}")
        return
    order = Order(
        move=move,
        actor=actor,
        at=services.clock.now(),
        note=note,
        office=office,
        reason=reason,
        signer=signer,
    )
    with services.truth.write() as tx:
        after = ledger.move(tx, ticket_id=before.id, order=order, desk=services.desk)
    out.print(f"{after.number}：{before.state.value} → {after.state.value}")


@ticket_app.command("hand")
def hand(
    reference: Reference,
    office: Annotated[str, typer.Argument(help="机关编号")],
    handler: Annotated[str, typer.Argument(help="承办人")],
    actor: Annotated[str, typer.Option(help="经办人")] = ACTOR,
) -> None:
    """机关内部分派：改由另一承办人办理。"""
    services = open_services()
    with services.truth.write() as tx:
        ticket = ledger.hand(
            tx,
            ticket_id=ledger.get(tx, reference).id,
            office=office,
            handler=handler,
            actor=actor,
            at=services.clock.now(),
            desk=services.desk,
        )
    out.print(f"{ticket.number}：{office} 由 {handler} 承办")


@ticket_app.command("split")
def split(
    reference: Reference,
    types: Annotated[list[str], typer.Argument(help="分出的违法类型")],
    office: Annotated[str, typer.Option(help="另一主办机关")],
    note: Note = "",
    actor: Annotated[str, typer.Option(help="经办人")] = ACTOR,
) -> None:
    """分办：把一部分类型交另一机关主办，成为同案组的另一张工单。"""
    services = open_services()
    with services.truth.write() as tx:
        made = issue.split(
            tx,
            ticket_id=ledger.get(tx, reference).id,
            types=frozenset(types),
            office=office,
            desk=services.desk,
            ids=services.ids,
            at=services.clock.now(),
            actor=actor,
            note=note,
        )
    out.print(f"已分出 {made.number}，主办 {made.lead}")


@ticket_app.command("characterise")
def characterise(
    reference: Reference,
    number: Annotated[str, typer.Argument(help="定性意见的文号")],
    words: Annotated[str, typer.Argument(help="定性意见的内容")],
    signer: Annotated[str, typer.Option(help="签署人")],
) -> None:
    """记录主办机关的定性意见；固证完整后，网信部门的处置件随之发出。"""
    services = open_services()
    opinion = Opinion(number=number, words=words, signer=signer, at=services.clock.now())
    with services.truth.write() as tx:
        ticket = ledger.get(tx, reference)
        opinions.characterise(tx, ticket_id=ticket.id, opinion=opinion)
    out.print(f"{ticket.number}：已定性")


@ticket_app.command("clocks")
def clocks(
    *,
    office: Annotated[str | None, typer.Option(help="只列此主办机关")] = None,
    at_least: Annotated[int, typer.Option(help="至少用去的百分比：0、50、80、100")] = 50,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列已逾期的")] = False,
    as_json: Json = False,
) -> None:
    """在走的时限，最急的在前：50、80、100% 预警与逾期。"""
    services = open_services()
    today = civil_date(services.clock.now())
    with services.truth.read() as tx:
        found = deadlines.readings(tx, today=today, at_least=at_least, office=office)
    wanted = [reading for reading in found if reading.overdue or not overdue]
    rows = map(to_row, wanted)
    columns = ("number", "office", "title", "due", "flag", "overdue", "provisional")
    listing("时限", columns, rows, as_json=as_json)


@ticket_app.command("extend")
def extend(
    reference: Reference,
    clock: Annotated[str, typer.Argument(help="时钟，例如 filing")],
    *,
    reason: Annotated[str, typer.Option(help="申请延期的理由")] = "",
    grant: Annotated[
        bool | None, typer.Option("--grant/--refuse", help="批准或不批准已有的申请")
    ] = None,
    actor: Annotated[str, typer.Option(help="经办人；批准人不得是申请人")] = ACTOR,
) -> None:
    """申请延期（--reason），或由他人批准（--grant）、不批准（--refuse）。"""
    services = open_services()
    at = services.clock.now()
    with services.truth.write() as tx:
        ticket_id = ledger.get(tx, reference).id
        if grant is None:
            ticket = extensions.ask(
                tx,
                ticket_id=ticket_id,
                clock=clock,
                reason=reason,
                actor=actor,
                at=at,
                desk=services.desk,
            )
        else:
            ticket = extensions.answer(
                tx,
                ticket_id=ticket_id,
                clock=clock,
                granted=grant,
                actor=actor,
                at=at,
                desk=services.desk,
            )
    out.print("\n".join(f"{d.title}：{d.due}" for d in ticket.deadlines) or "没有在走的时限")


@ticket_app.command("reckon")
def reckon(dry_run: DryRun = False) -> None:
    """节假日公布、日历补入新年度后，重算暂定的时限并记入工单。"""
    services = open_services()
    with services.truth.write() as tx, tx.begin_nested() as trial:
        moved = reckoning.reckon_provisional(
            tx, desk=services.desk, actor=ACTOR, at=services.clock.now()
        )
        if dry_run:
            trial.rollback()
    for change in moved:
        out.print(f"{change.title}：{change.old} → {change.due}")
    out.print(f"重算 {len(moved)} 项。")
