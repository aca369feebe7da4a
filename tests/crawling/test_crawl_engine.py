"""Crawls of loopback sites, judged by what the servers saw."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import select

from crawlers import source_store
from crawlers.config import CrawlConfig
from crawlers.engine import crawl
from crawlers.frontier import reports
from crawlers.frontier.records import UrlState
from domain.captures import CaptureRequest, RequestReason
from domain.errors import EvidenceError
from domain.outcomes import Outcome
from domain.sources import RiskTier, Source
from evidence import gaps, requests
from evidence.reader import EvidenceReader
from evidence.tables import snapshots
from evidence.writer import EvidenceWriter
from tests.crawling.crawl_process import HOSTS
from tests.crawling.loopback import Hit, JumpingClock, Web, Yard, page, source, word


def watch(yard: Yard, *sources: Source) -> None:
    with yard.truth.write() as tx:
        for one in sources:
            source_store.put(tx, one)


def with_lookup(
    config: CrawlConfig,
    lookup: Callable[[str], list[str]],
    *,
    allowed: str = "127.0.0.0/8",
    ports: frozenset[int] = frozenset({80}),
) -> CrawlConfig:
    """The same crawl with names of our own making."""
    return evolve(
        config,
        egress=evolve(config.egress, lookup=lookup, allowed=[ip_network(allowed)], ports=ports),
    )


def captured(yard: Yard) -> Counter[tuple[str, str]]:
    """(path, outcome) of every snapshot."""
    with yard.truth.read() as tx:
        rows = tx.execute(select(snapshots.c.url, snapshots.c.outcome)).all()
    return Counter((url.split("/", 3)[3], outcome) for url, outcome in rows)


def assert_books(yard: Yard) -> None:
    with yard.frontier.read() as tx:
        books = reports.conservation(tx)
    assert books.balanced
    assert books.taken == 0


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


def test_large_bodies_silence_and_inner_addresses_are_gaps(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    site.pages["/"] = page("首页", "/huge")
    site.pages["/huge"] = (200, {"Content-Length": str(17 * 1024 * 1024)}, b"x" * 1000)
    watch(
        yard,
        source("a.test", web.url("a.test")),
        source("gone.test", "http://gone.test/"),
        source("inner.test", "http://inner.test/"),
    )
    names = {"inner.test": ["169.254.169.254"]}
    crawl(with_lookup(yard.config(web), lambda host: names.get(host, [])))
    seen = captured(yard)
    assert seen["huge", "too_large"] == 1
    assert ("", "unreachable") in seen
    with yard.truth.read() as tx:
        denied = [gap for gap in gaps.gaps(tx) if gap.outcome is Outcome.POLICY_DENIED]
    assert [gap.place for gap in denied] == ["inner.test"]
    assert_books(yard)


def test_an_address_that_changes_between_check_and_connection_is_refused(
    web: Web, yard: Yard
) -> None:
    site = web.site("inner.test", "127.33.0.1")
    site.pages["/"] = page("内部")
    answers = iter([["127.34.0.1"]])
    config = yard.config(web)
    watch(yard, source("turn.test", f"http://turn.test:{web.port}/"))
    turned = with_lookup(
        config,
        lambda _host: next(answers, ["127.33.0.1"]),
        allowed="127.34.0.0/16",
        ports=frozenset({web.port}),
    )
    crawl(turned)
    assert web.log == []


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


def test_failing_evidence_stops_the_crawl_and_settles_nothing(
    web: Web, yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise EvidenceError("disk full")

    site = web.site("a.test", "127.33.0.1")
    site.pages["/"] = page("首页")
    watch(yard, source("a.test", web.url("a.test")))
    with monkeypatch.context() as broken:
        broken.setattr(EvidenceWriter, "record", full)
        with pytest.raises(EvidenceError):
            crawl(yard.config(web))
    with yard.frontier.read() as tx:
        books = reports.conservation(tx)
    assert books.balanced
    assert books.done == books.failed == 0
    crawl(yard.config(web))
    assert captured(yard) == Counter({("", "ok"): 1})


def test_a_stopped_crawl_drains_and_gives_its_hosts_back(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    site.pages["/"] = page("首页", *(f"/{n}.html" for n in range(30)))
    site.pages |= {f"/{n}.html": page(word(n)) for n in range(30)}
    stop = threading.Event()

    def answer(_hit: Hit) -> None:
        if len(web.log) == 5:
            stop.set()

    site.answer = answer
    watch(yard, source("a.test", web.url("a.test")))
    crawl(evolve(yard.config(web), horizon=None, stop=stop))
    assert 5 <= len(web.log) <= 6
    assert sum(captured(yard).values()) == len(web.log) - 1
    assert_books(yard)
    with yard.frontier.read() as tx:
        assert reports.of_url(tx, web.url("a.test")).host.leased_by is None


def test_kill_and_resume_loses_and_doubles_nothing(web: Web, yard: Yard, tmp_path: Path) -> None:
    for host, address in HOSTS.items():
        site = web.site(host, address)
        site.pages["/robots.txt"] = (200, {}, b"User-agent: *\nDisallow: /no")
        site.pages["/"] = page(host, "/no/1.html", *(f"/{n}.html" for n in range(60)))
        site.pages |= {f"/{n}.html": page(f"{host}{word(n)}") for n in range(60)}
    watch(yard, *(source(host, web.url(host)) for host in HOSTS))
    for round_number, enough in enumerate((30, 70, 1000)):
        process = subprocess.Popen(
            [
                sys.executable, "-m", "tests.crawling.crawl_process",
                str(tmp_path), str(web.port), str(60 * round_number),
            ],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        while len(web.log) < enough and process.poll() is None:
            time.sleep(0.01)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        assert process.wait() == (0 if enough == 1000 else -signal.SIGKILL)
    seen = captured(yard)
    wanted = {("", "ok"), *((f"{n}.html", "ok") for n in range(60))}
    assert set(seen) == wanted
    assert all("/no/" not in hit.path for hit in web.log)
    with yard.frontier.read() as tx:
        counts = reports.counts(tx, now=web.clock.now())
    assert counts.outcomes == {"ok": 122, "robots_denied": 2}
    assert_books(yard)
    with yard.truth.read() as tx:
        rows = tx.execute(select(snapshots.c.id)).scalars().all()
        reader = EvidenceReader(directory=yard.directory / "evidence")
        assert all(reader.payload(tx, row).body for row in rows)
    assert len(rows) <= 122 + 2 * len(HOSTS) * 2
