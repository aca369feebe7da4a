"""Commands about what happens beside a ticket's way: supervision, publication, correction, appeals,
joint visits, and requests between offices."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from cluewatch.cli.output import listing, out
from cluewatch.cli.tickets import ACTOR, Json, Note, Reference
from cluewatch.cli.wiring import open_services
from domain.errors import PermanentError
from storage.records import to_row
from tickets import appeals, assistance, clues, desk_notes, handovers, joint, ledger, recurrence
from tickets.appeals import AppealDecision
from tickets.assistance import Question
from tickets.calendar import civil_date
from tickets.handovers import Circumstances
from tickets.request_forms import AssistanceKind

Actor = Annotated[str, typer.Option(help="经办人")]

commands = typer.Typer()


@commands.command("supervise")
def supervise(
    reference: Reference,
    by: Annotated[str, typer.Option(help="督办机关；留空为解除督办")] = "",
    note: Note = "",
    actor: Actor = ACTOR,
) -> None:
    """督办一张工单，或解除督办。"""
    services = open_services()
    at = services.clock.now()
    with services.truth.write() as tx:
        ticket_id = ledger.get(tx, reference).id
        if by:
            desk_notes.supervise(tx, ticket_id=ticket_id, by=by, actor=actor, at=at, note=note)
        else:
            desk_notes.release(tx, ticket_id=ticket_id, actor=actor, at=at, note=note)
    out.print(f"{reference}：{f'{by}督办' if by else '已解除督办'}")


@commands.command("publish")
def publish(reference: Reference, note: Note = "", actor: Actor = ACTOR) -> None:
    """记录处罚信息已公示，公示时限随之结束。"""
    services = open_services()
    with services.truth.write() as tx:
        desk_notes.publish(
            tx,
            ticket_id=ledger.get(tx, reference).id,
            actor=actor,
            at=services.clock.now(),
            desk=services.desk,
            note=note,
        )
    out.print(f"{reference}：已公示")


@commands.command("correct")
def correct(
    reference: Reference,
    note: Annotated[str, typer.Argument(help="更正的内容")],
    actor: Actor = ACTOR,
) -> None:
    """更正已移送的内容；每个收到过的机关都会收到更正通知。"""
    services = open_services()
    with services.truth.write() as tx:
        told = desk_notes.correct(
            tx,
            ticket_id=ledger.get(tx, reference).id,
            actor=actor,
            at=services.clock.now(),
            note=note,
        )
    out.print(f"{reference}：将通知 {'、'.join(told)}")


@commands.command("appeal")
def appeal(
    reference: Reference,
    words: Annotated[str, typer.Argument(help="申诉内容；答复时为理由")],
    decision: Annotated[AppealDecision | None, typer.Option(help="答复：维持、更正、撤回")] = None,
    actor: Actor = ACTOR,
) -> None:
    """登记当事人的申诉，或以 --decision 答复。"""
    services = open_services()
    at = services.clock.now()
    with services.truth.write() as tx:
        ticket_id = ledger.get(tx, reference).id
        if decision is None:
            ticket = appeals.receive(tx, ticket_id=ticket_id, words=words, actor=actor, at=at)
        else:
            ticket = appeals.decide(
                tx,
                ticket_id=ticket_id,
                decision=decision,
                grounds=words,
                actor=actor,
                at=at,
                desk=services.desk,
            )
    out.print(f"{ticket.number}：{f'申诉{decision}' if decision else '申诉已登记'}")


@commands.command("case")
def case(reference: Reference, as_json: Json = False) -> None:
    """一案多查：同一当事人的在办工单、联系人、拟定的检查和前科。"""
    services = open_services()
    with services.truth.read() as tx:
        subject_id = clues.subject_of(tx, ledger.get(tx, reference).clue_id)
        found = joint.open_cases(tx, subject_id, services.desk.offices)
        repeats = recurrence.repeats(tx, subject_id, at=services.clock.now())
        ticket = ledger.get(tx, reference)
        criminal = handovers.reached(tx, ticket, Circumstances(), desk=services.desk)
    rows = map(to_row, found)
    columns = ("number", "name", "contact", "state", "planned_for", "visit")
    listing("在办工单", columns, rows, as_json=as_json)
    if not as_json:
        out.print(f"再现 {repeats.recurrences} 次，两年内处罚 {repeats.penalties} 次")
        for words in repeats.consequences:
            out.print(words)
        for one in criminal:
            out.print(f"涉嫌{one.crime.cited}：{one.ground.words}")


@commands.command("visit")
def visit(
    references: Annotated[list[str], typer.Argument(help="工单编号，同一当事人")],
    day: Annotated[datetime, typer.Option(help="检查日期", formats=["%Y-%m-%d"])],
    note: Note = "",
    actor: Actor = ACTOR,
) -> None:
    """定一次联合检查；同一当事人已有拟定的检查时并入其中。"""
    services = open_services()
    with services.truth.write() as tx:
        made = joint.plan_visit(
            tx,
            ticket_ids=[ledger.get(tx, reference).id for reference in references],
            day=day.date(),
            actor=actor,
            at=services.clock.now(),
            ids=services.ids,
            note=note,
        )
    out.print(f"检查 {made} 定于 {day.date()}")


@commands.command("visited")
def visited(
    visit_id: Annotated[str, typer.Argument(help="检查编号")],
    result: Annotated[str, typer.Argument(help="检查结果")],
    actor: Actor = ACTOR,
) -> None:
    """登记联合检查的结果，记入每一张有关工单。"""
    services = open_services()
    with services.truth.write() as tx:
        told = joint.report_visit(tx, visit_id, result=result, actor=actor, at=services.clock.now())
    out.print(f"结果已记入 {len(told)} 张工单")


@commands.command("ask")
def ask(
    reference: Reference,
    kind: Annotated[AssistanceKind, typer.Argument(help="协查、认定、检验")],
    question: Annotated[str, typer.Argument(help="请求事项")],
    *,
    asked: Annotated[str, typer.Option(help="被请求的机关")],
    asking: Annotated[str | None, typer.Option(help="请求的机关；留空为主办")] = None,
    actor: Actor = ACTOR,
) -> None:
    """请另一机关协查、认定或检验；检验期间工单挂起。"""
    services = open_services()
    with services.truth.write() as tx:
        ticket = ledger.get(tx, reference)
        request = assistance.ask(
            tx,
            ticket_id=ticket.id,
            question=Question(kind=kind, asking=asking or ticket.lead, asked=asked, words=question),
            actor=actor,
            at=services.clock.now(),
            desk=services.desk,
            ids=services.ids,
        )
    out.print(f"{request.number}：{request.due} 前答复")


@commands.command("answer")
def answer(
    reference: Annotated[str, typer.Argument(help="协助请求编号")],
    points: Annotated[list[str], typer.Argument(help="项目=内容；退回时为理由")],
    *,
    decline: Annotated[bool, typer.Option("--decline", help="退回请求")] = False,
    actor: Actor = ACTOR,
) -> None:
    """按规定的项目答复协助请求，或退回。"""
    services = open_services()
    at = services.clock.now()
    with services.truth.write() as tx:
        if decline:
            request = assistance.decline(
                tx, reference, reason=" ".join(points), actor=actor, at=at, desk=services.desk
            )
        else:
            request = assistance.answer(
                tx, reference, form=_form(points), actor=actor, at=at, desk=services.desk
            )
    out.print(f"{request.number}：{request.state}")


@commands.command("requests")
def requests(
    office: Annotated[str | None, typer.Option(help="只列此机关须答复的")] = None,
    as_json: Json = False,
) -> None:
    """待答复的协助请求，最急的在前。"""
    services = open_services()
    today = civil_date(services.clock.now())
    with services.truth.read() as tx:
        found = assistance.waiting(tx, asked=office)
    rows = [{**to_row(request), "overdue": today > request.due} for request in found]
    columns = ("number", "kind", "asking", "asked", "due", "overdue", "question")
    listing("协助请求", columns, rows, as_json=as_json)


def _form(points: list[str]) -> dict[str, str]:
    form = {}
    for point in points:
        name, mark, value = point.partition("=")
        if not mark:
            raise PermanentError(f"“{point}”不是“项目=内容”")
        form[name.strip()] = value.strip()
    return form
