"""`cluewatch saved …`: saved searches, what they found, and who was told."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer
from rich.progress import Progress

from cluewatch.cli.output import Exit, err, listing, out
from cluewatch.cli.wiring import open_services
from cluewatch.saved import store
from cluewatch.saved.store import SavedSearch
from cluewatch.saved.watching import back_test
from domain.errors import QuerySyntaxError
from indexer.language import parse
from storage.leases import WorkState

app = typer.Typer(help="保存检索：新内容命中即提醒。", no_args_is_help=True)
OWNER = "cli"

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]
Name = Annotated[str, typer.Argument(help="名称")]
Expression = Annotated[str, typer.Argument(help="检索式，例如：根治 且 判定:CLUE")]


@app.command()
def save(
    name: Name,
    expression: Expression,
    channel: Annotated[list[str] | None, typer.Option(help="通知渠道名，可重复")] = None,
) -> None:
    """保存一条检索，从此对新索引的内容提醒。"""
    services = open_services()
    _readable(expression)
    with services.truth.write() as tx:
        store.save(
            tx,
            id=services.ids.new(),
            name=name,
            expression=expression,
            owner=OWNER,
            channels=channel or (),
            known=services.settings.channels,
            at=services.clock.now(),
        )
    out.print(f"已保存“{name}”。", markup=False)


@app.command("list")
def list_searches(as_json: Json = False) -> None:
    """列出保存的检索。"""
    services = open_services()
    with services.truth.read() as tx:
        found = store.all_searches(tx)
    rows = (
        {
            "name": search.name,
            "expression": search.expression,
            "channels": search.channels,
            "owner": search.owner,
            "created_at": search.created_at.isoformat(),
        }
        for search in found
    )
    columns = ("name", "expression", "channels", "owner", "created_at")
    listing("保存的检索", columns, rows, as_json=as_json)


@app.command()
def test(
    expression: Expression,
    days: Annotated[int, typer.Option(min=1, max=3650, help="回看天数")] = 90,
    as_json: Json = False,
) -> None:
    """回测：若早已保存，过去这些天会提醒什么；不保存，不通知。"""
    services = open_services()
    services.index.ensure()
    _readable(expression)
    now = services.clock.now()
    search = SavedSearch(
        id="test", name="test", expression=expression, owner=OWNER, channels=(), created_at=now
    )
    with Progress(console=err) as progress:
        task = progress.add_task("回测", total=None)
        result = back_test(
            services,
            search,
            since=now - timedelta(days=days),
            progress=lambda count: progress.update(task, completed=count),
        )
    rows = (
        {
            "at": alert.at.isoformat(),
            "subject": alert.subject,
            "title": alert.title,
            "url": alert.url,
            "excerpt": alert.excerpt,
        }
        for alert in result.alerts
    )
    listing("本会提醒", ("at", "subject", "title", "excerpt"), rows, as_json=as_json)
    if not as_json:
        busiest = max((count for _, count in result.days), default=0)
        out.print(
            f"命中 {result.documents} 篇，合并为 {len(result.alerts)} 条提醒，"
            f"最多的一天 {busiest} 条。"
        )


@app.command()
def remove(name: Name) -> None:
    """删除一条保存的检索及其提醒。"""
    services = open_services()
    with services.truth.write() as tx:
        store.remove(tx, name)
    out.print(f"已删除“{name}”。", markup=False)


@app.command()
def alerts(
    name: Annotated[str | None, typer.Argument(help="只看这一条检索的")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="最多列出")] = 50,
    as_json: Json = False,
) -> None:
    """列出提醒，新的在前。"""
    services = open_services()
    with services.truth.read() as tx:
        names = {search.id: search.name for search in store.all_searches(tx)}
        wanted = store.get(tx, name).id if name else None
        found = store.alerts(tx, search_id=wanted, limit=limit)
    rows = (
        {
            "at": alert.at.isoformat(),
            "search": names[alert.search_id],
            "subject": alert.subject,
            "title": alert.title,
            "url": alert.url,
            "excerpt": alert.excerpt,
            "document_id": alert.document_id,
        }
        for alert in found
    )
    columns = ("at", "search", "subject", "title", "excerpt", "document_id")
    listing("提醒", columns, rows, as_json=as_json)


@app.command()
def deliveries(as_json: Json = False) -> None:
    """通知的投递记录：发给了谁、何时、答复或错误。"""
    services = open_services()
    with services.truth.read() as tx:
        found = store.deliveries(tx)
    rows = (
        {
            "created_at": line.created_at.isoformat(),
            "search": line.search,
            "channel": line.channel,
            "state": line.state.value,
            "attempts": line.attempts,
            "sent_at": line.sent_at.isoformat() if line.sent_at else None,
            "receipt": line.receipt,
            "error": None if line.state is WorkState.DONE else line.error,
        }
        for line in found
    )
    columns = ("created_at", "search", "channel", "state", "attempts", "receipt", "error")
    listing("通知投递", columns, rows, as_json=as_json)


def _readable(expression: str) -> None:
    try:
        parse(expression)
    except QuerySyntaxError as error:
        err.print(f"检索式有误：{error}")
        raise typer.Exit(Exit.USAGE) from error
