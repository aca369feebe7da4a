"""`cluewatch register …`: lists of the authorities come in, and can be looked at."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cluewatch.cli.output import Exit, emit_json, err, listing, out
from cluewatch.cli.progress import spinner
from cluewatch.cli.wiring import open_services
from registers import lookup, store
from registers.book import CHINA
from registers.headings import NO_MAPPING, load_mapping
from registers.kinds import kind_of, kinds
from registers.lookup import Version
from storage.records import to_plain

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
KindName = Annotated[str, typer.Argument(help="登记簿：见 register mappings", metavar="KIND")]

app = typer.Typer(help="许可登记簿：导入、列出、查阅。", no_args_is_help=True)


@app.command("import")
def import_list(  # noqa: PLR0917 - typer reads positional parameters
    kind: KindName,
    file: Annotated[Path, typer.Argument(help="CSV、XLSX 或 JSON", exists=True, dir_okay=False)],
    as_of: Annotated[str, typer.Option(help="名录截至日期（YYYY-MM-DD）")],
    mapping: Annotated[
        Path | None,
        typer.Option(help="映射文件（YAML：哪一列是哪个字段）", exists=True, dir_okay=False),
    ] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="名录对其所含地区是完整的，可据以认定“无”")
    ] = False,
    as_json: Json = False,
) -> None:
    """导入一份名录；有误的行逐行报告，其余照常导入。"""
    day = _day(as_of, "--as-of")
    services = open_services()
    columns = load_mapping(mapping, kind_of(kind)) if mapping else NO_MAPPING
    with spinner("导入"), services.truth.write() as tx:
        report = store.import_register(
            tx,
            kind,
            file,
            as_of=day,
            at=services.clock.now(),
            complete=complete,
            mapping=columns,
        )
    if as_json:
        emit_json(to_plain(report))
    else:
        for error in report.errors:
            column = f"“{error.column}”列" if error.column else ""
            err.print(f"{file.name} 第 {error.row} 行{column}：{error.reason}", markup=False)
        if report.unknown:
            err.print(f"未采用的列：{'、'.join(report.unknown)}", markup=False)
        out.print(f"共 {report.rows} 行，导入 {report.imported} 条记录。")
        if complete:
            out.print(f"可据以认定“无”的区划：{'、'.join(report.covered) or '没有'}。")
    if report.errors:
        raise typer.Exit(Exit.PARTLY)


@app.command("list")
def list_imports(
    kind: Annotated[str | None, typer.Argument(help="只列这个登记簿", metavar="[KIND]")] = None,
    as_json: Json = False,
) -> None:
    """列出已导入的名录：登记簿、截至日期、条数、完整的区划。"""
    services = open_services()
    with services.truth.read() as tx:
        found = store.held(tx, kind)
    rows = (
        {
            "kind": one.kind,
            "title": kinds()[one.kind].title,
            "file": one.file,
            "as_of": one.as_of.isoformat(),
            "imported_at": one.imported_at.isoformat(),
            "rows": one.rows,
            "refused": one.refused,
            "covered": list(one.covered),
        }
        for one in found
    )
    columns = ("kind", "title", "file", "as_of", "rows", "refused", "covered")
    listing("已导入的名录", columns, rows, as_json=as_json)


@app.command()
def show(
    kind: KindName,
    record: Annotated[str, typer.Argument(help="编号或名称（名称的一部分也可以）")],
    day: Annotated[str | None, typer.Option(help="按哪一天的登记（默认今天）")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="最多列出")] = 20,
    as_json: Json = False,
) -> None:
    """查阅登记记录在某一天的样子；没有找到时退出码为 1。"""
    services = open_services()
    when = _day(day, "--day") if day else services.clock.now().astimezone(CHINA).date()
    with services.truth.read() as tx:
        found = lookup.named(tx, kind_of(kind), record, day=when, limit=limit)
    for version in found:
        if as_json:
            emit_json(to_plain(version))
        else:
            _print(version)
    if not found:
        err.print(f"截至 {when} 已导入的名录中没有查到“{record}”（不等于没有登记）。", markup=False)
        raise typer.Exit(Exit.PROBLEM)


@app.command()
def mappings(
    kind: Annotated[str | None, typer.Argument(help="只列这个登记簿", metavar="[KIND]")] = None,
    as_json: Json = False,
) -> None:
    """列出各登记簿的字段和能够识别的表头；其他表头用映射文件指明。"""
    wanted = [kind_of(kind)] if kind else kinds().values()
    rows = [
        {
            "kind": one.key,
            "register": one.title,
            "field": field.key,
            "title": field.title,
            "reads": field.reads.value,
            "required": field.required,
            "headings": list(field.headings),
        }
        for one in wanted
        for field in one.fields.values()
    ]
    listing("字段与表头", ("kind", "field", "title", "required", "headings"), rows, as_json=as_json)


def _print(version: Version) -> None:
    entry = version.entry
    out.print(f"{entry.name}（{version.file}，截至 {version.as_of}）", style="bold", markup=False)
    shown = {
        **entry.numbers,
        **entry.parties,
        "address": entry.address,
        "region": entry.region,
        "phone": "、".join(entry.phones),
        "valid_from": str(entry.valid_from or ""),
        "valid_until": str(entry.valid_until or ""),
        **{key: entry.detail(key) for key in entry.details},
    }
    fields = kind_of(entry.kind).fields
    for key, value in shown.items():
        if value:
            out.print(f"  {fields[key].title}：{value}", markup=False)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"不是日期：{text}", param_hint=option) from None
