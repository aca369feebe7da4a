"""Visits by a browser that keep the pace of the crawl: a seal waits for its place like anyone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

from crawlers.egress import Egress
from crawlers.frontier import pace, pauses
from domain.captures import Profile
from domain.errors import RetryableError
from domain.ports import Clock, Renderer
from domain.rendering import RenderedPage
from storage.database import Database

LEAST_DELAY = timedelta(seconds=2)
_PAUSE_SECONDS = 0.02


class PacedRenderer:
    """A Renderer whose live visits take a place between the requests of the crawl.

    `delay_of` gives the distance that a host wants, None when no source tells one; `name` is that
    of the worker, unlike any other.
    """

    def __init__(
        self,
        renderer: Renderer,
        *,
        frontier: Database,
        clock: Clock,
        egress: Egress,
        delay_of: Callable[[str], timedelta | None],
        name: str,
    ) -> None:
        self._name = name
        self._renderer = renderer
        self._frontier = frontier
        self._clock = clock
        self._egress = egress
        self._delay_of = delay_of

    def render(self, url: str, *, profile: Profile = Profile.DESKTOP) -> RenderedPage:
        """Visit a live page when its turn has come. Raises what the renderer or egress raises."""
        self._egress.check(url)
        host = urlsplit(url).hostname or ""
        self._refuse_when_stopped(host)
        address = self._egress.addresses(host)[0]
        delay = max(self._delay_of(host) or LEAST_DELAY, LEAST_DELAY)
        self._wait(address, delay)
        try:
            return self._renderer.render(url, profile=profile)
        finally:
            with self._frontier.write() as tx:
                pace.free(tx, host, address=address, at=self._clock.now(), delay=delay)

    def render_stored(self, url: str, html: bytes, charset: str) -> RenderedPage:
        """Nothing is fetched, so nothing has to wait."""
        return self._renderer.render_stored(url, html, charset)

    def _refuse_when_stopped(self, host: str) -> None:
        with self._frontier.read() as tx:
            stop = pauses.covering(tx, host)
        if stop is not None:
            raise RetryableError(f"采集已暂停：{stop.reason}", at=host)

    def _wait(self, address: str, delay: timedelta) -> None:
        with self._frontier.write() as tx:
            moment = pace.book(tx, address=address, now=self._clock.now(), delay=delay)
        while self._clock.now() < moment:
            asyncio.run(self._clock.wait_until(moment))
        while not self._occupied(address):
            time.sleep(_PAUSE_SECONDS)

    def _occupied(self, address: str) -> bool:
        with self._frontier.write() as tx:
            return pace.occupy(tx, address=address, holder=self._name)
