"""Drift of a source's pages is told in words; refusals and small numbers are no drift."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from crawlers import health
from crawlers.pages import read
from domain.outcomes import Outcome
from domain.pages import BlockPage, ParsedPage, Reading
from domain.sources import Source, SourceKind

_AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
_WORDS = "青禾口腔门诊部开展洗牙、补牙与种植牙项目，详情请到院咨询医生。" * 2
_GOOD = (
    f"<html><title>洗牙须知</title><p>发布时间：2026-02-01</p><p>{_WORDS}</p>"
    "<a href='/b.html'>下一篇</a><p>电话 400-000-0123 版权所有 青禾口腔门诊部</p></html>"
)


def _source(source_id: str = "qinghe", expected: int = 0) -> Source:
    return Source(
        id=source_id, kind=SourceKind.HOSPITAL_SITE, title="青禾", region="990100",
        start_urls=("http://qinghe.test/",), hosts=("qinghe.test",), expected_pages=expected,
    )  # fmt: skip


def _reading(html: str) -> Reading:
    return read(body=html.encode(), url="http://qinghe.test/a.html", headers=(), captured_at=_AT)


def _note(tx: Connection, html: str | Reading, days_ago: int, times: int) -> None:
    reading = _reading(html) if isinstance(html, str) else html
    at = _AT - timedelta(days=days_ago)
    for _ in range(times):
        health.note(tx, source_id="qinghe", reading=reading, at=at)


def _health(tx: Connection, *sources: Source) -> health.SourceHealth:
    return health.report(tx, sources or (_source(),), at=_AT)[0]


def test_a_steady_source_is_healthy(tx: Connection) -> None:
    _note(tx, _GOOD, 12, 30)
    _note(tx, _GOOD, 1, 15)
    found = _health(tx)
    assert found.alarms == ()
    assert (found.recent.seen, found.before.seen, found.recent.empty) == (15, 30, 0.0)
    assert found.recent.fields == dict.fromkeys(health.FIELDS, 1.0)
    assert found.pages == (_page(_GOOD),)


def _page(html: str) -> str:
    reading = _reading(html)
    assert isinstance(reading, ParsedPage)
    return reading.page


def test_a_field_that_is_lost_is_named(tx: Connection) -> None:
    _note(tx, _GOOD, 12, 30)
    _note(tx, _GOOD.replace("发布时间：2026-02-01", ""), 1, 12)
    (alarm,) = _health(tx).alarms
    assert alarm.startswith("日期：0%")


def test_pages_that_turn_empty_are_an_alarm_even_without_a_past(tx: Connection) -> None:
    _note(tx, _GOOD, 1, 11)
    _note(tx, '<html><script src="/app.js"></script><div id="app"></div></html>', 1, 3)
    (alarm,) = _health(tx).alarms
    assert alarm.startswith("没有文字的页面占 21%")


def test_refusals_are_gaps_and_not_counted(tx: Connection) -> None:
    _note(tx, BlockPage(outcome=Outcome.CAPTCHA, reason="验证码"), 0, 50)
    found = _health(tx)
    assert (found.recent.seen, found.alarms) == (0, ())


def test_silence_and_too_few_pages_are_alarms_and_come_first(tx: Connection) -> None:
    _note(tx, _GOOD, 20, 3)
    quiet = _source("another")
    silent, calm = health.report(tx, (quiet, _source()), at=_AT)
    assert (silent.source_id, calm.alarms) == ("qinghe", ())
    assert silent.alarms == ("近 7 天没有读到任何页面",)
    _note(tx, _GOOD, 0, 1)
    (alarm,) = _health(tx, _source(expected=100)).alarms
    assert alarm == "只读到 4 页，低于预期的 100 页"
