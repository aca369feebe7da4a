"""Crawls of loopback sites, judged by what the servers saw."""

from __future__ import annotations

import gzip
import time
from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from crawlers.engine import crawl
from crawlers.frontier import reports
from crawlers.frontier.records import UrlState
from domain.captures import CaptureRequest, RequestReason
from domain.outcomes import Outcome
from domain.sources import RiskTier
from evidence import gaps, requests
from evidence.reader import EvidenceReader
from evidence.tables import snapshots
from tests.crawling.loopback import Hit, JumpingClock, Web, Yard, page, source, word
from tests.crawling.yard import assert_books, captured, watch


def test_pace_in_civil_time_per_host_and_per_address(web: Web, yard: Yard) -> None:
    for host, address in (
        ("a.test", "127.33.0.1"),
        ("b.test", "127.33.0.2"),
        ("c.test", "127.33.0.2"),
    ):
        site = web.site(host, address)
        site.pages["/"] = page(host, *(f"/{n}.html" for n in range(12)))
        site.pages |= {f"/{n}.html": page(f"{host}{word(n)}") for n in range(12)}
    slow = web.site("d.test", "127.33.0.4")
    slow.pages["/robots.txt"] = (200, {}, b"User-agent: *\nCrawl-delay: 30")
    slow.pages |= {"/": page("d", "/1.html"), "/1.html": page("d1")}
    watch(yard, *(source(host, web.url(host)) for host in web.sites))
    began = time.monotonic()
    crawl(yard.config(web))
    assert time.monotonic() - began < 30
    assert sorted(web.paths("a.test")) == sorted(
        ["/", "/robots.txt", *(f"/{n}.html" for n in range(12))]
    )
    assert min(web.distances("a.test")) >= 2
    assert min(web.distances("b.test", "c.test")) >= 2
    assert len(web.distances("b.test", "c.test")) == 27
    # The first page follows robots.txt by the source's delay at least; from then on 30 seconds.
    assert min(web.distances("d.test")[1:]) >= 30
    assert sum(captured(yard).values()) == 3 * 13 + 2
    assert_books(yard)


