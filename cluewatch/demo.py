"""The demonstration: the replica internet from first page to last ticket, then the console."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from attrs import frozen
from sqlalchemy import Connection, func, select

from cluewatch import configuration, farm, intake
from cluewatch.accounts import store as accounts
from cluewatch.bootstrap import Services
from cluewatch.farm import Ports
from cluewatch.queues import QUEUES
from cluewatch.settings import config_path, load_settings
from cluewatch.supervisor import Supervisor, Worker
from cluewatch.workers import WorkerRole
from crawlers.frontier import reports as frontier
from crawlers.sources import load_sources
from documents import pictures
from domain.captures import RequestReason
from domain.people import Role
from evidence import tables as evidence_tables
from registers.store import import_register
from sitefarm.plans import PlanName
from sitefarm.records import START
from storage import leases
from storage.leases import WorkState
from tickets.tables import deliveries

USER = "demo"
DAY = timedelta(hours=2)
"""How much civil time the demonstration watches: long enough to see every page once."""


@frozen(kw_only=True)
class Progress:
    """Where the demonstration stands. Each pair is (done, known so far)."""

    pages: tuple[int, int]
    judged: tuple[int, int]
    pictures: tuple[int, int]
    rendered: tuple[int, int]
    indexed: tuple[int, int]
    sealed: tuple[int, int]
    delivered: tuple[int, int]

    @property
    def settled(self) -> bool:
        """Whether everything that followed from the pages is done."""
        pairs = (self.judged, self.pictures, self.indexed, self.sealed, self.delivered)
        return all(done >= known for done, known in pairs)

    @property
    def is_read(self) -> bool:
        """Whether all that was captured has been judged, in whatever came of it."""
        return all(done >= known for done, known in (self.judged, self.pictures, self.rendered))


@contextmanager
def prepared(
    *, seed: str, ports: Ports, plan: PlanName = PlanName.CITY
) -> Iterator[tuple[Services, Path]]:
    """A running farm, and a home that watches it. Yields the services and the farm's directory."""
    directory = load_settings().path("farm")
    with farm.running(seed=seed, plan=plan, directory=directory, ports=ports) as clock_url:
        configuration.write(config_path(), farm.settings_of(directory, clock_url))
        services = Services(load_settings())
        services.prepare()
        try:
            yield services, directory
        finally:
            services.close()


def load(services: Services, directory: Path) -> None:
    """Put the farm's sources under watch and import its register of institutions."""
    with services.truth.write() as tx:
        import_register(
            tx,
            "institution",
            directory / "registers" / "institutions.csv",
            as_of=START.date(),
            at=services.clock.now(),
            complete=True,
        )
    intake.put_sources(services, load_sources(directory / "sources.yml"))


def watch(services: Services) -> Iterator[Progress]:
    """Crawl, judge, seal and deliver with worker processes; yields the progress until done."""
    roles = (WorkerRole.PROCESS, WorkerRole.SEAL, WorkerRole.PICTURE)
    yield from _run(services, DAY, roles, lambda now: now.settled)


def play(services: Services, span: timedelta) -> Iterator[Progress]:
    """Let so much civil time pass for the crawl, judging and rendering what it finds."""
    roles = (WorkerRole.PROCESS, WorkerRole.RENDER, WorkerRole.PICTURE)
    yield from _run(services, span, roles, lambda now: now.is_read)


def _run(
    services: Services,
    span: timedelta,
    roles: tuple[WorkerRole, ...],
    is_done: Callable[[Progress], bool],
) -> Iterator[Progress]:
    ahead = START + span - services.clock.now()
    hours = max(0.0, ahead.total_seconds() / 3600)
    with Supervisor(logs=services.settings.path("logs")) as supervisor:
        crawler = supervisor.start(WorkerRole.CRAWL, "--hours", f"{hours:.4f}")
        for role in roles:
            supervisor.start(role)
        yield from _until_done(services, supervisor, crawler, is_done)


def _until_done(
    services: Services,
    supervisor: Supervisor,
    crawler: Worker,
    is_done: Callable[[Progress], bool],
) -> Iterator[Progress]:
    while True:
        crawled = crawler.finished
        now = progress(services)
        yield now
        if crawled and is_done(now):
            return
        supervisor.watch()
        time.sleep(0.25)


def progress(services: Services) -> Progress:
    """Counts from the queues, cheap enough to ask for several times a second."""
    with services.frontier.read() as tx:
        known = frontier.counts(tx, now=services.clock.now())
    with services.truth.read() as tx:
        return Progress(
            pages=(known.visited, known.visited + known.due + known.taken),
            judged=_depth(tx, "待研判"),
            pictures=_pictures(tx),
            rendered=_asked(tx, RequestReason.RENDER),
            indexed=_depth(tx, "待索引"),
            sealed=_asked(tx, RequestReason.SEAL),
            delivered=_deliveries(tx),
        )


def _asked(tx: Connection, reason: RequestReason) -> tuple[int, int]:
    requests = evidence_tables.capture_requests
    found = tx.execute(
        select(requests.c.work_state, func.count())
        .where(requests.c.reason == reason.value)
        .group_by(requests.c.work_state)
    )
    return _pair(Counter({state: count for state, count in found}))


def _depth(tx: Connection, name: str) -> tuple[int, int]:
    return _pair(Counter(leases.depth(tx, QUEUES[name])))


def _pictures(tx: Connection) -> tuple[int, int]:
    """Without the documents whose pictures have still to come: a crawl that ended brings none."""
    done, known = _depth(tx, "待识图")
    return done, known - pictures.count_lacking(tx)


def _pair(states: Counter[str]) -> tuple[int, int]:
    settled = states[WorkState.DONE] + states[WorkState.PARKED]
    return settled, sum(states.values())


def _deliveries(tx: Connection) -> tuple[int, int]:
    free = deliveries.c.hold == ""
    known = tx.execute(select(func.count()).select_from(deliveries).where(free)).scalar_one()
    waiting = deliveries.c.work_state.in_((WorkState.READY.value, WorkState.LEASED.value))
    open_ = select(func.count()).select_from(deliveries).where(free, waiting)
    return known - tx.execute(open_).scalar_one(), known


def open_account(services: Services) -> str | None:
    """The demonstration's user with a one-time password; None when it has its own by now."""
    at = services.clock.now()
    with services.truth.write() as tx:
        known = {user.name for user in accounts.all_users(tx)}
        if USER not in known:
            roles = (Role.ANALYST, Role.REVIEWER, Role.OPERATOR)
            return accounts.create(
                tx, id=services.ids.new(), name=USER, roles=roles, at=at, actor="demo"
            )
        if accounts.has_one_time_password(tx, name=USER):
            return accounts.reset_password(tx, name=USER, at=at, actor="demo")
    return None
