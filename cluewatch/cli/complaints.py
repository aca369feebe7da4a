"""Commands about complaints: import, add, list, owed, accept, refuse, raise, tell, answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cluewatch import complaints as desk
from cluewatch.cli.output import Exit, listing, out
from cluewatch.cli.tickets import ACTOR, DryRun, Json
from cluewatch.cli.wiring import open_services
from storage.records import to_row
from tickets import complaint_clocks, complaints, vault
from tickets.calendar import civil_date
from tickets.complaints import ComplaintSource, ComplaintState
from tickets.vault import Reporter

Reference = Annotated[str, typer.Argument(help="投诉编号")]
Actor = Annotated[str, typer.Option(help="经办人")]

complaint_app = typer.Typer(
    help="投诉举报：导入、受理、告知去向、立线索、反馈；举报人信息另存。", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(complaint_app, name="complaint")


@complaint_app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="热线或平台导出（XLSX、CSV）", exists=True)],
    *,
    source: Annotated[ComplaintSource, typer.Option(help="来源")],
    actor: Actor = ACTOR,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """导入热线、平台的导出；有误的行逐行报告，其余照常导入，重复的不再登记。"""
    services = open_services()
    found = desk.import_export(services, file, source, actor=actor, dry_run=dry_run)
    rows = map(to_row, found)
    listing("投诉", ("row", "number", "created", "suggestion", "error"), rows, as_json=as_json)
    failed = sum(one.error is not None for one in found)
    if failed:
        raise typer.Exit(Exit.PARTLY if failed < len(found) else Exit.PROBLEM)


@complaint_app.command("add")
def add(
    words: Annotated[str, typer.Argument(help="举报内容")],
    *,
    party: Annotated[str, typer.Option(help="被举报人")],
    source: Annotated[ComplaintSource, typer.Option(help="来源")] = ComplaintSource.LETTER,
    external_no: Annotated[str, typer.Option("--no", help="来文编号；留空自动编号")] = "",
    region: Annotated[str, typer.Option(help="六位区划代码")] = "",
    name: Annotated[str, typer.Option(help="举报人姓名（只存入举报人库）")] = "",
    phone: Annotated[str, typer.Option(help="举报人电话（只存入举报人库）")] = "",
    actor: Actor = ACTOR,
) -> None:
    """登记一封来信、一次来访或其他机关的移送。"""
    complaint, created = desk.register(
        open_services(),
        source=source,
        external_no=external_no,
        party=party,
        words=words,
        region=region,
        reporter=Reporter(name=name, phone=phone) if name or phone else None,
        actor=actor,
    )
    out.print(
        f"{complaint.number}：{'已登记' if created else '此前已登记'}，{complaint.due} 前决定"
    )


@complaint_app.command("list")
def list_complaints(
    state: Annotated[ComplaintState | None, typer.Option(help="状态")] = None,
    as_json: Json = False,
) -> None:
    """列出投诉，最急的在前；不显示举报人。"""
    services = open_services()
    with services.truth.read() as tx:
        found = complaints.all_in(tx, [state] if state else list(ComplaintState))
    rows = map(to_row, found)
    columns = ("number", "source", "external_no", "party", "state", "due", "words")
    listing("投诉", columns, rows, as_json=as_json)


@complaint_app.command("owed")
def owed(as_json: Json = False) -> None:
    """对举报人和来源应办未办的：受理决定、立案告知、结果反馈，最急的在前。"""
    services = open_services()
    today = civil_date(services.clock.now())
    with services.truth.read() as tx:
        found = complaint_clocks.owed(tx, desk=services.desk, today=today)
    rows = map(to_row, found)
    listing("应办", ("number", "what", "due", "overdue", "party"), rows, as_json=as_json)


@complaint_app.command("accept")
def accept(reference: Reference, actor: Actor = ACTOR) -> None:
    """受理；其中的网址随即排入采集，由此发现的线索自动关联。"""
    complaint = desk.accept(open_services(), reference, actor=actor)
    out.print(f"{complaint.number}：已受理，待采集 {len(complaint.urls)} 个网址")


@complaint_app.command("refuse")
def refuse(
    reference: Reference,
    to: Annotated[str, typer.Option(help="去处；留空用按内容建议的")] = "",
    actor: Actor = ACTOR,
) -> None:
    """不予受理，并写明应向何处反映。"""
    services = open_services()
    places = services.desk.places
    with services.truth.write() as tx:
        complaint = complaints.get(tx, reference)
        place = places.get(to) if to else places.suggested(complaint.words)
        complaint = complaints.refuse(
            tx, complaint.id, place=place, actor=actor, at=services.clock.now()
        )
    out.print(f"{complaint.number}：{complaint.answer}")


@complaint_app.command("raise")
def raise_clue(
    reference: Reference,
    types: Annotated[list[str], typer.Argument(help="涉嫌的违法类型")],
    actor: Actor = ACTOR,
) -> None:
    """把没有网页的举报立为线索（注明未完成固证）。"""
    clue, complaint = desk.raise_clue(open_services(), reference, types=types, actor=actor)
    out.print(f"{complaint.number} → {clue.number}")


@complaint_app.command("tell")
def tell(
    reference: Reference,
    words: Annotated[str, typer.Argument(help="告知内容")],
    actor: Actor = ACTOR,
) -> None:
    """记录已告知举报人是否立案。"""
    services = open_services()
    with services.truth.write() as tx:
        found = complaints.tell(tx, reference, words=words, actor=actor, at=services.clock.now())
    out.print(f"{found.number}：已告知")


@complaint_app.command("answer")
def answer(
    reference: Reference,
    words: Annotated[str, typer.Argument(help="处理结果")],
    actor: Actor = ACTOR,
) -> None:
    """记录已向举报人和来源反馈处理结果。"""
    services = open_services()
    with services.truth.write() as tx:
        found = complaints.answer(tx, reference, words=words, actor=actor, at=services.clock.now())
    out.print(f"{found.number}：已反馈")


@complaint_app.command("reporter")
def reporter(
    reference: Reference,
    purpose: Annotated[str, typer.Option(help="查看的用途，记入审计")],
    actor: Actor = ACTOR,
) -> None:
    """查看举报人；每次查看连同用途记入访问账本。"""
    services = open_services()
    with services.truth.write() as tx:
        complaint = complaints.get(tx, reference)
        found = vault.look(tx, complaint.id, actor=actor, purpose=purpose, at=services.clock.now())
    out.print(f"{found.name} {found.phone} {found.address}".strip())
