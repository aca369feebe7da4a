"""Lawfulness and care under faults: stops, hours, breakers, limits, addresses on every hop."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from crawlers import settings, source_store
from crawlers.engine import crawl
from crawlers.frontier import links, pace, pauses, reports
from crawlers.frontier.pace import Breaker
from crawlers.frontier.records import Found
from crawlers.visits import PacedRenderer
from domain.errors import RetryableError
from domain.outcomes import Outcome
from domain.sources import VisitHours
from evidence import gaps
from evidence.tables import snapshots
from tests.crawling.loopback import START, Hit, JumpingClock, Web, Yard, page, source, word

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def watch(yard: Yard, *hosts: str, web: Web, **more: object) -> None:
    with yard.truth.write() as tx:
        for host in hosts:
            source_store.put(tx, source(host, web.url(host), **more))


def stop(yard: Yard, place: str) -> None:
    with yard.frontier.write() as tx:
        pauses.pause(tx, place, at=START, actor="值班员", reason="被投诉")


def noted(yard: Yard) -> dict[str, Outcome]:
    with yard.truth.read() as tx:
        return {gap.url: gap.outcome for gap in gaps.gaps(tx)}


def small_site(web: Web, host: str, address: str) -> None:
    site = web.site(host, address)
    site.pages["/"] = page(host, *(f"/{n}.html" for n in range(8)))
    site.pages |= {f"/{n}.html": page(f"{host}{word(n)}") for n in range(8)}


def test_a_stopped_host_is_left_at_once_and_others_go_on(web: Web, yard: Yard) -> None:
    small_site(web, "a.test", "127.33.0.1")
    small_site(web, "www.b.test", "127.33.0.2")

    def answer(_hit: Hit) -> None:
        if len(web.paths("www.b.test")) == 4:
            stop(yard, "b.test")

    web.sites["www.b.test"].answer = answer
    watch(yard, "a.test", "www.b.test", web=web)
    crawl(yard.config(web))
    assert len(web.paths("a.test")) == 10
    assert len(web.paths("www.b.test")) in {4, 5}, "what was under way may end, nothing begins"
    with yard.frontier.write() as tx:
        assert pauses.resume(tx, "b.test")
        assert not pauses.resume(tx, "b.test")
    crawl(yard.config(web))
    assert len(web.paths("www.b.test")) == 10


def test_the_global_stop_stops_everything(web: Web, yard: Yard, clock: JumpingClock) -> None:
    small_site(web, "a.test", "127.33.0.1")
    watch(yard, "a.test", web=web)
    stop(yard, pauses.EVERYWHERE)
    crawl(yard.config(web))
    assert web.log == []
    config = yard.config(web)
    renderer = PacedRenderer(
        None,  # type: ignore[arg-type]  # never reached
        frontier=yard.frontier,
        clock=clock,
        egress=config.egress,
        delay_of=lambda _host: None,
        name="seal",
    )
    with pytest.raises(RetryableError, match="被投诉"):
        renderer.render(web.url("a.test"))


def test_a_stop_of_a_name_does_not_stop_its_neighbours() -> None:
    one = pauses.Pause(place="b.test", since=START, actor="", reason="")
    assert [
        host for host in ("b.test", "m.b.test", "ab.test", "b.test.cn") if one.covers(host)
    ] == [
        "b.test",
        "m.b.test",
    ]


def test_small_clinics_are_visited_at_night(web: Web, yard: Yard) -> None:
    small_site(web, "a.test", "127.33.0.1")
    watch(yard, "a.test", web=web, hours=VisitHours(opens=22, closes=6))
    crawl(yard.config(web, hours=20))
    local = [hit.at.astimezone(pace.CHINA).hour for hit in web.log]
    assert len(local) == 10
    assert all(hour >= 22 or hour < 6 for hour in local)


@given(st.integers(0, 23), st.integers(0, 24), st.integers(0, 2000))
def test_visiting_hours_open_within_a_day(opens: int, closes: int, minutes: int) -> None:
    now = START + minutes * MINUTE
    hours = VisitHours(opens=opens, closes=closes)
    moment = pace.opening(hours, now)
    inside = (closes - opens) % 24
    if moment is None:
        assert (now.astimezone(pace.CHINA).hour - opens) % 24 < inside
    else:
        assert now < moment <= now + timedelta(days=1)
        assert moment.astimezone(pace.CHINA).hour == opens


def test_the_breaker_opens_tries_once_and_closes(web: Web, yard: Yard) -> None:
    small_site(web, "a.test", "127.33.0.1")
    broken: tuple[int, dict[str, str], bytes] = (500, {}, b"broken")
    failing = iter([broken] * 4)
    web.sites["a.test"].answer = lambda hit: (
        None if hit.path in {"/robots.txt", "/"} else next(failing, None)
    )
    watch(yard, "a.test", web=web)
    crawl(yard.config(web, hours=72))
    waits = web.distances("a.test")[1:]
    pages = [hit.path for hit in web.log if hit.path != "/robots.txt"]
    assert waits[0] < 60
    assert waits[1] < 60
    assert waits[3] >= 3600, "open after the third"
    assert waits[4] >= 7200, "one trial failed: open for longer"
    assert max(waits[5:12]) < 3600, "a trial was answered: closed"
    assert len(set(pages)) == 9


def test_the_states_of_a_breaker(yard: Yard) -> None:
    with yard.frontier.write() as tx:
        found = Found(url="http://a.test/", source_id="s", priority=0)
        links.add(tx, [found], now=START, reason="")

        def heed(outcome: Outcome) -> timedelta | None:
            until = pace.heed(tx, "a.test", outcome=outcome, at=START, wish=None)
            return None if until is None else until - START

        assert heed(Outcome.SERVER_ERROR) == timedelta(0), "one error is the page's"
        assert (heed(Outcome.TIMEOUT) or HOUR) < HOUR
        opened = heed(Outcome.SERVER_ERROR)
        assert opened is not None
        assert HOUR <= opened <= 1.2 * HOUR
        assert heed(Outcome.ROBOTS_DENIED) is None, "nothing was asked, nothing is learnt"
        longer = heed(Outcome.THROTTLED)
        assert longer is not None
        assert longer >= 2 * HOUR
        heed(Outcome.DELETED)
        assert heed(Outcome.SERVER_ERROR) == timedelta(0), "an answer closed it"
    until = START + HOUR
    assert pace.breaker(2, until, START) is Breaker.CLOSED
    assert pace.breaker(3, until, START) is Breaker.OPEN
    assert pace.breaker(3, until, until) is Breaker.HALF_OPEN


def test_a_redirect_to_a_name_that_turns_inward_is_refused(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    hops = {
        "/meta": "http://meta.a.test/latest/meta-data/",
        "/inner": "http://inner.a.test/",
        "/literal": "http://[::ffff:10.0.0.1]/",
    }
    site.pages["/"] = page("首页", *hops)
    site.pages |= {path: (302, {"Location": to}, b"") for path, to in hops.items()}
    names = {"meta.a.test": ["169.254.169.254"], "inner.a.test": ["127.33.0.1", "10.0.0.8"]}
    hosts = ("a.test", *names, "::ffff:10.0.0.1")
    with yard.truth.write() as tx:
        source_store.put(tx, evolve(source("a.test", web.url("a.test")), hosts=hosts))
    config = yard.config(web)
    crawl(evolve(config, egress=evolve(config.egress, lookup=lambda host: names.get(host, []))))
    found = noted(yard)
    denied = {url for url, outcome in found.items() if outcome is Outcome.POLICY_DENIED}
    assert {"http://meta.a.test/latest/meta-data/", "http://inner.a.test/"} <= denied
    assert {hit.host for hit in web.log} == {"a.test"}


def test_bombs_are_kept_as_they_came_and_never_unpacked(web: Web, yard: Yard) -> None:
    site = web.site("a.test", "127.33.0.1")
    site.pages["/"] = page("首页", "/bomb")
    bomb = gzip.compress(b"\0" * 200_000_000, compresslevel=9)
    site.pages["/bomb"] = (200, {"Content-Encoding": "gzip"}, bomb)
    watch(yard, "a.test", web=web)
    crawl(yard.config(web))
    with yard.frontier.read() as tx:
        assert reports.counts(tx, now=START).outcomes == {"ok": 1, "bad_content": 1}
    with yard.truth.read() as tx:
        kept = tx.execute(select(snapshots).where(snapshots.c.url.endswith("/bomb"))).one()
    assert kept.payload_length == len(bomb)


@contextmanager
def dripping(address: str, port: int) -> Iterator[None]:
    """A server that answers robots.txt with 404 and everything else with bytes without end."""
    closing = threading.Event()

    def drip(connection: socket.socket) -> None:
        with connection:
            if b"robots.txt" in connection.recv(4096):
                connection.sendall(
                    b"HTTP/1.1 404 None\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
                return
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
            while not closing.wait(0.05):
                try:
                    connection.sendall(b"<p>" + b"x" * 500)
                except OSError:
                    return

    def accept() -> None:
        while not closing.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=(connection,), daemon=True).start()

    with socket.create_server((address, port)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield
        closing.set()


@pytest.mark.parametrize(
    ("limit", "value", "outcome"),
    [("DOWNLOAD_TIMEOUT", 1, Outcome.TIMEOUT), ("DOWNLOAD_MAXSIZE", 5_000, Outcome.TOO_LARGE)],
)
def test_answers_without_end_are_cut(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, outcome: Outcome
) -> None:
    monkeypatch.setattr(settings, limit, value)
    web = Web(JumpingClock())
    web.site("other.test", "127.33.0.2")
    config = yard.config(web)
    egress = evolve(config.egress, resolve={"a.test": "127.33.0.66"})
    watch(yard, "a.test", web=web)
    with dripping("127.33.0.66", web.port):
        crawl(evolve(config, egress=egress, horizon=web.clock.now() + MINUTE))
    web.close()
    with yard.frontier.read() as tx:
        assert reports.counts(tx, now=START).outcomes == {outcome.value: 1}
