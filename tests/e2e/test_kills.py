"""kill -9 of any process at any moment: no committed capture is lost, nothing is doubled."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cluewatch import demo
from cluewatch.bootstrap import Services
from cluewatch.farm import Ports
from cluewatch.supervisor import Supervisor
from cluewatch.workers import WorkerRole
from crawlers.frontier import reports as frontier
from documents.tables import documents
from evidence.tables import outbox, snapshots
from evidence.verify import verify
from storage import leases
from storage.leases import WorkState
from tickets.tables import clue_segments, clues, deliveries, tickets

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]

SEED = "kills"
KILLS = 12
HOURS = "0.35"
LONGEST_SECONDS = 600


@pytest.fixture
def farmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("CLUEWATCH_HOME", str(tmp_path / "home"))
    ports = Ports(pages=8690, admin=8691)
    with demo.prepared(seed=SEED, ports=ports) as (services, directory):
        demo.load(services, directory)
        yield services


def test_kills_at_random_moments_lose_and_double_nothing(farmed: Services) -> None:
    dice = random.Random(SEED)  # noqa: S311 - a repeatable choice of victims
    killed = 0
    deadline = time.monotonic() + LONGEST_SECONDS
    with Supervisor(logs=farmed.settings.path("logs")) as supervisor:
        crawler = supervisor.start(WorkerRole.CRAWL, "--hours", HOURS)
        supervisor.start(WorkerRole.PROCESS)
        supervisor.start(WorkerRole.SEAL)
        next_kill = time.monotonic() + 4
        while not (crawler.finished and demo.progress(farmed).settled and killed >= KILLS):
            assert time.monotonic() < deadline, demo.progress(farmed)
            if killed < KILLS and time.monotonic() >= next_kill:
                victim = dice.choice([w for w in supervisor.workers if not w.finished])
                victim.process.send_signal(signal.SIGKILL)
                killed += 1
                next_kill = time.monotonic() + dice.uniform(1.0, 4.0)
            supervisor.watch()
            time.sleep(0.1)
    _nothing_is_lost(farmed)
    _nothing_is_doubled(farmed)


def _nothing_is_lost(services: Services) -> None:
    with services.frontier.read() as tx:
        assert frontier.conservation(tx).balanced
    report = verify(directory=services.settings.evidence_directory, database=services.truth)
    assert report.problems == ()
    with services.truth.read() as tx:
        states = leases.depth(tx, outbox)
        assert states[WorkState.PARKED] == 0
        kept = tx.execute(select(func.count()).select_from(snapshots)).scalar_one()
        announced = tx.execute(
            select(func.count()).select_from(outbox).where(outbox.c.topic == "snapshot")
        ).scalar_one()
        assert kept == announced > 100


def _nothing_is_doubled(services: Services) -> None:
    with services.truth.read() as tx:
        for table, key in (
            (documents, documents.c.id),
            (clues, clues.c.number),
            (tickets, tickets.c.number),
            (deliveries, deliveries.c.id),
        ):
            rows = select(func.count(), func.count(func.distinct(key))).select_from(table)
            all_rows, distinct = tx.execute(rows).one()
            assert all_rows == distinct
        owned = select(func.count()).select_from(clue_segments)
        pairs = select(clue_segments.c.subject_id, clue_segments.c.segment).distinct().subquery()
        assert (
            tx.execute(owned).scalar_one()
            == tx.execute(select(func.count()).select_from(pairs)).scalar_one()
            > 0
        )
