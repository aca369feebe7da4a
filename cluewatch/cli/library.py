"""Commands that read what was seen: search, show, gaps."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cluewatch import export
from cluewatch.cli.output import Exit, emit_json, err, listing, out
from cluewatch.cli.wiring import open_services
from crawlers.canonical import canonical_url
from documents import store as documents
from domain.errors import QuerySyntaxError
from domain.queries import Everything, SearchRequest, Sort
from indexer.highlight import highlights
from indexer.language import parse

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
_AROUND = 30


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(search)
    app.command()(show)


def search(
    expression: Annotated[str, typer.Argument(help="检索式，例如：根治 且 判定:CLUE；* 为全部")],
    sort: Annotated[Sort, typer.Option(help="排序")] = Sort.RELEVANCE,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="最多列出")] = 20,
    after: Annotated[str | None, typer.Option(help="上一页给出的游标")] = None,
    as_json: Json = False,
) -> None:
    """检索已采集的全部内容。"""
    services = open_services()
    try:
        query = Everything() if expression.strip() == "*" else parse(expression)
    except QuerySyntaxError as error:
        err.print(f"检索式有误：{error}")
        raise typer.Exit(Exit.USAGE) from error
    services.index.ensure()
    result = services.index.search(SearchRequest(query=query, sort=sort, limit=limit, after=after))
    rows: list[dict[str, Any]] = []
    with services.truth.read() as tx:
        for hit in result.hits:
            document = documents.get(tx, hit.id)
            marks = highlights(query, document.text)
            start, end = marks[0] if marks else (0, 0)
            rows.append(
                {
                    "id": hit.id,
                    "title": document.title,
                    "url": document.url,
                    "excerpt": document.text[max(0, start - _AROUND) : end + _AROUND],
                    "score": hit.score,
                    "highlights": marks,
                }
            )
    listing("检索结果", ("id", "title", "url", "excerpt"), rows, as_json=as_json)
    if not as_json:
        more = f"；下一页：--after '{result.after}'" if result.after else ""
        out.print(f"共 {result.total} 篇{more}")


def show(
    document_id: Annotated[str | None, typer.Argument(help="文档编号或网址")] = None,
    everything: Annotated[bool, typer.Option("--all", help="全部文档（仅 --json）")] = False,
    as_json: Json = False,
) -> None:
    """显示文档：原文、发现、判定、许可比对。"""
    if everything != (document_id is None) or (everything and not as_json):
        raise typer.BadParameter("给出一个文档编号，或同时使用 --all 与 --json")
    services = open_services()
    with services.truth.read() as tx:
        grade = services.policy_in_force(tx).grade
        if document_id is None:
            for row in export.all_rows(tx, grade):
                emit_json(row)
            return
        document = (
            documents.by_url(tx, canonical_url(document_id)) if "://" in document_id else None
        )
        row = export.document_row(tx, document or documents.get(tx, document_id), grade)
    if as_json:
        emit_json(row)
        return
    out.print(f"[bold]{row['title']}[/bold]\n{row['url']}\n", markup=True)
    out.print(row["text"], markup=False)
    columns = ("type", "quote", "score", "origin", "articles")
    listing("发现", columns, row["findings"], as_json=False)
    for reason in (row["assessment"] or {"reasons": []})["reasons"]:
        out.print(reason, markup=False)
