"""Commands about the crawl: now, pause, resume, pauses, why."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from cluewatch import intake, workers
from cluewatch.cli.output import Exit, emit_json, err, listing, out
from cluewatch.cli.progress import print_results, spinner
from cluewatch.cli.wiring import open_services
from cluewatch.rendering import RenderWork
from cluewatch.results import results_since
from cluewatch.workers import WorkerRole
from crawlers import source_store
from crawlers.explanation import Explanation, explain
from crawlers.frontier import pace, pauses
from domain.errors import PermanentError
from storage.records import to_plain

ACTOR = "cli"
_LONGEST_NAME = 100
Host = Annotated[str | None, typer.Argument(help="主机名；不写则为全部采集")]
Operator = Annotated[
    str | None, typer.Option("--operator", help="运营者名称：其全部监测对象的主机")
]
Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(crawls, name="crawl")
    app.command()(why)


class UrlsByDefault(TyperGroup):
    """`crawl URL…` is short for `crawl now URL…`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command in front of anything that is not a command."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["now", *args]
        return super().parse_args(ctx, args)


crawls = typer.Typer(
    cls=UrlsByDefault,
    help="采集：立即采集网址，暂停或恢复采集。crawl URL… 即 crawl now URL…",
    no_args_is_help=True,
)


@crawls.command("now")
def now(
    urls: Annotated[list[str], typer.Argument(help="要采集的网址")],
    site: Annotated[bool, typer.Option("--site", help="连同站内链接到的页面一起采集")] = False,
    as_json: Json = False,
) -> None:
    """立即采集网址并研判，打印每个页面的结果。"""
    services = open_services()
    before = services.clock.now()
    with spinner("采集"):
        intake.crawl_now(services, urls, whole_sites=site)
    name = workers.worker_name(WorkerRole.RENDER)
    with services.evidence_writer(name) as writer, spinner("研判"):
        rendering = RenderWork(services, owner=name, writer=writer)
        workers.drain((*workers.all_steps(services), rendering.work))
    with services.truth.read() as tx:
        found = results_since(tx, before)
    print_results(found, as_json=as_json)
    if not found or any(not result.readable for result in found):
        raise typer.Exit(Exit.PARTLY if any(r.readable for r in found) else Exit.PROBLEM)


@crawls.command("pause")
def pause(
    host: Host = None,
    operator: Operator = None,
    reason: Annotated[str, typer.Option(help="原因，显示在 why 与状态中")] = "人工暂停",
) -> None:
    """暂停一个主机（含子域名）、一家机构的全部主机或全部采集；进行中的请求做完为止，不再发出新请求。"""
    services = open_services()
    if operator is not None:
        _one_of(host, operator)
        count = intake.stop_organisation(services, operator, actor=ACTOR, reason=reason)
        out.print(f"已暂停机构 {operator} 的 {count} 个主机；此后登记的主机同样暂停。")
        return
    place = _place(host)
    with services.frontier.write() as tx:
        pauses.pause(tx, place, at=services.clock.now(), actor=ACTOR, reason=reason)
    out.print(f"已暂停{_named(place)}。")


@crawls.command("resume")
def resume(host: Host = None, operator: Operator = None) -> None:
    """恢复被暂停的主机、机构或全部采集。"""
    services = open_services()
    place = _place(host)
    with services.frontier.write() as tx:
        if operator is not None:
            _one_of(host, operator)
            lifted = pauses.resume_organisation(tx, operator)
        else:
            lifted = pauses.resume(tx, place)
    named = _named(place) if operator is None else f"机构 {operator} "
    if not lifted:
        err.print(f"{named}并未暂停。")
        raise typer.Exit(Exit.PROBLEM)
    out.print(f"已恢复{named}。")


@crawls.command("pauses")
def list_pauses(as_json: Json = False) -> None:
    """列出当前的暂停。"""
    services = open_services()
    with services.frontier.read() as tx:
        found = pauses.all(tx)
    rows = (
        {
            "place": one.place,
            "since": one.since.isoformat(),
            "actor": one.actor,
            "reason": one.reason,
        }
        for one in found
    )
    listing("暂停", ("place", "since", "actor", "reason"), rows, as_json=as_json)


def _place(host: str | None) -> str:
    try:
        return pauses.EVERYWHERE if host is None else pauses.place_named(host)
    except PermanentError as error:
        raise typer.BadParameter(str(error)) from None


def _one_of(host: str | None, operator: str) -> None:
    if host is not None:
        raise typer.BadParameter("主机与 --operator 只能写一个")
    if len(operator) > _LONGEST_NAME:
        raise typer.BadParameter(f"名称超过 {_LONGEST_NAME} 字")


def _named(place: str) -> str:
    return "全部采集" if place == pauses.EVERYWHERE else f"主机 {place}"


def why(
    url: Annotated[str, typer.Argument(help="网址")],
    as_json: Json = False,
) -> None:
    """说明一个网址为何采集、为何还没采、受何规则约束、下次何时。"""
    services = open_services()
    with services.truth.read() as tx:
        sources = {source.id: source for source in source_store.all(tx)}
    with services.frontier.read() as tx:
        told = explain(tx, url, sources=sources, egress=services.egress, now=services.clock.now())
    if as_json:
        emit_json(to_plain(told))
    else:
        _print(told)


def _print(told: Explanation) -> None:
    report, moment = told.report, told.next_visit
    out.print(f"[bold]{escape(report.url)}[/bold]")
    out.print(f"为何采集：{told.fetched}", markup=False)
    out.print(f"复查依据：{report.reason}", markup=False)
    for hold in told.holds:
        until = f"至 {pace.in_words(hold.until)}" if hold.until else "须人工处理"
        out.print(f"为何未采：{hold.text}（{until}）", markup=False)
    when = pace.in_words(moment) if moment else "不会自动采集"
    out.print(f"下次采集：{when}", markup=False)
    rows = (
        {
            "时间": pace.in_words(visit.at),
            "结果": visit.outcome.value,
            "变更": "是" if visit.changed else "",
        }
        for visit in report.history
    )
    listing("采集经过", ("时间", "结果", "变更"), rows, as_json=False)
