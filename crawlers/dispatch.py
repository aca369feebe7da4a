"""The rhythm of a crawl worker: plan, send, and rest until something can have changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TypeVar

from crawlers.config import CrawlConfig
from crawlers.planner import Planner, Round
from crawlers.recorder import LONGEST_SECONDS, Recorder
from crawlers.slots import Ended, Step

T = TypeVar("T")

PATIENCE_SECONDS = 1.0
POLL_SECONDS = 0.2
GATHER_SECONDS = 0.01
NEAR = timedelta(seconds=60)
DRAIN_SECONDS = 60.0


class Dispatcher:
    """Hands out requests as civil time allows and takes back how they ended.

    All storage is touched by one thread of its own, so that nothing blocks the event loop.
    While requests are under way time is real; when nothing is, the clock may jump to the next
    due moment.
    """

    def __init__(self, config: CrawlConfig) -> None:
        self._config = config
        self._storage = ThreadPoolExecutor(1, thread_name_prefix="storage")
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._closing = ExitStack()
        self._under_way = 0
        self._recorder: Recorder
        self.planner: Planner

    async def open(self) -> None:
        """Open the evidence writer and free what a dead predecessor held."""
        await self._in_storage(self._open)

    async def close(self) -> None:
        """Wait for what is under way, make everything durable, give the hosts back."""
        deadline = self._loop.time() + DRAIN_SECONDS
        while self._under_way and self._loop.time() < deadline:
            await self._woken(POLL_SECONDS)
        try:
            await self._in_storage(self.planner.finish)
        finally:
            await self._in_storage(self._closing.close)
            self._storage.shutdown()

    async def steps(self) -> AsyncIterator[Step]:
        """Requests to be sent at once, until the horizon is reached or the crawl is stopped."""
        while not self._config.stop.is_set():
            self._wake.clear()
            planned = await self._in_storage(self.planner.round)
            self._under_way += len(planned.steps)
            for step in planned.steps:
                yield step
            if self._is_over(planned):
                return
            await self._rest(planned)

    def ended(self, end: Ended) -> None:
        """Report how a step ended; call it in the event loop, once for every step."""
        self._under_way -= 1
        self.planner.ended(end)
        self._wake.set()

    def _open(self) -> None:
        writer = self._closing.enter_context(self._config.writer())
        self._recorder = Recorder(
            writer=writer, truth=self._config.truth, frontier=self._config.frontier
        )
        self.planner = Planner(
            self._config,
            self._recorder,
            on_resolved=self._wake_from_thread,
        )
        self.planner.take_over()

    def _wake_from_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._wake.set)

    def _is_over(self, planned: Round) -> bool:
        busy = self._under_way or self._recorder.waiting or self.planner.resolving
        if self._config.horizon is None or planned.steps or busy or self._wake.is_set():
            return False
        return planned.resume is None or planned.resume > self._config.horizon

    async def _rest(self, planned: Round) -> None:
        """Return when something may have changed, or the next due moment has come."""
        if self._wake.is_set():
            return
        resume = planned.resume
        soon = resume is not None and planned.now < resume <= planned.now + NEAR
        if self._under_way or self.planner.resolving:
            patience = LONGEST_SECONDS if self._recorder.waiting else PATIENCE_SECONDS
            woken = await self._woken(_shorter(patience, planned))
            if self._under_way:
                # Others end in the same moment; one round books them all.
                await asyncio.sleep(GATHER_SECONDS)
            if woken or self._recorder.waiting or not soon:
                return
        elif self._recorder.waiting and not soon:
            await self._in_storage(self.planner.flush)
            return
        if resume is None or resume <= planned.now:
            await self._woken(POLL_SECONDS)
        else:
            await self._until(resume)

    async def _until(self, moment: datetime) -> None:
        """Wait for the civil moment or a wake-up, but not so long that leases run out."""
        waits = {
            asyncio.ensure_future(self._config.clock.wait_until(moment)),
            asyncio.ensure_future(self._wake.wait()),
        }
        longest = self._config.lease_seconds / 4
        done, late = await asyncio.wait(waits, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            task.cancel()
        for task in done:
            task.result()

    async def _woken(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _in_storage(self, work: Callable[[], T]) -> T:
        return await self._loop.run_in_executor(self._storage, work)


def _shorter(seconds: float, planned: Round) -> float:
    if planned.resume is None or planned.resume <= planned.now:
        return min(seconds, POLL_SECONDS)
    return min(seconds, (planned.resume - planned.now).total_seconds())
