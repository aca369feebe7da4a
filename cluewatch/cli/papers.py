"""`cluewatch ticket paper|papers`: official papers from the template set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cluewatch.access import command_user, note_read
from cluewatch.cli.output import listing, out
from cluewatch.cli.wiring import open_services
from cluewatch.papers import case_file, paper_set
from domain.errors import PermanentError
from storage.records import to_row

commands = typer.Typer()


@commands.command("papers")
def list_papers(
    as_json: Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")] = False,
) -> None:
    """列出可制作的文书，及每一栏取自何种记录。"""
    papers = paper_set(open_services())
    rows = [to_row(field) for name in papers.titles for field in papers.fields(name)]
    listing("文书", ("paper", "title", "name", "expression"), rows, as_json=as_json)


@commands.command("paper")
def write_paper(
    reference: Annotated[str, typer.Argument(help="工单编号")],
    name: Annotated[str, typer.Argument(help="文书，见 ticket papers")],
    target: Annotated[Path, typer.Argument(help="写入的 DOCX 文件")],
    office: Annotated[str, typer.Option(help="收件机关编号；留空为主办机关")] = "",
) -> None:
    """按模板制作一份文书；未核实的条款标“待核”，无记录的栏目照实写明。"""
    if target.exists():
        raise PermanentError("文件已存在", at=str(target))
    services = open_services()
    papers = paper_set(services)
    with services.truth.write() as tx:
        case = case_file(services, tx, reference, office)
        content = papers.write(name, case)
        page = f"paper {name}"
        note_read(tx, actor=command_user(), subject=case.ticket.id, page=page, at=case.at)
    target.write_bytes(content)
    out.print(f"已写入 {target}")