def test_nothing_but_what_robots_and_our_rules_allow(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    other = web.site("other.test", "127.33.0.9")
    other.pages["/"] = page("别家")
    site.pages["/robots.txt"] = (200, {}, b"User-agent: *Disallow: /private")
    site.pages["/"] = page(
        "首页", "/private/1.html", "/swt/", "/adclick?to=1", web.url("other.test"),
        "/a/b/a/b/a/b/x.html", "/1/2/3/4/5/6/7/8/9.html", "/good.html", "/pic.jpg",
    )  # fmt: skip
    site.pages["/good.html"] = page("好页")
    watch(yard, source("a.test", web.url("a.test")))
    crawl(yard.config(web))
    assert web.paths("a.test") == ["/robots.txt", "/", "/good.html"]
    assert web.paths("other.test") == []
    with yard.truth.read() as tx:
        noted = {gap.outcome: gap.url for gap in gaps.gaps(tx)}
    assert noted[Outcome.ROBOTS_DENIED] == web.url("a.test", "/private/1.html")
    assert all(
        "MedAdMonitor" in hit.headers["User-Agent"] and "Referer" not in hit.headers
        for hit in web.log
    )
    assert_books(yard)


def test_robots_that_fail_forbid_for_a_day(web: Web, yard: Yard, clock: JumpingClock) -> None:
    site = web.site("a.test", "127.33.0.1")
    site.pages |= {"/robots.txt": (503, {}, b""), "/": page("首页")}
    watch(yard, source("a.test", web.url("a.test")))
    crawl(yard.config(web, hours=20))
    assert web.paths("a.test") == ["/robots.txt"]
    site.pages["/robots.txt"] = (404, {}, b"")
    crawl(yard.config(web, hours=30))
    assert web.paths("a.test") == ["/robots.txt", "/robots.txt", "/"]
    assert web.log[1].at - web.log[0].at >= timedelta(hours=24)


def test_redirects_are_captures_and_chains_end(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    web.site("other.test", "127.33.0.9")
    site.pages["/"] = page("首页", "/old.html", "/loop/0", "/away", "/moved.html")
    site.pages["/old.html"] = (301, {"Location": "/new.html#part"}, b"")
    site.pages["/new.html"] = page("新址")
    site.pages["/away"] = (302, {"Location": web.url("other.test")}, b"")
    site.pages["/moved.html"] = (302, {"Location": "/moved.html?utm_source=x"}, b"")
    site.pages["/moved.html?utm_source=x"] = page("同页异写")
    site.answer = lambda hit: (
        (302, {"Location": f"/loop/{int(hit.path[6:]) + 1}"}, b"")
        if hit.path.startswith("/loop/")
        else None
    )
    watch(yard, source("a.test", web.url("a.test")))
    crawl(yard.config(web))
    seen = captured(yard)
    assert seen["old.html", "redirected"] == 1
    assert seen["new.html", "ok"] == 1
    assert seen["moved.html", "redirected"] == 1
    assert seen["moved.html?utm_source=x", "ok"] == 1
    assert sorted(path for path in web.paths("a.test") if path.startswith("/loop")) == [
        f"/loop/{n}" for n in range(6)
    ]
    assert web.paths("other.test") == []
    assert_books(yard)


def test_second_look_is_conditional(web: Web, yard: Yard, clock: JumpingClock) -> None:
    site = web.site("a.test", "127.33.0.1")

    def answer(hit: Hit) -> tuple[int, dict[str, str], bytes] | None:
        if hit.path != "/":
            return None
        if hit.headers.get("If-None-Match") == '"v1"':
            return 304, {"ETag": '"v1"'}, b""
        return (
            200,
            {"ETag": '"v1"', "Last-Modified": "Mon, 02 Mar 2026 00:00:00 GMT"},
            page("首页")[2],
        )

    site.answer = answer
    watch(yard, source("a.test", web.url("a.test"), risk=RiskTier.HIGH))
    crawl(yard.config(web, hours=7))
    assert captured(yard) == Counter({("", "ok"): 1, ("", "not_modified"): 1})
    assert web.log[-1].headers["If-Modified-Since"] == "Mon, 02 Mar 2026 00:00:00 GMT"
    with yard.frontier.read() as tx:
        report = reports.of_url(tx, web.url("a.test"))
    assert (report.visits, report.changes, report.state) == (2, 0, UrlState.WAITING)
    assert "1 次复查 0 次有变" in report.reason
    assert report.next_due - report.history[-1].at > timedelta(hours=6)


def test_refusals_back_off_and_are_no_content(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    refusals = iter([(429, {"Retry-After": "600"}, b"slow"), (403, {}, b"no"), (403, {}, b"no")])
    site.answer = lambda hit: None if hit.path == "/robots.txt" else next(refusals, None)
    site.pages |= {"/": page("首页", "/1.html"), "/1.html": page("正文")}
    watch(yard, source("a.test", web.url("a.test")))
    crawl(yard.config(web, hours=24))
    waits = web.distances("a.test")
    assert waits[1] >= 600
    assert waits[2] >= 120
    outcomes = Counter(outcome for _, outcome in captured(yard).elements())
    assert (outcomes["throttled"], outcomes["denied"]) == (1, 2)
    assert ("1.html", "ok") in captured(yard)
    assert_books(yard)


def test_bytes_are_kept_as_they_came(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    packed = gzip.compress(page("首页", "/1.html")[2], mtime=0)
    site.pages["/"] = (200, {"Content-Encoding": "gzip", "X-Twice": "one"}, packed)
    site.pages["/1.html"] = page("正文")
    watch(yard, source("a.test", web.url("a.test")))
    crawl(yard.config(web))
    with yard.truth.read() as tx:
        home = tx.execute(select(snapshots).where(snapshots.c.url == web.url("a.test"))).one()
        stored = EvidenceReader(directory=yard.directory / "evidence").payload(tx, home.id)
    assert stored.body == packed
    assert ("X-Twice", "one") in stored.headers
    assert ("1.html", "ok") in captured(yard)


def test_menus_written_by_scripts_are_followed(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    html = page("首页")[2].replace(b"<p>", b"<script src='/js/menu.js'></script><p>", 1)
    site.pages["/"] = (200, {}, html)
    script = b'document.writeln("<li><a href=\\"/about/zjtd.html\\">m</a></li>");'
    site.pages["/js/menu.js"] = (200, {"Content-Type": "application/javascript"}, script)
    site.pages["/about/zjtd.html"] = page("专家团队")
    watch(yard, source("a.test", web.url("a.test")))
    crawl(yard.config(web))
    assert captured(yard) == Counter({("", "ok"): 1, ("about/zjtd.html", "ok"): 1})


def test_requests_from_other_stages_are_fetched(web: Web, yard: Yard, clock: JumpingClock) -> None:
    site = web.site("a.test", "127.33.0.1")
    site.pages |= {"/": page("首页"), "/hidden.html": page("单页")}
    watch(yard, source("a.test", web.url("a.test")))
    crawl(yard.config(web))
    with yard.truth.write() as tx:
        for number, url in enumerate(
            (web.url("a.test", "/hidden.html"), web.url("a.test"), "http://stranger.test/")
        ):
            requests.ask(
                tx,
                CaptureRequest(
                    id=f"r{number}",
                    reason=RequestReason.RECAPTURE,
                    url=url,
                    requested_at=clock.now(),
                ),
            )
    crawl(yard.config(web))
    assert web.paths("a.test")[2:] == ["/", "/hidden.html"] or web.paths("a.test")[2:] == [
        "/hidden.html",
        "/",
    ]
