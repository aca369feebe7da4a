"""Which request is sent next: leases, robots, pace and frontier in one short transaction."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import structlog
from attrs import frozen
from sqlalchemy import Connection

from crawlers import gate, requests, robots, source_store
from crawlers.config import CrawlConfig
from crawlers.frontier import leases, links, pace, pauses, store
from crawlers.frontier.records import Purpose, Visit
from crawlers.observation import Observation
from crawlers.recorder import Recorder
from crawlers.slots import Ended, RobotsVisit, Slot, Step
from domain.errors import LeaseLost
from domain.sources import Source

log = structlog.get_logger()

MOST_HOSTS = 256
REFUSALS_A_ROUND = 20
KEEP = timedelta(seconds=60)
TOGETHER = timedelta(seconds=0.25)
_REFRESH_SECONDS = 2.0


@frozen(kw_only=True)
class Round:
    """The result of one planning round at the civil moment `now`.

    `resume` is the next moment at which anything becomes due, None when nothing will.
    """

    now: datetime
    steps: tuple[Step, ...]
    resume: datetime | None


class Planner:
    """The state of one crawl worker. All methods but `ended` belong to one thread."""

    def __init__(
        self, config: CrawlConfig, recorder: Recorder, *, on_resolved: Callable[[], None]
    ) -> None:
        self._config = config
        self._recorder = recorder
        self._on_resolved = on_resolved
        self._sources: Mapping[str, Source] = {}
        self._slots: dict[str, Slot] = {}
        self._ends: deque[Ended] = deque()
        self._stops: tuple[pauses.Pause, ...] = ()
        self._resolvers = ThreadPoolExecutor(8, thread_name_prefix="resolve")
        self._refreshed = float("-inf")
        self._renewed = time.monotonic()
        # When hosts that this worker does not lease become ready; learnt anew in every round.
        self._elsewhere: datetime | None = None

    def ended(self, end: Ended) -> None:
        """Report how a step ended. Safe from any thread."""
        self._ends.append(end)

    def take_over(self) -> None:
        """Free what a dead predecessor of the same name held."""
        with self._config.frontier.write() as tx:
            leases.expire(tx, owner=self._config.worker)

    def round(self) -> Round:
        """Book what has ended, keep the leases alive, and plan the next requests."""
        now = self._config.clock.now()
        self._refresh(now)
        if self._recorder.is_due:
            self.flush()
        with self._config.frontier.write() as tx:
            self._book(tx)
            self._renew(tx)
            self._stops = pauses.all(tx)
            self._lease(tx, now)
            steps = tuple(self._steps(tx, now))
            self._release(tx, now)
            resume = self._resume(tx)
        return Round(now=now, steps=steps, resume=resume)

    def flush(self) -> None:
        """Make everything observed so far durable; new links may make hosts busy again."""
        for item in self._recorder.flush():
            host = item.visited.visit.host
            hosts = {host, *(urlsplit(found.url).hostname or "" for found in item.found)}
            for slot in (self._slots[name] for name in hosts if name in self._slots):
                slot.due = item.visited.at
            if host in self._slots:
                self._slots[host].unsettled -= 1

    def finish(self) -> None:
        """Book and keep what is left, and give the hosts back."""
        with self._config.frontier.write() as tx:
            self._book(tx)
        self.flush()
        with self._config.frontier.write() as tx:
            for slot in self._slots.values():
                self._let_go(tx, slot)
        self._slots.clear()
        self._resolvers.shutdown(wait=False, cancel_futures=True)

    @property
    def resolving(self) -> bool:
        """Whether names are still being looked up."""
        return any(not slot.resolution.done() for slot in self._slots.values())

    def _refresh(self, now: datetime) -> None:
        if time.monotonic() - self._refreshed < _REFRESH_SECONDS:
            return
        self._refreshed = time.monotonic()
        with self._config.truth.read() as tx:
            sources = {source.id: source for source in source_store.all(tx)}
        changed, self._sources = sources != self._sources, sources
        if changed:
            with self._config.frontier.write() as tx:
                links.seed(tx, sources.values(), now=now)
        requests.admit(
            truth=self._config.truth,
            frontier=self._config.frontier,
            sources=sources,
            owner=self._config.worker,
            now=now,
        )

    def _book(self, tx: Connection) -> None:
        while self._ends:
            end = self._ends.popleft()
            slot = self._slots.get(end.host)
            if end.robots is not None:
                robots.remember(tx, end.robots)
            if slot is not None:
                slot.busy = False
                slot.asking = end.again
                slot.paced = pace.free(
                    tx, end.host, address=slot.address, at=end.at, delay=slot.delay
                )
                slot.due = end.at
            if end.observation is not None:
                self._observed(tx, slot, end.observation)

    def _observed(self, tx: Connection, slot: Slot | None, observation: Observation) -> None:
        visited = observation.visited
        self._recorder.put(observation)
        until = pace.heed(
            tx,
            visited.visit.host,
            outcome=visited.outcome,
            at=visited.at,
            wish=observation.wish,
        )
        if slot is not None:
            slot.unsettled += 1
            slot.paced = max(slot.paced, until or slot.paced)

    def _renew(self, tx: Connection) -> None:
        if time.monotonic() - self._renewed < self._config.lease_seconds / 3:
            return
        self._renewed = time.monotonic()
        for slot in list(self._slots.values()):
            try:
                leases.renew(tx, slot.held, seconds=self._config.lease_seconds)
            except LeaseLost as error:
                log.warning("host_lost", error=str(error))
                del self._slots[slot.held.host]

    def _lease(self, tx: Connection, now: datetime) -> None:
        room = MOST_HOSTS - len(self._slots)
        if room <= 0 or self._elsewhere is None or self._elsewhere > now:
            return
        leased = leases.lease(
            tx,
            owner=self._config.worker,
            now=now,
            limit=room,
            seconds=self._config.lease_seconds,
        )
        for held in leased:
            resolution = self._resolvers.submit(self._config.egress.addresses, held.host)
            resolution.add_done_callback(lambda _: self._on_resolved())
            self._slots[held.host] = Slot(held=held, resolution=resolution, paced=now, due=now)

    def _steps(self, tx: Connection, now: datetime) -> Iterator[Step]:
        for slot in list(self._slots.values()):
            if slot.may_begin(now) and not self._stopped(slot):
                try:
                    step = self._step(tx, slot, now)
                except LeaseLost as error:
                    log.warning("host_lost", error=str(error))
                    del self._slots[slot.held.host]
                    continue
                if step is not None:
                    slot.busy = True
                    yield step

    def _step(self, tx: Connection, slot: Slot, now: datetime) -> Step | None:
        """The next request to a host, reserved; None when there is none at this moment."""
        for _ in range(REFUSALS_A_ROUND):
            visit = self._next(tx, slot, now)
            if visit is None:
                slot.due = store.next_due(tx, slot.held.host)
                return None
            barrier = gate.barrier(tx, slot, visit, self._sources, now)
            if barrier is None:
                if self._reserve(tx, slot, visit, now) and store.take(tx, visit):
                    return slot.page_visit(visit, self._sources[visit.source_id or ""])
                return None
            if isinstance(barrier, RobotsVisit):
                return barrier if self._reserve(tx, slot, visit, now) else None
            if store.take(tx, visit):
                self._observed(tx, slot, barrier)
            if slot.paced > now:
                return None
        return None

    def _next(self, tx: Connection, slot: Slot, now: datetime) -> Visit | None:
        """What is due first. A host that has given its pictures for today still gives pages."""
        visit = store.peek(tx, slot.held, now=now)
        if visit is None or visit.purpose is not Purpose.PICTURE:
            return visit
        cap = self._config.pictures_a_day
        later = pace.pictures_full(tx, visit.host, now=now, cap=cap)
        if later is None:
            return visit
        store.put_off(tx, visit, later, reason=f"该主机今日图片已达上限 {cap} 张")
        return store.peek(tx, slot.held, now=now)

    def _reserve(self, tx: Connection, slot: Slot, visit: Visit, now: datetime) -> bool:
        source = self._sources[visit.source_id or ""]
        terms = pace.Terms(
            delay=slot.delay,
            cap=source.daily_cap,
            hours=source.hours,
            picture=visit.purpose is Purpose.PICTURE,
        )
        later = pace.reserve(tx, slot.held, address=slot.address, now=now, terms=terms)
        slot.paced = later or slot.paced
        return later is None

    def _release(self, tx: Connection, now: datetime) -> None:
        for slot in list(self._slots.values()):
            if slot.is_idle(now, KEEP) or (slot.is_quiet and self._stopped(slot)):
                self._let_go(tx, slot)
                del self._slots[slot.held.host]

    def _stopped(self, slot: Slot) -> bool:
        return any(one.covers(slot.held.host) for one in self._stops)

    def _let_go(self, tx: Connection, slot: Slot) -> None:
        try:
            leases.release(tx, slot.held)
        except LeaseLost as error:
            log.warning("host_lost", error=str(error))

    def _resume(self, tx: Connection) -> datetime | None:
        """The next due moment, or a little later when that serves several hosts at once."""
        self._elsewhere = leases.next_moment(tx, besides=self._config.worker)
        own = (
            slot.ready for slot in self._slots.values() if not slot.busy and not self._stopped(slot)
        )
        moments = [moment for moment in (*own, self._elsewhere) if moment is not None]
        first = min(moments, default=None)
        if first is None:
            return None
        return max(moment for moment in moments if moment <= first + TOGETHER)
