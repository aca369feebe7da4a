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

from cluewatch.workers import WorkerRole

log = structlog.get_logger()

STOP_SECONDS = 20.0
LONGEST_PAUSE = 30.0


class Worker:
    """One worker process and its history of deaths."""

    def __init__(self, role: WorkerRole, *, logs: Path, arguments: Sequence[str] = ()) -> None:
        self.role = role
        self._log = logs / f"{role.value}.log"
        self._command = [sys.executable, "-m", "cluewatch", "work", role.value, *arguments]
        self._deaths = 0
        self._not_before = 0.0
        self.process = self._start()

    def watch(self) -> None:
        """Start the worker again when it died, after a pause that doubles with every death."""
        if self.process.poll() in (None, 0) or time.monotonic() < self._not_before:
            return
        self._deaths += 1
        pause = min(LONGEST_PAUSE, 0.5 * 2**self._deaths)
        log.warning("worker_died", role=self.role, code=self.process.returncode, pause=pause)
        self._not_before = time.monotonic() + pause
        self.process = self._start()

    @property
    def finished(self) -> bool:
        """Whether the worker ended by itself with success."""
        return self.process.poll() == 0

    def stop(self) -> None:
        """Ask the worker to end."""
        if self.process.poll() is None:
            self.process.terminate()

    def wait(self) -> None:
        """Wait for the end; a worker that will not stop is killed (its leases return)."""
        try:
            self.process.wait(STOP_SECONDS)
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
        """Look after all workers once."""
        for worker in self.workers:
            worker.watch()

    def __enter__(self) -> Supervisor:
        """Nothing runs yet."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop all workers, and wait for them."""
        for worker in self.workers:
            worker.stop()
        for worker in self.workers:
            worker.wait()
