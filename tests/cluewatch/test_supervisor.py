"""Workers that die are started again with growing pauses; `status` tells of it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cluewatch import health, supervisor
from cluewatch.bootstrap import Services
from cluewatch.cli import app
from cluewatch.supervisor import Supervisor, Worker
from cluewatch.workers import WorkerRole

LIVES = "import signal, time; signal.signal(15, lambda *_: exit(0)); time.sleep(60)"
DIES = "raise SystemExit(3)"


def started(monkeypatch: pytest.MonkeyPatch, code: str, overseer: Supervisor) -> Worker:
    """A worker that runs our own few lines in place of the program."""
    monkeypatch.setattr(
        Worker, "_command_of", staticmethod(lambda _role, _arguments: [sys.executable, "-c", code])
    )
    return overseer.start(WorkerRole.SEAL)


def until(condition: Callable[[], object], overseer: Supervisor) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        overseer.watch()
        os.sched_yield()


def test_the_dead_return_later_each_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.2)
    with Supervisor(logs=tmp_path) as overseer:
        worker = started(monkeypatch, DIES, overseer)
        moments = []
        for deaths in (1, 2, 3):
            until(lambda deaths=deaths: worker.health.deaths == deaths, overseer)  # type: ignore[misc]
            moments.append(time.monotonic())
        assert worker.health.code == 3
        assert moments[1] - moments[0] >= 0.2
        assert moments[2] - moments[1] >= 0.4


def test_a_killed_worker_is_replaced_and_all_end_on_leaving(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(supervisor, "FIRST_PAUSE", 0.05)
    with Supervisor(logs=tmp_path) as overseer:
        worker = started(monkeypatch, LIVES, overseer)
        first = worker.process.pid
        os.kill(first, signal.SIGKILL)
        until(lambda: worker.process.pid != first, overseer)
        overseer.watch()
        (told,) = health.read(tmp_path) or ()
        assert (told.state, told.deaths, told.code) == ("running", 1, -signal.SIGKILL)
    assert worker.process.poll() is not None
    assert health.read(tmp_path) is None


def test_status_tells_programs_and_people(services: Services) -> None:
    run = CliRunner()
    alone = run.invoke(app, ["status", "--json"])
    assert alone.exit_code == 1
    told = json.loads(alone.output)
    assert (told["supervised"], told["books"]["claimed"]) == (False, 0)
    assert "没有监督进程" in told["problems"][0]
    worker = health.WorkerHealth(
        role="crawl", pid=1, state="running", deaths=0, seconds=5.0, code=None
    )
    health.write(services.settings.path("logs"), [worker])
    well = run.invoke(app, ["status"])
    assert well.exit_code == 0
    assert "crawl" in well.output
