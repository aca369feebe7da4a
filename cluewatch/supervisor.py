"""Worker processes: started, watched, started again when they die, stopped together."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import structlog

from cluewatch import health
from cluewatch.health import WorkerHealth
from cluewatch.workers import WorkerRole

log = structlog.get_logger()

# Longer than a crawler needs to drain (crawlers.dispatch.DRAIN_SECONDS).
STOP_SECONDS = 75.0
LONGEST_PAUSE = 60.0
FIRST_PAUSE = 1.0
# A worker that lived this long has recovered: its earlier deaths are forgotten.
RECOVERED_SECONDS = 600.0


class Worker:
    """One worker process and its history of deaths."""

    def __init__(self, role: WorkerRole, *, logs: Path, arguments: Sequence[str] = ()) -> None:
        self.role = role
        self._log = logs / f"{role.value}.log"
        self._command = self._command_of(role, arguments)
        self._deaths = 0
        self._restart_at: float | None = None
        self._code: int | None = None
        self._began = time.monotonic()
        self.process = self._start()

    @staticmethod
    def _command_of(role: WorkerRole, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "cluewatch", "work", role.value, *arguments]

    def watch(self) -> None:
        """Start the worker again when it died, after a pause that doubles with every death."""
        if self.process.poll() in (None, 0):
            return
        now = time.monotonic()
        if self._restart_at is None:
            self._restart_at = now + self._mourn(now)
        if now >= self._restart_at:
            self._restart_at, self._began = None, now
            self.process = self._start()

    @property
    def health(self) -> WorkerHealth:
        """What is to be told of it."""
        running = self.process.poll() is None
        state = "running" if running else "ended" if self.finished else "restarting"
        return WorkerHealth(
            role=self.role.value,
            pid=self.process.pid,
            state=state,
            deaths=self._deaths,
            seconds=round(time.monotonic() - self._began, 1),
            code=self._code,
        )

    def _mourn(self, now: float) -> float:
        """Count a death; returns the pause in seconds."""
        if now - self._began > RECOVERED_SECONDS:
            self._deaths = 0
        self._code = self.process.returncode
        self._deaths += 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._deaths - 1, 16))
        log.warning("worker_died", role=self.role, code=self._code, pause=pause)
        return pause

    @property
    def finished(self) -> bool:
        """Whether the worker ended by itself with success."""
        return self.process.poll() == 0

    def stop(self) -> None:
        """Ask the worker to end."""
        if self.process.poll() is None:
            self.process.terminate()

    def wait(self, seconds: float) -> None:
        """Wait for the end; a worker that will not stop is killed (its leases return)."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - our own program, fixed arguments
                self._command, stdout=output, stderr=output, env=os.environ.copy()
            )


class Supervisor:
    """A set of workers; as a context manager it stops them all at the end."""

    def __init__(self, *, logs: Path) -> None:
        self._logs = logs
        self.workers: list[Worker] = []

    def start(self, role: WorkerRole, *arguments: str) -> Worker:
        """Start one more worker."""
        worker = Worker(role, logs=self._logs, arguments=arguments)
        self.workers.append(worker)
        return worker

    def watch(self) -> None:
        """Look after all workers once, and leave word of how they are."""
        for worker in self.workers:
            worker.watch()
        health.write(self._logs, [worker.health for worker in self.workers])

    def __enter__(self) -> Supervisor:
        """Nothing runs yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ask all workers to finish what they have begun, and wait for them."""
        for worker in self.workers:
            worker.stop()
        deadline = time.monotonic() + STOP_SECONDS
        for worker in self.workers:
            worker.wait(max(0.0, deadline - time.monotonic()))
        (self._logs / health.HEALTH_FILE).unlink(missing_ok=True)
