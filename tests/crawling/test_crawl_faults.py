"""Crawls that meet faults: nothing is lost, doubled or asked for that must not be."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import select

from crawlers.engine import crawl
from crawlers.frontier import reports
from domain.errors import EvidenceError
from domain.outcomes import Outcome
from evidence import gaps
from evidence.reader import EvidenceReader
from evidence.tables import snapshots
from evidence.writer import EvidenceWriter
from tests.crawling.crawl_process import HOSTS
from tests.crawling.loopback import Hit, Web, Yard, page, source, word
from tests.crawling.yard import assert_books, captured, watch, with_lookup


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
