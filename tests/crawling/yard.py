"""What tests of a whole crawl set up in a yard and ask of it afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from ipaddress import ip_network

from attrs import evolve
from sqlalchemy import select

from crawlers import source_store
from crawlers.config import CrawlConfig
from crawlers.frontier import reports
from domain.sources import Source
from evidence.tables import snapshots
from tests.crawling.loopback import Yard


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
