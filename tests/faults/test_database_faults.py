"""PostgreSQL drops connections, is restarted and crashes while workers are at work."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
import pytest

from cluewatch import workers
from cluewatch.bootstrap import Services
from cluewatch.sealing import SealWork
from documents import store as documents
from domain.captures import Capture
from domain.errors import StoreUnavailable
from evidence.tables import outbox
from storage import leases
from storage.leases import WorkState
from tests.engines.postgres import Cluster
from tests.faults.conftest import Home, Settled, Untroubled
from tests.faults.feed import captures, groups, hasten, work_all

pytestmark = [pytest.mark.faults, pytest.mark.postgres]

PAGES = 6


def drop_connections(cluster: Cluster) -> None:
    """End every session but this one, as a restarted pooler or a firewall does."""
    plain = cluster.url.render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def restart(cluster: Cluster) -> None:
    """Stopped as an administrator does it, away for a moment, and there again."""
    cluster.stop()
    time.sleep(0.5)
    cluster.start()


def crash(cluster: Cluster) -> None:
    """Stopped at once, without a last checkpoint; what was committed is there again."""
    cluster.stop()
    cluster.start(stop_by="QUIT")
    restart(cluster)


@pytest.mark.parametrize("fault", [drop_connections, restart, crash])
def test_workers_outlive_their_database(
    *,
    home: Home,
    postgres_cluster: Cluster,
    untroubled: Untroubled,
    settled: Settled,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[Cluster], None],
) -> None:
    monkeypatch.setattr(workers, "FIRST_REST_SECONDS", 0.05)
    services = home(database=postgres_cluster.url.render_as_string(hide_password=False))
    dice = random.Random(fault.__name__)  # noqa: S311 - repeatable moments
    with at_work(services) as worker:
        for group in groups(captures("faults", PAGES), 2):
            keep(services, group)
            time.sleep(dice.uniform(0.05, 0.4))
            fault(postgres_cluster)
        until(lambda: read_all(services), services)
        assert worker.is_alive()
    hasten(services)
    work_all(services)
    assert settled(services) == untroubled("faults", PAGES)


def test_a_connection_that_breaks_costs_a_capture_no_attempt(
    home: Home, postgres_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = home(database=postgres_cluster.url.render_as_string(hide_password=False))
    keep(services, captures("faults", 1))
    put = documents.put

    def broken(*given: object) -> object:
        drop_connections(postgres_cluster)
        return put(*given)  # type: ignore[arg-type] # handed on

    monkeypatch.setattr("cluewatch.pipeline.documents.put", broken)
    step = workers.process_steps(services)[0]
    for _ in range(leases.MOST_DEATHS - 1):
        assert step() == 1
        hasten(services)
    monkeypatch.undo()
    with services.truth.read() as tx:
        assert leases.depth(tx, outbox)[WorkState.READY] == 1
        (attempts,) = tx.scalars(outbox.select().with_only_columns(outbox.c.attempts))
    assert attempts == 0


@contextmanager
def at_work(services: Services) -> Iterator[threading.Thread]:
    """A process and seal worker as `cluewatch work` runs it, in a thread of this test."""
    stop = threading.Event()
    steps = (*workers.all_steps(services), SealWork(services, owner="seal").work)
    thread = threading.Thread(target=workers.for_each_round, args=(steps, stop))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(timeout=60)


def keep(services: Services, group: list[Capture]) -> None:
    """A writer repeats what it could not commit; evidence knows its own captures."""
    for _ in range(200):
        with suppress(StoreUnavailable), services.evidence_writer("test") as writer:
            writer.record(group)
            return
        time.sleep(0.05)
    raise AssertionError("the database did not come back")


def read_all(services: Services) -> bool:
    """Whether every capture has been read and judged."""
    with services.truth.read() as tx:
        return leases.depth(tx, outbox)[WorkState.DONE] >= PAGES


def until(done: Callable[[], bool], services: Services) -> None:
    """Wait for it, while pauses pass quicker than they would."""
    deadline = time.monotonic() + 60
    while True:
        with suppress(StoreUnavailable):
            hasten(services)
            if done():
                return
        assert time.monotonic() < deadline
        time.sleep(0.2)
