"""The frontier on PostgreSQL: many workers at once, each host with one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from crawlers import robots
from crawlers.frontier import leases, links, pace, reports, store
from crawlers.frontier.records import Found, Visited
from crawlers.frontier.tables import metadata
from domain.outcomes import Outcome
from domain.sources import RiskTier
from storage.database import Database
from tests.crawling.loopback import START

pytestmark = pytest.mark.postgres


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    made = Database(postgres_url)
    metadata.create_all(made.engine)
    yield made
    made.close()


def work(database: Database, owner: str) -> list[str]:
    """Lease hosts and visit what is due until nothing is; returns the visited addresses."""
    visited: list[str] = []
    while True:
        with database.write() as tx:
            held = leases.lease(tx, owner=owner, now=START, limit=2, seconds=60)
        if not held:
            return visited
        for lease in held:
            with database.write() as tx:
                while visit := store.peek(tx, lease, now=START):
                    assert store.take(tx, visit)
                    ended = Visited(
                        visit=visit,
                        outcome=Outcome.OK,
                        at=START,
                        risk=RiskTier.LOW,
                        digest=visit.url,
                    )
                    assert store.settle(tx, ended)
                    visited.append(visit.url)
                leases.release(tx, lease)


def test_workers_share_the_hosts(database: Database) -> None:
    found = [
        Found(url=f"http://h{host}.test/{n}", source_id="s", priority=1)
        for host in range(12)
        for n in range(5)
    ]
    with database.write() as tx:
        assert links.add(tx, found, now=START, reason="test").added == 60
        assert links.add(tx, found, now=START, reason="test").known == 60
    with ThreadPoolExecutor(4) as pool:
        visits = [
            url for part in pool.map(lambda n: work(database, f"w{n}"), range(4)) for url in part
        ]
    assert Counter(visits) == Counter(item.url for item in found)
    with database.read() as tx:
        books = reports.conservation(tx)
        assert (books.claimed, books.done, books.taken) == (60, 60, 0)
        assert books.balanced
        moment = leases.next_moment(tx)
        assert moment is not None
        assert moment > START
        assert reports.of_url(tx, "http://h3.test/4").visits == 1
        assert reports.counts(tx, now=START).outcomes == {"ok": 60}


def test_pace_and_robots_speak_the_dialect(database: Database) -> None:
    with database.write() as tx:
        links.add(
            tx,
            [Found(url="http://a.test/", source_id="s", priority=1)],
            now=START,
            reason="test",
        )
        (held,) = leases.lease(tx, owner="w", now=START, limit=1, seconds=60)
        leases.renew(tx, held, seconds=60)
        reserved = pace.reserve(
            tx,
            held,
            address="127.9.9.9",
            now=START,
            terms=pace.Terms(delay=timedelta(seconds=2), cap=9),
        )
        assert reserved is None
        until = pace.heed(tx, "a.test", outcome=Outcome.THROTTLED, at=START, wish=None)
        assert until is not None
        found = robots.answered("http://a.test", status=200, body=b"", at=START)
        robots.remember(tx, found)
        assert robots.known(tx, "http://a.test", now=START) == found
        assert links.bring_forward(tx, "http://a.test/", now=START, reason="again")
        leases.release(tx, held)
        assert leases.next_moment(tx, besides="w") == until
        assert leases.expire(tx, owner="w") == 0
