"""kill -9 of every type of process at random moments while the farm is watched.

In the long form: `python -m pytest tests/faults/test_process_kills.py --kills 1000`.
"""

from __future__ import annotations

import random
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import update

from cluewatch import demo, supervisor
from cluewatch.bootstrap import Services
from cluewatch.farm import Ports
from cluewatch.queues import QUEUES
from cluewatch.supervisor import Supervisor, Worker
from cluewatch.workers import WorkerRole
from crawlers.frontier import leases as host_leases
from storage.leases import WorkState
from tests.engines.servers import free_port
from tests.faults.conftest import Settled

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(1800)]

A_RUN = 32
HOURS = "0.35"
LONGEST_SECONDS = 1500
Farmed = Callable[[str], Services]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One run of the farm for every A_RUN kills that are asked for."""
    kills = metafunc.config.getoption("kills")
    metafunc.parametrize("seed", [f"kills-{number}" for number in range(-(-kills // A_RUN))])


@pytest.fixture
def farmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: str) -> Iterator[Services]:
    """A home that watches a farm of this seed."""
    monkeypatch.setenv("CLUEWATCH_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(supervisor, "LONGEST_PAUSE", 0.2)
    ports = Ports(pages=free_port(), admin=free_port())
    with demo.prepared(seed=seed, ports=ports) as (services, directory):
        demo.load(services, directory)
        yield services


def test_kills_at_random_moments_lose_and_double_nothing(
    farmed: Services, settled: Settled, seed: str
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a repeatable choice of victims
    killed: Counter[WorkerRole] = Counter()
    with at_work(farmed) as (overseer, crawler):
        deadline = time.monotonic() + LONGEST_SECONDS
        next_kill = time.monotonic() + 3
        deck: list[WorkerRole] = []
        while not (crawler.finished and at_rest(farmed) and killed.total() >= A_RUN):
            assert time.monotonic() < deadline, demo.progress(farmed)
            if killed.total() < A_RUN and time.monotonic() >= next_kill:
                deck = deck or dice.sample(list(WorkerRole), len(WorkerRole))
                killed[kill(farmed, overseer, deck.pop())] += 1
                next_kill = time.monotonic() + dice.uniform(0.5, 4.0)
            overseer.watch()
            time.sleep(0.1)
    assert set(killed) == set(WorkerRole)
    found = settled(farmed)
    assert min(found.claimed, found.captures) > 100
    assert min(found.clues, found.tickets, found.indexed) > 0


@contextmanager
def at_work(services: Services) -> Iterator[tuple[Supervisor, Worker]]:
    """A worker of every role; also the one that crawls."""
    with Supervisor(logs=services.settings.path("logs")) as overseer:
        crawler = overseer.start(WorkerRole.CRAWL, "--hours", HOURS)
        for role in set(WorkerRole) - {WorkerRole.CRAWL}:
            overseer.start(role)
        yield overseer, crawler


def kill(services: Services, overseer: Supervisor, role: WorkerRole) -> WorkerRole:
    """Kill the worker of this role, another one when it has ended; its leases run out at once."""
    living = [worker for worker in overseer.workers if worker.process.poll() is None]
    victim = next((worker for worker in living if worker.role is role), living[0])
    victim.process.send_signal(signal.SIGKILL)
    victim.process.wait()
    owner = f"{victim.role}-{socket.gethostname()}-{victim.process.pid}"
    with services.frontier.write() as tx:
        host_leases.expire(tx, owner=owner)
    with services.truth.write() as tx:
        for table in QUEUES.values():
            held = (table.c.lease_owner == owner, table.c.work_state == WorkState.LEASED.value)
            tx.execute(update(table).where(*held).values(lease_until=0.0))
    return victim.role


def at_rest(services: Services) -> bool:
    """Whether all that followed from the pages is done, renderings among it."""
    open_ = (WorkState.READY.value, WorkState.LEASED.value)
    requests = QUEUES["再次采集"]
    with services.truth.read() as tx:
        left = tx.execute(requests.select().where(requests.c.work_state.in_(open_)).limit(1))
        return left.first() is None and demo.progress(services).settled
