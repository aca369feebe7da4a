"""`why`: every rule that holds an address back is named, with the moment at which it lets go."""

from __future__ import annotations

from datetime import timedelta

from attrs import evolve

from crawlers import robots
from crawlers.egress import Egress
from crawlers.explanation import Explanation, explain
from crawlers.frontier import links, pace, pauses
from crawlers.frontier.records import Found, HostLease
from domain.outcomes import Outcome
from domain.sources import VisitHours
from tests.crawling.loopback import START, Yard, source

URL = "http://a.test/zt/1.html"
SITE = source("a.test", "http://a.test/")


def add(yard: Yard, url: str = URL) -> None:
    with yard.frontier.write() as tx:
        found = Found(url=url, source_id="a.test", priority=1, found_on="http://a.test/")
        links.add(tx, [found], now=START, reason="页面上的链接")


def told(yard: Yard, url: str = URL, **more: object) -> Explanation:
    values = {"sources": {"a.test": SITE}, "egress": OPEN_YARD, "now": START, **more}
    with yard.frontier.read() as tx:
        return explain(tx, url, **values)  # type: ignore[arg-type]


OPEN_YARD = Egress(resolve={}, allowed=(), agency_set=True)


def test_nothing_holds_a_fresh_address(yard: Yard) -> None:
    add(yard)
    found = told(yard)
    assert found.holds == ()
    assert found.next_visit == START
    assert found.fetched == "尚未采集；发现于 http://a.test/"


def test_robots_backoff_and_network_are_named(yard: Yard) -> None:
    add(yard)
    add(yard, "http://127.0.0.1/")
    rules = robots.answered(
        "http://a.test", status=200, body=b"User-agent: *\nDisallow: /zt", at=START
    )
    with yard.frontier.write() as tx:
        robots.remember(tx, rules)
        until = pace.heed(tx, "a.test", outcome=Outcome.CAPTCHA, at=START, wish=None)
    found = told(yard)
    assert [hold.rule for hold in found.holds] == ["backoff", "robots"]
    assert "robots.txt 不允许" in found.holds[1].text
    assert found.next_visit == max(rules.expires_at, until or START)
    assert told(yard, now=START + timedelta(days=9)).holds == (), "robots.txt is read again"
    inner = told(yard, "http://127.0.0.1/")
    assert [hold.rule for hold in inner.holds] == ["network"]
    assert inner.next_visit is None, "no moment helps; a person must"


def test_a_removed_source_is_never_fetched(yard: Yard) -> None:
    add(yard)
    found = told(yard, sources={})
    assert [hold.rule for hold in found.holds] == ["source"]
    assert found.next_visit is None


def test_stops_hours_and_caps_are_named(yard: Yard) -> None:
    add(yard)
    site = evolve(SITE, hours=VisitHours(opens=22, closes=6), daily_cap=1)
    with yard.frontier.write() as tx:
        pauses.pause(tx, "a.test", at=START, actor="值班员", reason="被投诉")
        held = HostLease(host="a.test", fence=0, owner="w")
        terms = pace.Terms(delay=timedelta(seconds=2), cap=1)
        assert pace.reserve(tx, held, address="127.9.9.9", now=START, terms=terms) is None
    found = told(yard, sources={"a.test": site}, now=START + timedelta(seconds=1))
    assert [hold.rule for hold in found.holds] == ["paused", "hours", "daily_cap"]
    assert "值班员" in found.holds[0].text
    assert "被投诉" in found.holds[0].text
    assert "22 时至 6 时" in found.holds[1].text
    with yard.frontier.write() as tx:
        pauses.resume(tx, "a.test")
    found = told(yard, now=START + timedelta(seconds=1))
    assert [hold.rule for hold in found.holds] == ["pace"]
