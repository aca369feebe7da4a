"""Why an address is looked at when it is: every rule that holds it back, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from attrs import frozen
from sqlalchemy import Connection

from crawlers import robots
from crawlers.egress import Egress, PolicyDenied
from crawlers.frontier import pace, pauses, reports
from crawlers.frontier.records import UrlReport, UrlState
from domain.sources import Source


@frozen(kw_only=True)
class Hold:
    """One rule that keeps an address waiting. `until` None: until somebody changes something."""

    rule: str
    until: datetime | None
    text: str


@frozen(kw_only=True)
class Explanation:
    """An address, how often it was fetched and why, and what it waits for.

    `next_visit` is the earliest moment that all `holds` permit, None when no moment does.
    """

    report: UrlReport
    fetched: str
    holds: tuple[Hold, ...]
    next_visit: datetime | None


def explain(
    tx: Connection, url: str, *, sources: Mapping[str, Source], egress: Egress, now: datetime
) -> Explanation:
    """Ask every rule about an address at the civil moment `now`. Raises NotFound.

    `tx` is of the frontier; `sources` are those under watch, by id.
    """
    report = reports.of_url(tx, url)
    source = sources.get(report.source_id or "")
    holds = (
        *_of_url(report, now),
        *_of_host(report, source, pauses.covering(tx, report.host.host), now),
        *_of_web(tx, report, egress, now),
    )
    return Explanation(
        report=report,
        fetched=_fetched(report),
        holds=holds,
        next_visit=_earliest(holds, now),
    )


def _fetched(report: UrlReport) -> str:
    origin = f"发现于 {report.found_on}" if report.found_on else report.reason.partition(" → ")[0]
    if not report.history:
        return f"尚未采集；{origin}"
    last = report.history[-1]
    change = "，内容有变" if last.changed and report.visits > 1 else ""
    failed = f"，已连续 {report.fail_count} 次未成功" if report.fail_count else ""
    return (
        f"已采集 {report.visits} 次，最近一次 {pace.in_words(last.at)}：{last.outcome}"
        f"{change}{failed}；{origin}"
    )


def _of_url(report: UrlReport, now: datetime) -> Iterator[Hold]:
    if report.state is UrlState.TAKEN:
        yield Hold(rule="taken", until=now, text="正在采集")
    if report.next_due > now:
        text = f"未到时间：{report.reason}"
        yield Hold(rule="revisit", until=report.next_due, text=text)


def _stopped(stop: pauses.Pause) -> str:
    if stop.organisation:
        return f"机构 {stop.organisation} 的全部主机"
    return "全部采集" if stop.host == pauses.EVERYWHERE else f"主机 {stop.host}"


def _of_host(
    report: UrlReport, source: Source | None, stop: pauses.Pause | None, now: datetime
) -> Iterator[Hold]:
    host = report.host
    if stop is not None:
        text = (
            f"{_stopped(stop)}已由 {stop.actor} 于 {pace.in_words(stop.since)} 暂停：{stop.reason}"
        )
        yield Hold(rule="paused", until=None, text=text)
    if source is None:
        yield Hold(rule="source", until=None, text="所属的监测对象已移除，不再采集")
        return
    if host.backoff_until is not None and host.backoff_until > now:
        state = pace.breaker(host.setbacks, host.backoff_until, now)
        broken = "，已熔断，到时只放行一次试探" if state is pace.Breaker.OPEN else "，正在退避"
        text = f"该主机连续 {host.setbacks} 次拒绝、出错或无应答{broken}"
        yield Hold(rule="backoff", until=host.backoff_until, text=text)
    opening = pace.opening(source.hours, now)
    if opening is not None and source.hours is not None:
        text = f"只在 {source.hours.opens} 时至 {source.hours.closes} 时访问该主机"
        yield Hold(rule="hours", until=opening, text=text)
    tomorrow = pace.cap_reached(
        day=host.day, fetched=host.fetched_today, cap=source.daily_cap, now=now
    )
    if tomorrow is not None:
        text = f"该主机今日已采集 {host.fetched_today} 次，达到每日上限 {source.daily_cap} 次"
        yield Hold(rule="daily_cap", until=tomorrow, text=text)
    shut = opening is not None or tomorrow is not None
    if host.next_fetch is not None and host.next_fetch > now and not shut:
        text = f"礼貌间隔：该主机两次请求至少相隔 {source.delay:g} 秒"
        yield Hold(rule="pace", until=host.next_fetch, text=text)


def _of_web(tx: Connection, report: UrlReport, egress: Egress, now: datetime) -> Iterator[Hold]:
    try:
        egress.check(report.url)
    except PolicyDenied as error:
        yield Hold(rule="network", until=None, text=str(error))
    rules = robots.known(tx, robots.origin_of(report.url), now=now)
    if rules is not None and not rules.allows(report.url):
        text = f"robots.txt 不允许（{rules.detail}，{pace.in_words(rules.fetched_at)} 读取）"
        yield Hold(rule="robots", until=rules.expires_at, text=text)


def _earliest(holds: tuple[Hold, ...], now: datetime) -> datetime | None:
    moments = [hold.until for hold in holds]
    if any(moment is None for moment in moments):
        return None
    return max((moment for moment in moments if moment is not None), default=now)
