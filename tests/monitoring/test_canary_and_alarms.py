"""A canary comes through the real workers and leaves no trace; what is wrong is told, once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve
from sqlalchemy import func, select

from cluewatch import workers
from cluewatch.bootstrap import Services
from cluewatch.health import WorkerHealth
from cluewatch.monitoring import alarms, canary_runs, vitals
from cluewatch.monitoring.alarms import Alarms
from cluewatch.monitoring.canary import Canary
from cluewatch.monitoring.canary_runs import CanaryRun
from cluewatch.saved import store as messages
from cluewatch.saved.channels import words
from cluewatch.saved.tables import alert_messages
from cluewatch.schema import METADATA
from cluewatch.statistics import overview
from domain.outcomes import Outcome
from evidence.tables import snapshots
from evidence.verify import verify
from storage.records import from_json
from tests.clocks import StillClock


class Clock(StillClock):
    """One that services may close at their end."""

    def close(self) -> None:
        """Nothing is open."""


EVIDENCE = {"snapshots", "ledger", "outbox", "canary_runs"}


def test_a_canary_becomes_a_ticket_and_leaves_no_trace(services: Services) -> None:
    canary = Canary(services)
    assert canary.work() == 1
    assert canary.work() == 0, "the next one is due in an hour"
    workers.drain(workers.process_steps(services))
    with services.truth.read() as tx:
        run = canary_runs.newest(tx, ended=True)
        assert run is not None
        assert run.passed, run.note
        assert "工单 1 件" in run.note
        assert tx.scalar(select(func.count()).select_from(snapshots)) == 1
        counted = {
            table.name: tx.scalar(select(func.count()).select_from(table))
            for history in METADATA.values()
            for metadata in history
            for table in metadata.sorted_tables
            if not table.name.startswith("frontier_")
        }
        assert {name for name, number in counted.items() if number} == EVIDENCE
        assert overview(tx, now=services.clock.now()).funnel[0].count == 0
    report = verify(directory=services.settings.evidence_directory, database=services.truth)
    assert report.problems == ()


def test_a_canary_that_does_not_come_through_is_an_alarm(services: Services) -> None:
    clock = Clock(services.clock.now())
    services.__dict__["clock"] = clock
    canary = Canary(services)
    canary.work()
    clock.moment += timedelta(minutes=21)
    canary.work()
    signs = vitals.take(services)
    assert alarms.standing(signs, services.settings)["canary"].endswith("20 分钟内没有走完全程")
    clock.moment += timedelta(minutes=40)
    assert canary.work() == 1, "it is tried again in the next hour"


@pytest.fixture
def watched(services: Services, monkeypatch: pytest.MonkeyPatch) -> Services:
    # No worker sends the messages here, so their queue grows old.
    limits = {"channels": ("ops",), "free_gib": 1e9, "queue_minutes": 1_000_000}
    wanted = services.settings.alarms.model_copy(update=limits)
    services.settings = services.settings.model_copy(update={"alarms": wanted})
    services.__dict__["clock"] = Clock(services.clock.now())
    return services


def told(services: Services) -> list[str]:
    with services.truth.read() as tx:
        rows = tx.execute(select(alert_messages.c.record).order_by(alert_messages.c.created_at))
        return [words(from_json(messages.Message, row.record)) for row in rows]


def test_an_alarm_is_told_once_repeated_later_and_taken_back(watched: Services) -> None:
    clock = watched.clock
    assert isinstance(clock, StillClock)
    assert Alarms(watched).work() == 1
    assert Alarms(watched).work() == 0, "another worker, or a restart, does not tell it again"
    clock.moment += timedelta(hours=24)
    assert Alarms(watched).work() == 1
    enough = watched.settings.alarms.model_copy(update={"free_gib": 0.001})
    watched.settings = watched.settings.model_copy(update={"alarms": enough})
    clock.moment += timedelta(minutes=1)
    assert Alarms(watched).work() == 1
    first, again, over = told(watched)
    assert first.startswith("【运行告警】\n磁盘剩余 ")
    assert again == first
    assert over.startswith("【运行告警】\n已解除：磁盘剩余 ")
    with watched.truth.read() as tx:
        assert {line.search for line in messages.deliveries(tx)} == {"运行告警"}


def test_each_sign_has_its_alarm(services: Services) -> None:
    calm = vitals.take(services)
    assert alarms.standing(calm, services.settings) == {}
    old = calm.at - timedelta(minutes=61)
    stuck = tuple(
        evolve(queue, oldest=old if queue.table == "outbox" else None, parked=2)
        for queue in calm.queues
    )
    run = CanaryRun(id="c", asked_at=old, ended_at=old, passed=False, note="判定 CLEAR")
    dead = WorkerHealth(role="crawl", pid=1, state="restarting", deaths=4, seconds=1.0, code=1)
    sick = evolve(
        calm,
        queues=stuck,
        open_gaps={Outcome.CAPTCHA: 60, Outcome.TIMEOUT: 40},
        canary=run,
        workers=(dead,),
        free_bytes=1,
    )
    found = alarms.standing(sick, services.settings)
    assert found["age:outbox"] == "队列“待研判”最早一项已等待 61 分钟"
    assert found["gaps"] == "未恢复的覆盖缺口 100 处"
    assert {"canary", "disk", "worker:crawl", "parked:outbox", "parked:index_queue"} <= set(found)
    assert "age:index_queue" not in found
