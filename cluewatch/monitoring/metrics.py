"""The vital signs as Prometheus reads them (text exposition format 0.0.4)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cluewatch.bootstrap import Services
from cluewatch.monitoring import vitals
from cluewatch.monitoring.vitals import Vitals

L = TypeVar("L", bound=StrEnum)


class VitalSigns(Collector):
    """Takes the vital signs whenever it is scraped."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterable[Metric]:
        """Every metric of ours."""
        began = time.monotonic()
        yield from families(vitals.take(self._services))
        yield _plain("scrape_seconds", "Time spent on this scrape", time.monotonic() - began)


def exposition(services: Services) -> bytes:
    """What `/metrics` answers."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(VitalSigns(services))
    return generate_latest(registry)


def families(signs: Vitals) -> Iterator[Metric]:
    """One family for each metric; a label is always the name that the code and the data use."""
    yield _queue_items(signs)
    yield _queue_age(signs)
    yield _labelled("captures_last_hour", "Captures of the past hour", "outcome", signs.captures)
    yield _labelled(
        "coverage_gaps", "Places that cannot be seen, missed in 7 days", "outcome", signs.open_gaps
    )
    visits = CounterMetricFamily(
        "cluewatch_visits", "Addresses by what became of them", labels=["step"]
    )
    for step, number in signs.crawl.items():
        visits.add_metric([step], number)
    yield visits
    yield _plain("open_breakers", "Hosts left alone after failures in a row", signs.open_breakers)
    yield _labelled("tickets", "Tickets in each state", "state", signs.tickets)
    yield _plain("tickets_overdue", "Running clocks past their last day", signs.overdue)
    yield _labelled("clues_by_seal", "Clues by the state of their proof", "seal", signs.seals)
    yield _plain("disk_free_bytes", "Free where the home directory is", signs.free_bytes)
    yield from _canary(signs)
    yield from _workers(signs)


def _queue_items(signs: Vitals) -> Metric:
    family = GaugeMetricFamily(
        "cluewatch_queue_items", "Work that is not done", labels=["queue", "state"]
    )
    for queue in signs.queues:
        family.add_metric([queue.table, "ready"], queue.ready)
        family.add_metric([queue.table, "leased"], queue.leased)
        family.add_metric([queue.table, "parked"], queue.parked)
    return family


def _queue_age(signs: Vitals) -> Metric:
    family = GaugeMetricFamily(
        "cluewatch_queue_oldest_seconds", "Age of the oldest waiting work", labels=["queue"]
    )
    for queue in signs.queues:
        family.add_metric([queue.table], queue.age_seconds(signs.at))
    return family


def _canary(signs: Vitals) -> Iterator[Metric]:
    """Absent until the first flight has ended: an alert on absence tells that none ever did."""
    run = signs.canary
    if run is None or run.ended_at is None:
        return
    age = (signs.at - run.ended_at).total_seconds()
    yield _plain("canary_passed", "Whether the last canary became a ticket", int(bool(run.passed)))
    yield _plain("canary_age_seconds", "Since the last canary ended", age)
    took = (run.ended_at - run.asked_at).total_seconds()
    yield _plain("canary_seconds", "From the canary's request to its end", took)


def _workers(signs: Vitals) -> Iterator[Metric]:
    if signs.workers is None:
        return
    running = GaugeMetricFamily(
        "cluewatch_workers_running", "Processes of this machine that run", labels=["role"]
    )
    deaths = GaugeMetricFamily(
        "cluewatch_worker_deaths", "Recent deaths of those processes", labels=["role"]
    )
    for role in sorted({worker.role for worker in signs.workers}):
        ours = [worker for worker in signs.workers if worker.role == role]
        running.add_metric([role], sum(worker.state == "running" for worker in ours))
        deaths.add_metric([role], sum(worker.deaths for worker in ours))
    yield running
    yield deaths


def _plain(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"cluewatch_{name}", text, value=value)


def _labelled(name: str, text: str, label: str, values: Mapping[L, int]) -> Metric:
    family = GaugeMetricFamily(f"cluewatch_{name}", text, labels=[label])
    for key, number in sorted(values.items()):
        family.add_metric([key.value], number)
    return family
