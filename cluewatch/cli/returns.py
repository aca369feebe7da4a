"""`cluewatch return …`: the quarterly form from the districts' entries to the city's sum."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cluewatch.cli.output import Exit, err, listing, out
from cluewatch.cli.wiring import open_services
from domain.errors import PermanentError
from storage import spreadsheets
from storage.records import to_row
from tickets.calendar import civil_date
from tickets.control import return_form, return_sheet, returns

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
District = Annotated[str, typer.Argument(help="区县的区划代码（六位）")]
QuarterWords = Annotated[str, typer.Argument(help="季度，例如 2026Q1")]
Actor = Annotated[str, typer.Option(help="经办人")]

app = typer.Typer(help="季度量化统计表：填写、签报、退回、汇总、催报。", no_args_is_help=True)


@app.command()
def show(district: District, quarter: QuarterWords, as_json: Json = False) -> None:
    """一个区县的统计表：填写的、系统统计的，以及还缺哪些栏目。"""
    services = open_services()
    form = services.control.form
    with services.truth.read() as tx:
        found = returns.read(
            tx,
            form,
            services.control.measures,
            region=district,
            quarter=return_form.quarter(quarter),
        )
    rows = return_sheet.rows(form, found.numbers)
    listing(f"{district} {quarter}", return_sheet.COLUMNS, rows, as_json=as_json)
    if as_json:
        return
    if found.signed_at is not None:
        out.print(f"{found.signed_by} 已于 {found.signed_at.isoformat()} 签报", markup=False)
    else:
        out.print(f"未签报，缺 {len(found.missing)} 个栏目。{found.note}", markup=False)


@app.command()
def tickets(
    district: District,
    quarter: QuarterWords,
    cell: Annotated[str, typer.Argument(help="栏目编号")],
    as_json: Json = False,
) -> None:
    """列出一个系统统计的栏目背后的工单。"""
    services = open_services()
    with services.truth.read() as tx:
        found = returns.tickets(
            tx,
            services.control.form,
            services.control.measures,
            cell,
            region=district,
            quarter=return_form.quarter(quarter),
        )
    listing("工单", ("number", "office", "region", "at"), map(to_row, found), as_json=as_json)


@app.command()
def enter(
    district: District,
    quarter: QuarterWords,
    values: Annotated[list[str] | None, typer.Argument(help="栏目编号=数值，可多个")] = None,
    *,
    sheet: Annotated[Path | None, typer.Option(help="填好的表格（export 导出的样式）")] = None,
    actor: Actor,
) -> None:
    """填写栏目：逐个给出，或用 --sheet 读入填好的表格；有一个不对则全部不记。"""
    services = open_services()
    form = services.control.form
    numbers = return_sheet.entries(form, spreadsheets.rows(sheet), sheet.name) if sheet else {}
    numbers |= dict(_value(words) for words in values or ())
    with services.truth.write() as tx:
        returns.enter(
            tx,
            form,
            numbers,
            region=district,
            quarter=return_form.quarter(quarter),
            actor=actor,
            at=services.clock.now(),
        )
    out.print(f"已填写 {len(numbers)} 个栏目")


@app.command()
def sign(
    district: District, quarter: QuarterWords, signer: Annotated[str, typer.Option(help="签报人")]
) -> None:
    """签报：数字从此固定，系统统计的也不再变动。"""
    services = open_services()
    with services.truth.write() as tx:
        found = returns.sign(
            tx,
            services.control.form,
            services.control.measures,
            region=district,
            quarter=return_form.quarter(quarter),
            signer=signer,
            at=services.clock.now(),
        )
    out.print(f"{found.region} {found.quarter}：已签报", markup=False)


@app.command("give-back")
def give_back(
    district: District,
    quarter: QuarterWords,
    reason: Annotated[str, typer.Argument(help="退回理由")],
    actor: Actor,
) -> None:
    """把已签报的统计表退回区县修改。"""
    services = open_services()
    with services.truth.write() as tx:
        returns.give_back(
            tx,
            region=district,
            quarter=return_form.quarter(quarter),
            reason=reason,
            actor=actor,
        )
    out.print(f"{district} {quarter}：已退回", markup=False)


@app.command()
def merge(quarter: QuarterWords, as_json: Json = False) -> None:
    """全市汇总：已签报区县之和；还有区县未签报时退出码为 3。"""
    services = open_services()
    form = services.control.form
    with services.truth.read() as tx:
        districts = returns.districts_of(tx, services.desk.offices)
        found = returns.merge(
            tx,
            form,
            services.control.measures,
            districts=districts,
            quarter=return_form.quarter(quarter),
        )
    rows = return_sheet.rows(form, found.numbers)
    listing(f"全市 {quarter}", return_sheet.COLUMNS, rows, as_json=as_json)
    if found.wanting:
        err.print(f"未签报：{'、'.join(found.wanting)}", markup=False)
        raise typer.Exit(Exit.PARTLY)


@app.command()
def export(
    quarter: QuarterWords,
    target: Annotated[Path, typer.Argument(help="写入的 XLSX 文件")],
    district: Annotated[str | None, typer.Option(help="区县；留空为全市汇总")] = None,
) -> None:
    """导出为表格：区县的可填写后用 enter --sheet 读回。"""
    services = open_services()
    form, wanted = services.control.form, return_form.quarter(quarter)
    with services.truth.read() as tx:
        if district:
            one = returns.read(tx, form, services.control.measures, region=district, quarter=wanted)
            numbers = one.numbers
        else:
            districts = returns.districts_of(tx, services.desk.offices)
            numbers = returns.merge(
                tx, form, services.control.measures, districts=districts, quarter=wanted
            ).numbers
    return_sheet.write(target, form, numbers)
    out.print(f"已写入 {target}", markup=False)


@app.command()
def late(quarter: QuarterWords, as_json: Json = False) -> None:
    """催报：逾期未签报的区县；有则退出码为 1。"""
    services = open_services()
    wanted = return_form.quarter(quarter)
    with services.truth.read() as tx:
        districts = returns.districts_of(tx, services.desk.offices)
        found = returns.late(
            tx,
            services.control.form,
            districts=districts,
            quarter=wanted,
            today=civil_date(services.clock.now()),
        )
    due = wanted.due(services.control.form).isoformat()
    rows = [{"region": region, "quarter": quarter, "due": due} for region in found]
    listing("逾期未报", ("region", "quarter", "due"), rows, as_json=as_json)
    if rows:
        raise typer.Exit(Exit.PROBLEM)


def _value(words: str) -> tuple[str, int]:
    name, mark, value = words.partition("=")
    if not (mark and value.strip().isascii() and value.strip().isdigit()):
        raise PermanentError(f"“{words}”不是“栏目编号=数值”")
    return name.strip(), int(value)
