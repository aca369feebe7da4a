"""What the frontier costs: bytes and memory for each known address, time for each claim.

Usage: python -m benchmarks.frontier [ADDRESSES] (60,000 by default; about a minute)

Addresses of 1,000 hosts enter in batches as links do; then every host is leased and some of its
addresses are claimed and settled as a crawl does it, one transaction a step. What a visited
address takes is measured on a smaller frontier of which every address is visited. The peer is the
least that a claim can be on the same engine: one indexed SELECT and one UPDATE by primary key.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, text

from crawlers.frontier import leases, links, pace, store
from crawlers.frontier.records import Found, HostLease, Visited
from crawlers.frontier.tables import metadata
from domain.outcomes import Outcome
from domain.sources import RiskTier
from storage.database import Database, Durability

NOW = datetime(2026, 3, 2, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)
HOSTS = 1000
CLAIMS = 4000
TARGET = 10_000_000
TERMS = pace.Terms(delay=timedelta(seconds=0), cap=10**9)


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    addresses = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
    with _frontier() as (database, file):
        _fill(database, HOSTS, addresses // HOSTS // 2)
        before = _memory()
        started = time.perf_counter()
        _fill(database, HOSTS, addresses // HOSTS, first=addresses // HOSTS // 2)
        filling = time.perf_counter() - started
        grown = _memory() - before
        fresh = _size(database, file)
        claims, visits = _work(database, HOSTS, CLAIMS // HOSTS)
        peer = _peer(database)
    with _frontier() as (database, file):
        _fill(database, HOSTS // 50, CLAIMS * 50 // HOSTS)
        _work(database, HOSTS // 50, CLAIMS * 50 // HOSTS)
        visited = _size(database, file)
    rows = (
        ("addresses entered a second", f"{addresses / 2 / filling:,.0f}", ""),
        ("bytes an address, found", f"{fresh / addresses:.0f}", _extrapolated(fresh, addresses)),
        (
            "bytes an address, each visited once",
            f"{visited / CLAIMS:.0f}",
            _extrapolated(visited, CLAIMS),
        ),
        ("memory grown while filling the second half", f"{grown / 1e6:.0f} MB", ""),
        ("claim (peek, reserve, take) p50", f"{_percentile(claims, 50):.2f} ms", ""),
        ("claim p99", f"{_percentile(claims, 99):.2f} ms", ""),
        ("claim and settle p99", f"{_percentile(visits, 99):.2f} ms", ""),
        ("peer: SELECT and UPDATE p99", f"{_percentile(peer, 99):.2f} ms", ""),
    )
    table = Table(title=f"{addresses:,} addresses on {HOSTS:,} hosts, SQLite")
    for column in ("what", "measured", f"at {TARGET:,} (linear)"):
        table.add_column(column)
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)


@contextmanager
def _frontier() -> Iterator[tuple[Database, Path]]:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "frontier.db"
        database = Database(f"sqlite:///{file}", durability=Durability.NORMAL)
        metadata.create_all(database.engine)
        yield database, file
        database.close()


def _fill(database: Database, hosts: int, each: int, first: int = 0) -> None:
    for host in range(hosts):
        found = [
            Found(
                url=f"http://www.clinic{host:04}.test/zt/{_column(n)}/2026/0302/{n:05}.html",
                source_id=f"clinic{host:04}",
                priority=n % 8,
                depth=2,
                found_on=f"http://www.clinic{host:04}.test/zt/{_column(n)}/",
                words="牛皮癣特色疗法与专家介绍",
            )
            for n in range(first, each)
        ]
        with database.write() as tx:
            links.add(tx, found, now=NOW, reason="页面上的链接")


def _column(number: int) -> str:
    return ("by", "zz", "wh", "zl", "bj", "cs", "kfal", "zjtd")[number % 8]


def _work(database: Database, hosts: int, each: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each claim, and of each claim with its settlement."""
    claims, visits = [], []
    for number, held in enumerate(_leased(database, hosts)):
        for step in range(each):
            started = time.perf_counter()
            with database.write() as tx:
                visit = store.peek(tx, held, now=NOW)
                if visit is None or not _reserved(tx, held) or not store.take(tx, visit):
                    raise SystemExit(f"no claim on {held.host}")
            claims.append((time.perf_counter() - started) * 1000)
            ended = Visited(
                visit=visit,
                outcome=Outcome.OK,
                at=NOW,
                risk=RiskTier.NORMAL,
                digest=f"sha256:{number:056x}{step:08x}",
                gist=f"{number:024x}{step:08x}",
                etag='"5f3a-61c2"',
            )
            with database.write() as tx:
                store.settle(tx, ended)
                pace.free(tx, held.host, address=held.host, at=YESTERDAY, delay=TERMS.delay)
            visits.append((time.perf_counter() - started) * 1000)
    return claims, visits


def _leased(database: Database, hosts: int) -> Iterator[HostLease]:
    for _ in range(hosts // 20):
        with database.write() as tx:
            held = leases.lease(tx, owner="benchmark", now=NOW, limit=20, seconds=3600)
        yield from held


def _reserved(tx: Connection, held: HostLease) -> bool:
    return pace.reserve(tx, held, address=held.host, now=NOW, terms=TERMS) is None


def _peer(database: Database) -> list[float]:
    times = []
    query = text("SELECT id FROM frontier_urls WHERE host = :host ORDER BY id LIMIT 1")
    change = text("UPDATE frontier_urls SET state = 'waiting' WHERE id = :id")
    for number in range(CLAIMS):
        started = time.perf_counter()
        with database.write() as tx:
            host = f"www.clinic{number % HOSTS:04}.test"
            tx.execute(change, {"id": tx.execute(query, {"host": host}).scalar_one()})
        times.append((time.perf_counter() - started) * 1000)
    return times


def _size(database: Database, file: Path) -> int:
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return file.stat().st_size


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _percentile(times: list[float], percent: int) -> float:
    return sorted(times)[len(times) * percent // 100]


def _extrapolated(size: float, addresses: int) -> str:
    return f"{size / addresses * TARGET / 1e9:.1f} GB"


if __name__ == "__main__":
    main()
