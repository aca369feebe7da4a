"""The long-lived loops that `cluewatch run` supervises; each stops cleanly on SIGTERM."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

import structlog

from cluewatch.anchoring import Anchoring
from cluewatch.bootstrap import Services
from cluewatch.delivery import Deliveries
from cluewatch.following_up import FollowUps
from cluewatch.intake import crawl_config
from cluewatch.logs import OldLogs
from cluewatch.monitoring.alarms import Alarms
from cluewatch.monitoring.canary import Canary
from cluewatch.picture_work import PictureWork
from cluewatch.pipeline import Pipeline
from cluewatch.projection import Projection
from cluewatch.rendering import RenderWork
from cluewatch.saved.sending import Messages
from cluewatch.sealing import SealWork
from cluewatch.warning_rounds import WarningRounds
from crawlers.engine import crawl
from domain.errors import RetryableError

log = structlog.get_logger()

IDLE_SECONDS = 0.3
WATCH_SECONDS = 5.0
FIRST_REST_SECONDS = 1.0
LONGEST_REST_SECONDS = 30.0


class WorkerRole(StrEnum):
    """What a worker process does."""

    CRAWL = "crawl"
    PROCESS = "process"
    SEAL = "seal"
    RENDER = "render"
    PICTURE = "picture"
    WATCH = "watch"


def worker_name(role: WorkerRole) -> str:
    """Unique on all machines: role, host and process."""
    return f"{role.value}-{socket.gethostname()}-{os.getpid()}"


def stop_on_signal() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def work(services: Services, role: WorkerRole, *, hours: float | None = None) -> None:
    """Be one worker until told to stop; a crawler with `hours` ends when nothing more is due."""
    stop = stop_on_signal()
    name = worker_name(role)
    match role:
        case WorkerRole.CRAWL:
            ahead = timedelta(hours=hours) if hours is not None else None
            crawl(crawl_config(services, worker=name, ahead=ahead, stop=stop))
        case WorkerRole.PROCESS:
            for_each_round(process_steps(services), stop)
        case WorkerRole.PICTURE:
            reading = PictureWork(services, owner=name)
            for_each_round((reading.work,), stop)
            services.close()
        case WorkerRole.SEAL:
            sealing = SealWork(services, owner=name)
            for_each_round((sealing.work,), stop)
        case WorkerRole.RENDER:
            with services.evidence_writer(name) as writer:
                rendering = RenderWork(services, owner=name, writer=writer)
                for_each_round((rendering.work,), stop)
            services.close()
        case WorkerRole.WATCH:
            old_logs = OldLogs(services)
            steps = (Canary(services).work, Alarms(services).work, old_logs.work)
            for_each_round(steps, stop, rest=WATCH_SECONDS)


def process_steps(services: Services) -> tuple[Callable[[], int], ...]:
    """From captures to alerts, anchors and warnings; each step returns how many items it took."""
    owner = worker_name(WorkerRole.PROCESS)
    pipeline = Pipeline(services, owner=owner)
    projection = Projection(services, owner=owner)
    deliveries = Deliveries(services, owner=owner)
    messages = Messages(services, owner=owner)
    follow_ups = FollowUps(services)
    anchoring = Anchoring(services)
    warning_rounds = WarningRounds(services)
    return (
        pipeline.work,
        projection.work,
        deliveries.work,
        messages.work,
        follow_ups.work,
        anchoring.work,
        warning_rounds.work,
    )


def all_steps(services: Services) -> tuple[Callable[[], int], ...]:
    """As `process_steps`, and the pictures are read as well: for commands that end with the work
    done. Workers leave pictures to a process of their own, because they take seconds each."""
    pictures = PictureWork(services, owner=worker_name(WorkerRole.PICTURE))
    first, *others = process_steps(services)
    return (first, pictures.work, *others)


def for_each_round(
    steps: tuple[Callable[[], int], ...], stop: threading.Event, *, rest: float = IDLE_SECONDS
) -> None:
    """Run the steps in turn; rest briefly only when none of them found work."""
    patient = [_Patient(step) for step in steps]
    while not stop.is_set():
        if sum(step() for step in patient) == 0:
            stop.wait(rest)


def drain(steps: tuple[Callable[[], int], ...]) -> int:
    """Run the steps until none finds work; returns how many items were taken."""
    total = 0
    while taken := sum(step() for step in steps):
        total += taken
    return total


class _Patient:
    """A step that rests alone, longer each time, while a store, disk or neighbour is away.

    The steps beside it go on: a full disk under the index keeps nobody from judging.
    """

    def __init__(self, step: Callable[[], int]) -> None:
        self._step = step
        self._rest = FIRST_REST_SECONDS
        self._until = 0.0

    def __call__(self) -> int:
        if time.monotonic() < self._until:
            return 0
        try:
            taken = self._step()
        except (RetryableError, OSError) as error:
            log.warning("step_rests", step=self._step.__qualname__, error=str(error))
            self._until = time.monotonic() + self._rest
            self._rest = min(2 * self._rest, LONGEST_REST_SECONDS)
            return 0
        self._rest = FIRST_REST_SECONDS
        return taken
